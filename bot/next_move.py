"""What a run does next, out of its events alone (pure): the same events give the same move, on any machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.domain.approval import Gate
from bot.domain.run import Event, Run, StepPrepared
from runbooks.prepared import Value

ROLLBACK = ".rollback"
"""Ends the path of what undoes a step: `2.rollback`."""
Result = Literal["done", "failed", "denied", "expired", "stopped", "refused"]
Choice = Literal["check", "again", "stop"]


@dataclass(frozen=True, slots=True)
class Prepare:
    """Put the variables in, freeze it: StepPrepared, StepSkipped or StepRefused follows."""

    path: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Open a gate for what stands prepared: GateOpened follows."""

    path: str


@dataclass(frozen=True, slots=True)
class Await:
    """Wait for people at this gate: GateDecided follows."""

    gate: Gate


@dataclass(frozen=True, slots=True)
class Act:
    """Do this deed (from 0) of what stands prepared: DeedBegun and DeedEnded follow."""

    path: str
    index: int


@dataclass(frozen=True, slots=True)
class LoseSight:
    """A deed was begun and its end is not on record: MayHaveRun follows."""

    path: str
    index: int


@dataclass(frozen=True, slots=True)
class Choose:
    """It may have run; a person says how to go on: Chosen follows."""

    path: str


@dataclass(frozen=True, slots=True)
class Glean:
    """Read the output of the step's last deed: StepsLeft follows, or StepRefused where it cannot be read."""

    path: str


@dataclass(frozen=True, slots=True)
class Check:
    """Look whether the step helped: Checked follows."""

    path: str


@dataclass(frozen=True, slots=True)
class OfferRollback:
    """Prepare what undoes the step. `path` ends in `.rollback`; it always asks."""

    path: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """A limit of the run is reached: StepRefused follows."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do: Ended follows, unless it stands there already. `reason` is plain words, no markup."""

    result: Result
    reason: str = ""


Move = Prepare | Ask | Await | Act | LoseSight | Choose | Glean | Check | OfferRollback | Refuse | Finish


def next_move(run: Run, events: Sequence[Event]) -> Move:
    """The one thing to do next. Never raises; after `Ended` it stays at Finish."""
    raise NotImplementedError


def prepared_at(events: Sequence[Event], path: str) -> StepPrepared:
    """What stands prepared at this place, the last one. Raises LookupError where nothing does."""
    raise NotImplementedError


def known(run: Run, events: Sequence[Event]) -> Mapping[str, Value]:
    """Variables for the next step: what was given, and what steps left since; a declared parameter stays as given."""
    raise NotImplementedError


def rows_left(events: Sequence[Event]) -> tuple[tuple[Mapping[str, str], ...], str]:
    """Rows and name of the last table that a step left; `((), "")` where none did."""
    raise NotImplementedError


def done_before(events: Sequence[Event], path: str) -> int:
    """How many deeds, from the first, ran under an earlier preparation and are not repeated by the present one."""
    raise NotImplementedError


def choices(events: Sequence[Event], path: str) -> tuple[Choice, ...]:
    """What a person can choose from at `Choose`: `check` only where the step has a check."""
    raise NotImplementedError


def seconds_left(events: Sequence[Event]) -> float:
    """Running time that the run has left; a deed should not be given more."""
    raise NotImplementedError
