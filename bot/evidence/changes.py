"""Which change came just before the trouble: scored by time, place, what it touched, and new pods against old ones.

The rule. A change counts by how shortly it came before the onset (half of it is left after half an hour, nothing
after six hours), and not at all once the trouble had begun. Where nobody saw it begin, it may have begun at any moment
up to the alert. Where old and new instances ran side by side, the new ones being worse than the old ones speaks for it,
and the old ones being just as bad speaks against it: of everything measured on rollouts that told most (59 % against
47 % for the latest rollout alone; ChangeRCA, Yu et al., FSE 2024, puts the same comparison first).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from bot.evidence.began import Beginning
from bot.evidence.line import weight_of
from integrations.contract import Change, Logs, Series
from integrations.signals import signal

HALF_LIFE = 1800.0
"""Seconds after which a change is half as suspect: rollouts go pod by pod, and caches and pools fill as slowly."""
FORGOTTEN = 6 * 3600.0
"""Seconds after which a change is no longer suspect by its time: after twelve half-lives nothing is left."""
LATE = 90.0
"""Seconds that a change may seem to follow the onset, because figures are as coarse as that."""
KINDS = {"deployment": 1.0, "deployment request": 0.6, "release": 0.7, "merge": 0.6}
"""A merge has not yet run anywhere; a deployment has, and a request may have."""
HARMLESS = (".md", ".rst", ".txt", ".adoc", "LICENSE", "CODEOWNERS", ".gitignore")
"""Files that run nowhere."""
TEXT_ALONE, TESTS_ALONE = 0.1, 0.2
"""What is left where nothing but such files, or but tests, was touched: now and then one of them is built in."""
COMPARED = {"worse": 1.0, "alike": 0.35, "unknown": 0.8}
"""What is left by how the new instances fare beside the old ones. Alike is not innocent: a change may spoil what all
of them share.
"""

ENOUGH_LINES, ENOUGH_ERRORS = 20, 5
"""Log lines of each side, and errors of both, below which they are not compared: an old pod's last seconds tell
little.
"""
ENOUGH_POINTS = 2
"""Figures of each side below which they are not compared."""
TIMES_THE_ERRORS = 2.0
"""The share of errors of the old instances, times this, is what new ones must pass to be worse."""
HALF_A_LINE = 0.5
"""Added to each count of errors, so that none against one is not infinitely worse."""
CLEAR_SPREADS, CLEAR_SHARE = 5.0, 0.3
"""Spreads, and share of the old instances' value, by which the new ones must lie apart: both, because few pods hardly
spread.
"""
LEAST_SPREAD = 0.05
"""Smallest spread, as a share of the old instances' value: as in `onset`."""
MAD = 1.4826
"""Standard deviations in a median absolute deviation of a normal distribution."""

Comparison = Literal["worse", "alike", "unknown"]
"""The new instances beside the old ones."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How suspect one change is, 0 to 1, by itself: whether its service is in trouble is not looked at here."""

    change: Change
    share: float
    before: float
    """Seconds from the change to the onset, or to the alert where no onset was seen; negative when it came after."""
    dated: bool
    """Whether an onset was seen: without one nobody knows what came before it and what after."""
    compared: Comparison


def suspicions(
    changes: Iterable[Change], beginning: Beginning, series: Sequence[Series], logs: Sequence[Logs]
) -> tuple[Suspicion, ...]:
    """Every change with its suspicion, the most suspect first."""
    found = []
    for change in changes:
        seen = beginning.seen(change.service)
        before = _before(change, seen or (beginning.taken, beginning.alerted - LATE))
        compared = _compared(change, series, logs)
        share = _nearness(before) * KINDS[change.what] * COMPARED[compared] * _touch(change.files)
        told = before if seen else beginning.alerted - change.at.timestamp()
        found.append(Suspicion(change, share, told, bool(seen), compared))
    return tuple(sorted(found, key=lambda one: (-one.share, abs(one.before), one.change.service, one.change.version)))


def _before(change: Change, onsets: Sequence[float]) -> float:
    """Seconds to the first of the onsets that the change could have led to; else to the last of them."""
    at = change.at.timestamp()
    after = [onset - at for onset in onsets if onset - at >= -LATE]
    return min(after) if after else max(onset - at for onset in onsets)


def _nearness(before: float) -> float:
    if before < -LATE or before > FORGOTTEN:
        return 0.0
    return float(0.5 ** (max(0.0, before) / HALF_LIFE))


def _touch(files: Sequence[str]) -> float:
    """What was touched: text for people alone runs nowhere, tests hardly."""
    if not files:
        return 1.0
    if all(name.endswith(HARMLESS) or name.startswith("docs/") for name in files):
        return TEXT_ALONE
    if all("test" in name.lower() or name.endswith(HARMLESS) for name in files):
        return TESTS_ALONE
    return 1.0


def _compared(change: Change, series: Sequence[Series], logs: Sequence[Logs]) -> Comparison:
    new, old = set(change.instances_new), set(change.instances_old)
    if not new or not old:
        return "unknown"
    verdicts = [*_by_logs(change, new, old, logs), *_by_figures(change, new, old, series)]
    if not verdicts:
        return "unknown"
    return "worse" if any(verdicts) else "alike"


def _by_logs(change: Change, new: set[str], old: set[str], logs: Sequence[Logs]) -> list[bool]:
    """Whether the new instances log errors at twice the share of the old ones; empty where that cannot be told."""
    counts = {"new": [0, 0], "old": [0, 0]}
    for line in (line for one in logs for line in one.lines):
        side = "new" if line.instance in new else "old" if line.instance in old else None
        if side and line.service == change.service and line.time >= change.at:
            counts[side][0] += 1
            counts[side][1] += weight_of(line.level, line.message) == "error"
    (lines_new, errors_new), (lines_old, errors_old) = counts["new"], counts["old"]
    if min(lines_new, lines_old) < ENOUGH_LINES or errors_new + errors_old < ENOUGH_ERRORS:
        return []
    return [(errors_new + HALF_A_LINE) / lines_new > TIMES_THE_ERRORS * (errors_old + HALF_A_LINE) / lines_old]


def _by_figures(change: Change, new: set[str], old: set[str], series: Sequence[Series]) -> list[bool]:
    """For each signal that can hurt: whether the new instances are clearly worse than the old ones beside them."""
    at = change.at.timestamp()
    verdicts = []
    mine = [one for one in series if one.service == change.service and one.instance]
    for name in dict.fromkeys(one.signal for one in mine):
        worse = signal(name).worse
        ours, theirs = (
            [v for s in mine if s.signal == name and s.instance in side for t, v in _points(s) if t >= at]
            for side in (new, old)
        )
        if worse == "either" or min(len(ours), len(theirs)) < ENOUGH_POINTS:
            continue
        gap = (median(ours) - median(theirs)) * (1 if worse == "up" else -1)
        spread = max(median(abs(v - median(theirs)) for v in theirs) * MAD, LEAST_SPREAD * abs(median(theirs)), 1e-9)
        verdicts.append(gap > CLEAR_SPREADS * spread and gap > CLEAR_SHARE * abs(median(theirs)))
    return verdicts


def _points(one: Series) -> Iterable[tuple[float, float]]:
    return zip(one.times, one.values, strict=True)
