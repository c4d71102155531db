"""What a run can do next: the moves between one event and the one that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.domain.approval import Gate

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
    """It may have run, or nobody answered in time; a person says how to go on: Chosen follows."""

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
