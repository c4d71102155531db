"""Which past incidents are shown as similar: what the evidence looked like, and what the room found by text, fused.

Two ranks, one by fingerprint and one by text, become one by reciprocal rank fusion: Cormack, Clarke and Büttcher,
«Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods», SIGIR 2009, with their k = 60.
Only what is alike enough by either is shown. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.domain.context import Report
from bot.domain.memory import Fingerprint, Memory
from bot.evidence.likeness import fingerprint, likeness, why
from integrations.contract import History, Scope, Similar

K = 60
FLOOR = 0.35
"""The likeness from which a fingerprint alone is enough: on the recordings no quiet one reaches it (`make eval`)."""
AGREEING = 0.3
"""What a text that reads alike needs besides, where both incidents have a fingerprint: below, other things moved. At
0.2 one more is found on the recordings, and thirteen more of another service are shown."""
EVIDENCE = 3.0
"""What a place by evidence counts, in places by text: the same alert says little of what lies behind it."""
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered, and how far the room that finds it by text can be trusted to know the same."""

    memories: tuple[Memory, ...] = ()
    """Those that may be shown."""
    searched: bool = True
    """False: the record could not be read, and only what the room found is there."""
    in_step: bool = True
    """False: the room may still hold what people had removed, so that what the record does not know is left out."""


def seen_before(report: Report, past: Past) -> Report:
    """The report with the incidents that are like this one, the most alike first, instead of those found by text.

    An earlier opening of the very incident is one of them: what was closed and fires again is most of all like itself.
    One in which the present alerts fired already is not: that is no past, it was closed too early.
    """
    context = report.context
    now = fingerprint(report.analysis)
    going_on = {memory.id for memory in past.memories if _goes_on(memory, context.scope)}
    known = {memory.id: memory for memory in past.memories if memory.id not in going_on}
    anything = past.in_step or not past.searched
    found_too = [one for one in context.of(Similar) if one.incident_id not in going_on]
    told = {one.incident_id: one for one in found_too if anything or one.incident_id in known}
    if context.scope.incident_id not in known:
        told.pop(context.scope.incident_id, None)
    alike = {id_: likeness(now, memory.fingerprint) for id_, memory in known.items()}
    ranked = fuse([id_ for id_, much in _first(alike) if much >= AGREEING], list(told))
    enough = [id_ for id_ in ranked if _enough(now, known.get(id_), alike.get(id_, 0.0), id_ in told)]
    shown = _once(enough, known)[:SHOWN]
    found = [_similar(known.get(id_), told.get(id_), now, 1.0 - place / 100) for place, id_ in enumerate(shown)]
    others = tuple(one for one in context.findings if not isinstance(one, (Similar, History)))
    count = max([len(past.memories), *(history.count for history in context.of(History))])
    history = (History(count - len(going_on)),) if past.searched or context.of(History) else ()
    return Report(replace(context, findings=(*others, *history, *found)), report.analysis)


def _goes_on(memory: Memory, scope: Scope) -> bool:
    """Whether it is an earlier opening of this incident that ended while its present alerts fired."""
    ended = memory.opened_at + timedelta(minutes=memory.minutes or 0)
    return memory.incident_id == scope.incident_id and scope.alerted_at <= ended


def fuse(by_evidence: Sequence[str], by_text: Sequence[str]) -> list[str]:
    """Ids by the sum of weight / (k + place) over the ranks that have them; equal ones by their id."""
    scores: dict[str, float] = {}
    for weight, ranked in ((EVIDENCE, by_evidence), (1.0, by_text)):
        for place, id_ in enumerate(ranked, 1):
            scores[id_] = scores.get(id_, 0.0) + weight / (K + place)
    return sorted(scores, key=lambda id_: (-scores[id_], id_))


def _first(alike: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(alike.items(), key=lambda found: (-found[1], found[0]))


def _enough(now: Fingerprint, memory: Memory | None, much: float, by_text: bool) -> bool:  # noqa: FBT001 - two ways of being found
    if much >= FLOOR:
        return True
    blind = now.empty or memory is None or (memory.fingerprint.empty and memory.origin != "incident")
    return by_text and (blind or much >= AGREEING)


def _once(ids: Iterable[str], known: Mapping[str, Memory]) -> list[str]:
    """Of several openings of one incident the first."""
    by_incident = {(known[id_].incident_id if id_ in known else id_): id_ for id_ in reversed(list(ids))}
    return list(by_incident.values())[::-1]


def _similar(memory: Memory | None, told: Similar | None, now: Fingerprint, score: float) -> Similar:
    """As the record has it; the room's copy may be older."""
    if memory is None:
        assert told is not None  # noqa: S101 - an id comes from one of them
        return replace(told, score=score)
    reasons = [*why(now, memory.fingerprint), *([told.why] if told and told.why else [])]
    return Similar(
        incident_id=memory.incident_id,
        at=memory.opened_at,
        service=memory.service,
        title=memory.title,
        cause=f"doubted by people: {memory.cause}" if memory.doubted and memory.cause else memory.cause,
        resolution=memory.resolution,
        minutes=memory.minutes,
        score=score,
        why="; ".join(reasons),
        url=memory.url,
        reviewed=memory.reviewed,
        false_alarm=memory.false_alarm,
    )
