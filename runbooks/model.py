"""What a runbook is: when it fits, what it needs to know, and its steps, as they stand in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Risk = Literal["low", "medium", "high", "critical"]
Action = Literal["exec", "conditional", "copy", "http", "promql", "wait", "message"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a runbook fits: when one of metric, log pattern, alert or labels does. What is empty does not count."""

    metric: str = ""
    """A signal, or the name of a metric in the alert's expression."""
    condition: str = ""
    """Of the metric, such as `> 90`."""
    duration: str = ""
    log_pattern: str = ""
    """Words of a log line, in any case, or a regular expression."""
    count: int = 1
    """How many such lines there must be."""
    window: str = ""
    alert: str = ""
    """Name of the alert, or several with `|` between; `*` and `?` stand for any characters."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """All must be there with these values; `*` and `?` as in names."""
    cause: str = ""
    """Only when the evidence points at this kind of cause: change, resource, dependency, own fault or network."""

    def __bool__(self) -> bool:
        return bool(self.metric or self.log_pattern or self.alert or self.labels or self.cause)


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: str = "text"
    pattern: str = ""
    default: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Parse:
    """How a step's output becomes variables for later steps."""

    kind: Literal["line", "json", "table", "regex"]
    name: str = ""
    """The variable (line), the prefix (json, none: top-level keys), or what conditions call the rows (table)."""
    pattern: str = ""
    """Of a regular expression with named groups: each group is a variable."""


@dataclass(frozen=True, slots=True)
class Verify:
    """A look after the step that tells whether it helped."""

    step: Step
    """An exec, http or promql without anything behind it."""
    wait_s: float = 0.0
    expect: str = ""
    """CEL over `exit`, `output`, `status`, `value`; empty: exit 0, a 2xx, or a result that is not empty."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, or one that follows from a condition. Texts hold `{{variables}}`."""

    action: Action
    name: str = ""
    command: str = ""
    condition: str = ""
    then: tuple[Step, ...] = ()
    approval: bool = False
    """Whether the file itself asks for a person; other reasons to ask come on top."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What the action itself needs: `from`, `to`, `url`, `method`, `headers`, `body`, `query`, `seconds`, `text`, …"""
    risk: Risk | None = None
    """None: the runbook's."""
    timeout_s: float = 60.0
    continue_on_failure: bool = False
    parse: Parse | None = None
    verify: Verify | None = None
    rollback: Step | None = None
    unsafe: str = ""
    """Why an interpreter or launcher may be used here; makes the step critical."""
    needs: tuple[str, ...] = ()
    """What a sandbox must open: `network`, or folders that it may write to."""
    line: int = 1


@dataclass(frozen=True, slots=True)
class Runbook:
    id: str
    title: str
    steps: tuple[Step, ...]
    service: str = ""
    """Only for this service; empty: for any."""
    trigger: Trigger = field(default_factory=Trigger)
    parameters: tuple[Parameter, ...] = ()
    risk: Risk = "medium"
    file: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that cannot be used; the rest of the folder is."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Library:
    runbooks: tuple[Runbook, ...] = ()
    problems: tuple[Problem, ...] = ()

    def get(self, runbook_id: str) -> Runbook | None:
        return next((book for book in self.runbooks if book.id == runbook_id), None)
