"""A change that was made while an incident was open, and whether it helped: its signals before and after (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.analysis import SignalState

Verdict = Literal["helped", "partly", "no change", "worse", "nothing to mend", "not seen"]
"""`nothing to mend`: every signal was at its normal when the change came, and still is. `not seen`: nobody measured
both then and now."""
Course = Literal["back", "nearing", "same", "worse", "fine", "unknown"]

BACK = 0.1
"""What is left of the way, at most, where a signal is told to be back: 3 % errors are not back at 0.3 %."""
NEARER = 0.5
"""A signal that has gone half the way back, or more, is nearing its normal."""
FURTHER = 1.2
"""One that is a fifth further away than it was has become worse; less may be its everyday noise."""


@dataclass(frozen=True, slots=True)
class Before:
    """One signal of the incident's service as it was when the change came."""

    signal: str
    value: float
    bad: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One signal now, beside what it was when the change came."""

    state: SignalState
    before: Before | None
    course: Course


@dataclass(frozen=True, slots=True)
class Judged:
    """What the signals say of the change by now."""

    at: datetime
    verdict: Verdict
    readings: tuple[Reading, ...]
    """Those that were bad or are; in the order of the briefing."""


def judge(before: Sequence[Before], now: Sequence[SignalState], at: datetime) -> Judged:
    """Whether the change helped, by the incident's own signals.

    While one that was bad is measured no more, nobody can say that all is back.
    """
    then = {one.signal: one for one in before}
    measured = {state.signal for state in now if not state.silent_since}
    unseen = any(one.bad and one.signal not in measured for one in before)
    readings = [Reading(state, then.get(state.signal), _course(then, state)) for state in now]
    told = tuple(one for one in readings if one.course not in ("fine", "unknown"))
    return Judged(at, _verdict(readings, unseen=unseen), told)


def _course(measured: Mapping[str, Before], state: SignalState) -> Course:
    """What is bad now and was not there while others were has come since; where none was, nobody looked."""
    before = measured.get(state.signal)
    if state.silent_since:
        return "unknown"
    if before is None or state.normal is None:
        return "worse" if state.bad and measured else "unknown"
    if not before.bad:
        return "worse" if state.bad else "fine"
    then, now = abs(before.value - state.normal), abs(state.value - state.normal)
    if not state.bad and now <= then * BACK:
        return "back"
    if not state.bad or now <= then * (1 - NEARER):
        return "nearing"
    return "worse" if now > then * FURTHER else "same"


def _verdict(readings: Sequence[Reading], *, unseen: bool) -> Verdict:
    courses = {one.course for one in readings} - {"unknown"}
    if not courses:
        return "not seen"
    if "worse" in courses:
        return "worse"
    if courses <= {"fine"}:
        return "not seen" if unseen else "nothing to mend"
    if courses <= {"fine", "back"}:
        return "partly" if unseen else "helped"
    return "partly" if courses & {"back", "nearing"} else "no change"
