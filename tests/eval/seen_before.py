"""Whether an incident's like is found: of each recording an earlier one, of the same service and fault, comes first.

Recordings are taken in the order in which they happened; each is compared with those before it only, as a team would
have remembered them by then. Beside it BM25 on the same incidents' words: those of the alert, as a search by text has
them, and those of everything that the engine says of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from bot.analyse import analyse
from bot.domain.analysis import Analysis
from bot.domain.context import Context, Report
from bot.domain.memory import Memory
from bot.evidence.likeness import fingerprint, likeness
from bot.memory.seen_before import FLOOR, Past, fuse, seen_before
from bot.replaying.replay import read_recording
from integrations.chromadb import Memory as Kept
from integrations.chromadb.lexical import Lexical
from integrations.chromadb.rank import Candidate, alike, query
from integrations.contract import Similar
from tests.bench.table import markdown
from tests.eval.cases import Case

DEPTH = 20
NEVER = 2.0
"""A floor of cosines that nothing passes: here texts are found by their words alone."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One recording, as it is compared, and as it would be remembered."""

    case: Case
    report: Report
    memory: Memory
    alert_text: str
    whole_text: str

    def like(self, other: Seen) -> bool:
        """The same fault of the same service of the same system."""
        mine, theirs = self.case, other.case
        same = mine.truth["service"] == theirs.truth["service"] and mine.kind == theirs.kind
        return same and mine.system == theirs.system and not mine.quiet


Way = Callable[[Seen, Sequence[Seen]], list[str]]
"""The earlier recordings by their name, the most alike first."""


def look(case: Case) -> Seen:
    """One recording, read and understood."""
    context = read_recording(case.folder)
    found = analyse(context)
    return Seen(case, Report(context.lean(), found), _memory(case, context, found), *_texts(context, found))


def looked(cases: Sequence[Case], workers: int) -> list[Seen]:
    """All of them, the earliest first."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return sorted(pool.map(look, cases), key=lambda one: (one.memory.opened_at, one.case.name))


def by_fingerprint(now: Seen, before: Sequence[Seen]) -> list[str]:
    much = {one.case.name: likeness(now.memory.fingerprint, one.memory.fingerprint) for one in before}
    return sorted((name for name in much if much[name] > 0), key=lambda name: (-much[name], name))


def by_alert(now: Seen, before: Sequence[Seen]) -> list[str]:
    index = Lexical({one.case.name: one.alert_text for one in before})
    return [name for name, _ in index.search(now.alert_text, DEPTH)]


def by_words(now: Seen, before: Sequence[Seen]) -> list[str]:
    index = Lexical({one.case.name: one.whole_text for one in before})
    return [name for name, _ in index.search(now.whole_text, DEPTH)]


def fused(now: Seen, before: Sequence[Seen]) -> list[str]:
    return fuse(by_fingerprint(now, before), by_alert(now, before))


def shown(now: Seen, before: Sequence[Seen]) -> list[str]:
    """As a briefing shows it: above the floors, three at most."""
    past = Past(tuple(one.memory for one in before))
    found = _by_text(now, before)
    report = Report(_with(now.report.context, found), now.report.analysis)
    return [one.incident_id for one in seen_before(report, past).context.of(Similar)]


WAYS: Mapping[str, Way] = {
    "BM25, the alert's words": by_alert,
    "BM25, all the engine's words": by_words,
    "fingerprint": by_fingerprint,
    "fused, without a floor": fused,
    "as shown, above the floor": shown,
}


def report(seen: Sequence[Seen]) -> str:
    """Each way: hit@1, hit@3 and MRR; how much of what is shown is of another fault, and what quiet ones are shown."""
    head = ("earlier recording of the same service and fault", "n", "hit@1", "hit@3", "MRR", "quiet with a show")
    rows = []
    for name, way in WAYS.items():
        ranks = [(now, way(now, seen[:at])) for at, now in enumerate(seen)]
        places = [_place(now, ranked, seen[:at]) for at, (now, ranked) in enumerate(ranks) if _has(now, seen[:at])]
        quiet = [ranked for now, ranked in ranks if now.case.quiet]
        first, three = sum(place <= 1 for place in places), sum(place <= 3 for place in places)
        mrr = sum(1 / place for place in places) / max(len(places), 1)
        rows.append(
            (name, str(len(places)), str(first), str(three), f"{mrr:.2f}", f"{sum(map(bool, quiet))} of {len(quiet)}")
        )
    return markdown(head, rows) + "\n\n" + _others(seen)


def _others(seen: Sequence[Seen]) -> str:
    """Of what is shown for faults: the same fault, the same service with another fault, another service."""
    counts = {"the same service and fault": 0, "the same service, another fault": 0, "another service": 0}
    names = {one.case.name: one for one in seen}
    for at, now in enumerate(seen):
        for name in shown(now, seen[:at]) if not now.case.quiet else ():
            other = names[name]
            same = now.case.truth["service"] == other.case.truth["service"]
            words = list(counts)
            counts[words[0] if now.like(other) else words[1] if same else words[2]] += 1
    told = "; ".join(f"{number} {words}" for words, number in counts.items())
    return f"Shown for the faults, at a floor of {FLOOR:g}: {told}."


def _has(now: Seen, before: Sequence[Seen]) -> bool:
    return any(now.like(one) for one in before)


def _place(now: Seen, ranked: Sequence[str], before: Sequence[Seen]) -> float:
    right = {one.case.name for one in before if now.like(one)}
    return next((float(place) for place, name in enumerate(ranked, 1) if name in right), float("inf"))


def _memory(case: Case, context: Context, found: Analysis) -> Memory:
    alert = context.scope.alerts[0]
    return Memory(
        id=case.name,
        incident_id=case.name,
        service=context.scope.service.name,
        title=alert.name,
        opened_at=context.scope.alerted_at,
        alerts=(alert.name,),
        summary=alert.summary,
        cause=found.causes[0].text if found.causes else "",
        fingerprint=fingerprint(found),
    )


def _texts(context: Context, found: Analysis) -> tuple[str, str]:
    alert = context.scope.alerts[0]
    first = f"{context.scope.service.name}\n{alert.name}\n{alert.summary}"
    more = [*(cause.text for cause in found.causes), *(fact.text for fact in found.facts)]
    return first, "\n".join((first, *more, *(pattern.template for pattern in found.patterns)))


def _by_text(now: Seen, before: Sequence[Seen]) -> list[Similar]:
    """What the room finds by words, above its own floor."""
    kept = {one.case.name: _kept(one.memory) for one in before}
    index = Lexical({name: memory.text() for name, memory in kept.items()})
    asked = query(now.report.context.scope)
    candidates = [Candidate(kept[name], score, 0.0) for name, score in index.search(asked.text, DEPTH)]
    return alike(asked, candidates, index, NEVER)[:10]


def _kept(memory: Memory) -> Kept:
    return Kept(
        memory.id, memory.service, memory.title, memory.opened_at, cause=memory.cause, summary=memory.summary,
        alerts=memory.alerts,
    )  # fmt: skip


def _with(context: Context, found: Sequence[Similar]) -> Context:
    return Context(context.scope, findings=(*context.findings, *found))
