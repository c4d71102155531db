"""One run of a runbook: what was asked for, and the events that are its only state.

The state of a run is what its events say. An event is appended under the next number, once: whoever appends
`DeedBegun` runs the deed, and nobody else does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.approval import Gate, Verdict
from bot.domain.incident import Posted
from runbooks.model import Runbook
from runbooks.prepared import Outcome, Prepared, Value

MOST_DEEDS = 20
"""Of one run."""
MOST_RUNNING_S = 300.0
"""Of one run; waiting for people and pauses are not counted."""
MOST_REPEATS = 3
"""Of the identical command in one run."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked for, frozen: the runbook is a copy, so editing its file changes no run in flight."""

    id: str
    """Short and easy to type, such as `R4MZ81`."""
    incident_id: str
    runbook: Runbook
    given: Mapping[str, Value]
    """Variables known at the start: the incident's, the alert's labels, signals, what the person gave."""
    target: str
    """What it works on, `service` or `service/env`: one run at a time for each."""
    channel_id: str
    asked_by: str
    asked_at: datetime
    profile: str
    why: str = ""
    """What the briefing said when it was asked for: the likely cause, masked."""
    message: Posted | None = None
    """The message that shows its progress; None until it stands."""


@dataclass(frozen=True, slots=True)
class StepPrepared:
    """Everything of a step is known and frozen. `ruling` is what the autonomy profile says of it."""

    at: datetime
    prepared: Prepared
    ruling: Literal["run", "ask", "granted"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class StepSkipped:
    at: datetime
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepRefused:
    """It cannot or must not run; the run ends here. `reason` says what to do."""

    at: datetime
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class GateOpened:
    at: datetime
    gate: Gate


@dataclass(frozen=True, slots=True)
class GateDecided:
    at: datetime
    gate_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class DeedBegun:
    """Recorded before the deed. Without a `DeedEnded` behind it, after a crash, it may have run."""

    at: datetime
    path: str
    index: int
    """Of the deed among the step's."""
    by: str = ""
    """The process that does it (`bot.runs.at_work.me`)."""


@dataclass(frozen=True, slots=True)
class DeedEnded:
    """Its texts are masked by now."""

    at: datetime
    path: str
    index: int
    outcome: Outcome
    output_hash: str
    """SHA-256 (hex) of the whole output, before masking and cutting."""


@dataclass(frozen=True, slots=True)
class MayHaveRun:
    """The bot died, or was stopped, between the beginning and the end of a deed. A person has to choose."""

    at: datetime
    path: str
    index: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person wants after `MayHaveRun`: look (the step's check), run it again (a new gate), or end the run.

    After a gate that nobody answered in time: ask again, or end the run.
    """

    at: datetime
    path: str
    choice: Literal["check", "again", "stop"]
    by: str


@dataclass(frozen=True, slots=True)
class Checked:
    at: datetime
    path: str
    ok: bool
    said: str
    """Result in words, masked."""


@dataclass(frozen=True, slots=True)
class StepsLeft:
    """Variables that a step read out of its output, for those after it; `rows` is its table, if it read one."""

    at: datetime
    path: str
    values: Mapping[str, Value]
    rows: tuple[Mapping[str, str], ...] = ()
    table: str = ""
    """Name under which conditions speak of the rows."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A person ended the run, or the kill switch did."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    at: datetime
    result: Literal["done", "failed", "denied", "expired", "stopped", "refused"]
    reason: str = ""


Event = (
    StepPrepared
    | StepSkipped
    | StepRefused
    | GateOpened
    | GateDecided
    | DeedBegun
    | DeedEnded
    | MayHaveRun
    | Chosen
    | Checked
    | StepsLeft
    | Stopped
    | Ended
)
