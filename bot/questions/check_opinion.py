"""A model's opinion held against the evidence, and joined with it: nobody sees it before (pure).

The rules:

- A cause that cites a finding which does not exist, or none, is dropped. So is one where no cited finding speaks of
  the service that it names.
- The model may lower the evidence engine's confidence in a cause. It may raise it to medium at most, and only on a
  finding of a system's own figures or records: what programs and people wrote (logs, commits, past incidents) raises
  nothing by itself, since anybody may have written it.
- An affected service is one of which a finding speaks that the model rests a cause on.
- What the engine found stays, also where the model does not speak of it.
- A command that is not in the catalogue of safe ones is words, marked «not checked».
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.domain.analysis import Analysis, Cause, Confidence, Fact, FirstStep
from bot.domain.opinion import Opinion, Step, Suspect
from bot.domain.text import clean, cut
from bot.domain.words import count
from bot.questions.case import SOFT
from bot.questions.check_answer import UNCHECKED, Checked, check_answer
from runbooks.safe_commands import is_safe

_RANK: Mapping[Confidence, int] = {"unknown": 0, "low": 1, "medium": 2, "high": 3}
MOST_RAISED: Confidence = "medium"
MOST_STEPS = 5
"""First steps in a briefing, the engine's own first."""
BY_MODEL = " (second opinion)"
"""Behind a first step that the model thought of: the others come from the evidence."""
_SENTENCES, _NAMES = 400, 6


def join(found: Analysis, opinion: Opinion, known: Sequence[Fact], services: frozenset[str], model: str) -> Analysis:
    """The analysis with what the model adds to it.

    `known`: every finding that it was told, by number. `services`: the incident's and those down its call graph.
    """
    facts = {fact.id: fact for fact in known}
    kept = [suspect for suspect in opinion.causes if _holds(suspect, facts, services)]
    seen = {facts[id_].service for suspect in kept for id_ in suspect.facts} & services
    opinion = replace(opinion, affected=tuple(name for name in opinion.affected if name in seen))
    causes = _ranked(found, kept, facts)
    summary = check_answer(cut(clean(opinion.summary), _SENTENCES), facts)
    cited = {id_ for cause in causes for id_ in cause.facts} | set(summary.cited)
    return replace(
        found,
        causes=causes,
        facts=(*found.facts, *(fact for fact in known if fact.id in cited and fact not in found.facts)),
        first_steps=(*found.first_steps, *map(_step, opinion.first_steps))[:MOST_STEPS],
        opinion=tuple(_told(found, opinion, kept, causes, summary)),
        model=model,
    )


def _holds(suspect: Suspect, facts: Mapping[int, Fact], services: frozenset[str]) -> bool:
    cited = [facts.get(id_) for id_ in suspect.facts]
    known = bool(cited) and None not in cited
    return known and suspect.service in services and any(f is not None and f.service == suspect.service for f in cited)


def _ranked(found: Analysis, kept: Sequence[Suspect], facts: Mapping[int, Fact]) -> tuple[Cause, ...]:
    """Surer causes first; among equals as the model has them, then those that only the engine names."""
    own = {cause.service: cause for cause in found.causes}
    seen = {suspect.service: _cause(suspect, own.get(suspect.service), facts) for suspect in reversed(kept)}
    order = [*dict.fromkeys(suspect.service for suspect in kept), *(name for name in own if name not in seen)]
    causes = [seen.get(name) or own[name] for name in order]
    return tuple(sorted(causes, key=lambda cause: -_RANK[cause.confidence]))


def _cause(suspect: Suspect, own: Cause | None, facts: Mapping[int, Fact]) -> Cause:
    """The engine's cause with the confidence that both bear; one that only the model sees, in its words."""
    before: Confidence = own.confidence if own else "unknown"
    confidence = _confidence(suspect, before, facts)
    if own is not None:
        return replace(own, confidence=confidence, facts=tuple(dict.fromkeys((*own.facts, *suspect.facts))))
    text = check_answer(cut(clean(suspect.text), _SENTENCES), facts).text
    return Cause(suspect.service, "own fault", _without_ids(text), confidence, suspect.facts)


def _confidence(suspect: Suspect, before: Confidence, facts: Mapping[int, Fact]) -> Confidence:
    wanted = suspect.confidence
    if _RANK[wanted] <= _RANK[before]:
        return wanted
    hard = any(facts[id_].source not in SOFT for id_ in suspect.facts)
    if not hard or _RANK[before] >= _RANK[MOST_RAISED]:
        return before
    return wanted if _RANK[wanted] <= _RANK[MOST_RAISED] else MOST_RAISED


def _step(step: Step) -> FirstStep:
    text, command = f"{cut(clean(step.text), 200)}{BY_MODEL}", step.command.strip()
    if not command:
        return FirstStep(text)
    if is_safe(command):
        return FirstStep(text, command)
    return FirstStep(f"{text}: {cut(clean(command), 200).replace('`', '')}{UNCHECKED}")


def _told(
    found: Analysis, opinion: Opinion, kept: Sequence[Suspect], causes: Sequence[Cause], summary: Checked
) -> Iterator[str]:
    """What the briefing shows of it, in plain sentences."""
    if summary.text:
        yield summary.text
    if found.causes and causes:
        yield from _changed(found.causes[0], causes)
    doubt = next((s.ruled_out_by for s in kept if causes and s.service == causes[0].service and s.ruled_out_by), "")
    if doubt:
        yield f"Would rule it out: {cut(clean(doubt), 250)}"
    if len(affected := list(dict.fromkeys(opinion.affected))) > 1:  # of one alone the briefing speaks anyway
        yield f"Affected: {', '.join(affected[:_NAMES])}"
    if left_out := len(opinion.causes) - len(kept) + summary.dropped:
        yield f"{count(left_out, 'claim')} of it left out: nothing that was found supports it."


def _changed(first: Cause, causes: Sequence[Cause]) -> Iterator[str]:
    now = next((cause for cause in causes if cause.service == first.service), None)
    if now is None or now.confidence == first.confidence:
        return
    verb = "lowers" if _RANK[now.confidence] < _RANK[first.confidence] else "raises"
    yield f"It {verb} the confidence in {first.service} from {first.confidence} to {now.confidence}."


def _without_ids(text: str) -> str:
    """Its findings are cited behind it anyway."""
    return text if "[" not in text else " ".join(part for part in text.split() if not part.startswith("["))
