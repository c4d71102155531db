"""What was measured, as tables in Markdown: a terminal and a page show the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.table import markdown, median, percentile
from tests.eval.cases import Answer, Answers, Case
from tests.eval.levels import Tally, tally
from tests.eval.pairs import Difference, among_three, difference, first, likely, reciprocal
from tests.eval.scoring import Scorer

ENGINE = "the engine"
WORDS = ("high", "medium", "low", "no cause named")
ONE_RECORDING = 1
"""By so many recordings the engine may be below the best anchor of a system or kind."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Ways of answering, side by side on the same recordings."""

    cases: Sequence[Case]
    answers: Mapping[str, Answers]
    """Way → its answers; `ENGINE` among them."""
    scorer: Scorer

    @property
    def faults(self) -> list[Case]:
        return [case for case in self.cases if not case.quiet]

    @property
    def quiet(self) -> list[Case]:
        return [case for case in self.cases if case.quiet]

    @property
    def anchors(self) -> list[str]:
        return [way for way in self.answers if way != ENGINE]

    def places(self, way: str, cases: Sequence[Case]) -> list[float]:
        """The place of the true cause in each answer; infinite where it was not named."""
        answers = self.answers[way]
        lines = [answers.get(case.name, Answer(())).line() for case in cases]
        return [self.scorer.place(line, case.truth, False) for line, case in zip(lines, cases, strict=True)]

    def best_anchor(self, cases: Sequence[Case]) -> str:
        """The anchor that is most often right at the first place, then among the first three."""
        return max(self.anchors, key=lambda way: self.scorer.figures(self.places(way, cases))[:2])

    def accused(self, way: str) -> int:
        """How many quiet recordings have a first cause of medium or high confidence."""
        return sum(self.answers[way].get(case.name, Answer(())).accuses for case in self.quiet)


def side_by_side(measured: Measured) -> str:
    """Every way of answering: AC@1, 3, 5 and MRR with intervals, and how many quiet recordings it accuses."""
    head = ("all faults", "n", "AC@1", "AC@3", "AC@5", "MRR", "quiet accused")
    count, quiet = str(len(measured.faults)), len(measured.quiet)
    chance = measured.scorer.chance([case.truth for case in measured.faults], False)
    rows = [("chance", count, *map(_two, chance), "")]
    for way in (*measured.anchors, ENGINE):
        places = measured.places(way, measured.faults)
        spans = measured.scorer.interval(places)
        cells = [
            f"{_two(f)} ({_two(a)}-{_two(b)})" for f, (a, b) in zip(measured.scorer.figures(places), spans, strict=True)
        ]
        rows.append((way, count, *cells, f"{measured.accused(way)} of {quiet}"))
    return markdown(head, rows)


def differences(measured: Measured) -> str:
    """The engine less each anchor, recording by recording."""
    head = ("the engine less", "AC@1", "AC@3", "MRR", "clearly more often first")
    ours = measured.places(ENGINE, measured.faults)
    rows = []
    for way in measured.anchors:
        theirs = measured.places(way, measured.faults)
        gaps = [difference(ours, theirs, worth) for worth in (first, among_three, reciprocal)]
        rows.append((way, *map(_gap, gaps), "yes" if gaps[0].low > 0 else "no"))
    return markdown(head, rows)


def by_group(measured: Measured) -> str:
    """Every system and kind of fault: how often the engine and the best anchor of just this group are right."""
    head = ("faults", "n", "first", "best anchor", "among 3", "best anchor", "MRR", "", "that anchor")
    rows = []
    for title, cases in groups(measured.faults):
        best = measured.best_anchor(cases)
        three = max(_hits(measured, way, cases, 3) for way in measured.anchors)
        mine, theirs = (_hits(measured, way, cases, 1) for way in (ENGINE, best))
        mine_three = _hits(measured, ENGINE, cases, 3)
        behind = theirs - mine > ONE_RECORDING or three - mine_three > ONE_RECORDING
        mrr = _two(measured.scorer.figures(measured.places(ENGINE, cases))[3])
        rows.append((title, str(len(cases)), str(mine), str(theirs), str(mine_three), str(three), mrr,
                     "BEHIND" if behind else "ok", best))  # fmt: skip
    return markdown(head, rows)


def groups(cases: Sequence[Case]) -> list[tuple[str, list[Case]]]:
    """The cases of each system and of each kind, by name."""
    found = []
    for title, of in (("system", lambda case: case.system), ("kind", lambda case: case.kind)):
        names = sorted({of(case) for case in cases})
        found += [(f"{title} {name}", [case for case in cases if of(case) == name]) for name in names]
    return found


def calibration(cases: Sequence[Case], answers: Answers) -> str:
    """How often each confidence of a first cause is right, over all and on each system; faults and quiet ones."""
    systems = sorted({case.system for case in cases})
    head = ("confidence of the first cause", "all", "95 % interval", *(f"system {name}" for name in systems))
    whole = tally(cases, answers)
    parts = [tally([case for case in cases if case.system == name], answers) for name in systems]
    rows = []
    for word in WORDS:
        low, high = likely(whole.right[word], whole.given[word]) if whole.given[word] else (0.0, 1.0)
        rows.append((word, share(whole, word), f"{_two(low)}-{_two(high)}", *(share(part, word) for part in parts)))
    rows.append(("quiet accused", accused(whole), "", *map(accused, parts)))
    return markdown(head, rows)


def share(told: Tally, word: str) -> str:
    """«8 of 10»; a dash where none had this confidence."""
    return f"{told.right[word]} of {told.given[word]}" if told.given[word] else "-"


def accused(told: Tally) -> str:
    return f"{told.accused} of {told.quiet}" if told.quiet else "-"


def quiet_ones(measured: Measured) -> str:
    """What each quiet recording got: a cause of medium or high confidence accuses an innocent."""
    rows = []
    for case in measured.quiet:
        answer = measured.answers[ENGINE].get(case.name, Answer(()))
        rows.append((case.name, case.system, answer.first or "none", answer.sure, "ACCUSED" if answer.accuses else ""))
    return markdown(("quiet recording", "system", "first cause", "confidence", ""), rows)


def cost(answers: Answers, wall_s: float, cpu_s: float, peak_mb: float) -> str:
    """Seconds of each recording and the peak memory of the process that replayed all."""
    seconds = [answer.seconds for answer in answers.values()] or [0.0]
    return (
        f"{len(answers)} recordings in one process: median {median(seconds):.2f} s, p95 {percentile(seconds, 95):.2f} s"
        f" each with reading; {wall_s:.1f} s in all, of which {cpu_s:.1f} s on the processor; peak {peak_mb:.0f} MB"
    )


def _hits(measured: Measured, way: str, cases: Sequence[Case], places: int) -> int:
    return sum(place <= places for place in measured.places(way, cases))


def _gap(gap: Difference) -> str:
    return f"{gap.mean:+.2f} ({gap.low:+.2f} to {gap.high:+.2f})"


def _two(value: float) -> str:
    return f"{value:.2f}"
