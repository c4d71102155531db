"""The levels of confidence, chosen on one system and judged on another.

The choice. Of all levels of a grid, those under which at least nine of ten first causes of high confidence and seven
of ten of medium are right, and at most one quiet recording in eight is accused. Of these, the ones with the most right
first causes; then most of them high, then most of them medium; then those nearest to the engine's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import product

from bot.evidence.ranking import LEVELS, Candidate, Levels, confidences
from tests.eval.cases import Answer, Case

LOWEST = (0.1, 0.15, 0.2, 0.25, 0.3)
MEDIUM = (0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9)
HIGH = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
LEAD = (1.25, 1.5, 2.0, 3.0, 4.0)
FAIR = (1.0, 1.25, 1.5, 2.0, 3.0)
AT_LEAST = {"high": 0.9, "medium": 0.7}
"""The share of being right that a word of confidence stands for."""
MOST_ACCUSED = 0.125


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the engine ranked for one recording, before any level was put on it."""

    ranked: tuple[Candidate, ...]
    """The first, and the one that comes nearest to it: no other counts for the first one's confidence."""
    suffering: bool | None
    """Whether the alerting service is seen to suffer."""

    @classmethod
    def of(cls, ranked: Sequence[Candidate], suffering: bool | None) -> Weighed:
        nearest = sorted(ranked[1:], key=lambda one: -one.placed)[:1]
        return cls((*ranked[:1], *nearest), suffering)

    def answer(self, levels: Levels) -> Answer:
        """The first cause under these levels."""
        sure = confidences(self.ranked, suffering=self.suffering, complete=True, levels=levels)
        if not sure or sure[0] == "unknown":
            return Answer(((None, "unknown"),))
        return Answer(((self.ranked[0].service, sure[0]),))


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each confidence of a first cause was right, and how many quiet recordings were accused."""

    given: Counter[str]
    right: Counter[str]
    accused: int
    quiet: int

    def share(self, word: str) -> float | None:
        """The share of right ones; None where none had this confidence."""
        return self.right[word] / self.given[word] if self.given[word] else None


def is_right(case: Case, answer: Answer) -> bool:
    """Whether the first cause lies where it lay; on a quiet recording, whether there is none."""
    accepted = {case.truth["service"], *(case.truth.get("services_ok") or ())}
    return answer.first is None if case.quiet else answer.first in accepted


def tally(cases: Sequence[Case], answers: Mapping[str, Answer]) -> Tally:
    """The calibration of these answers; a recording without one counts as no cause named."""
    given: Counter[str] = Counter()
    right: Counter[str] = Counter()
    accused = 0
    for case in cases:
        answer = answers.get(case.name, Answer(()))
        given[answer.sure] += 1
        right[answer.sure] += is_right(case, answer)
        accused += case.quiet and answer.accuses
    return Tally(given, right, accused, sum(case.quiet for case in cases))


def judged(cases: Sequence[Case], weighed: Mapping[str, Weighed], levels: Levels) -> Tally:
    """The calibration that these levels would have."""
    return tally(cases, {case.name: weighed[case.name].answer(levels) for case in cases})


def chosen(cases: Sequence[Case], weighed: Mapping[str, Weighed]) -> Levels | None:
    """The levels that one would choose from these recordings alone; None where none of the grid keeps its word."""
    best: tuple[tuple[float, ...], Levels] | None = None
    for lowest, medium, high, lead, fair in product(LOWEST, MEDIUM, HIGH, LEAD, FAIR):
        levels = Levels(lowest, medium, high, lead, fair)
        if medium > high or fair > lead or not _keeps_its_word(told := judged(cases, weighed, levels)):
            continue
        named = sum(told.right[word] for word in ("high", "medium", "low"))
        value = (named, told.right["high"], told.right["medium"], -_away(levels))
        if best is None or value > best[0]:
            best = value, levels
    return best[1] if best else None


def _keeps_its_word(told: Tally) -> bool:
    shares = [(told.share(word), least) for word, least in AT_LEAST.items()]
    return all(share is None or share >= least for share, least in shares) and told.accused <= MOST_ACCUSED * told.quiet


def _away(levels: Levels) -> float:
    return sum(abs(mine - own) for mine, own in zip(astuple(levels), astuple(LEVELS), strict=True))
