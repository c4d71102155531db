"""What a step will do, exactly: every variable put in, frozen, and bound by a digest to what people were shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from runbooks.model import Risk


@dataclass(frozen=True, slots=True)
class Value:
    """A variable's value, and where it came from in words, such as «label of the alert» or «step 2»."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Exec:
    """A program run with exactly these arguments, never through a shell."""

    argv: tuple[str, ...]
    """As the runbook names the program; `program` is what is started."""
    program: str
    """Its real path, links resolved, at the time of preparing."""
    program_digest: str
    """SHA-256 (hex) of the file there; another file at the time of running is refused."""
    timeout_s: float
    env: Mapping[str, str] = field(default_factory=dict)
    """Set on top of the clean environment, and shown; never a secret."""
    needs: tuple[str, ...] = ()
    """What a sandbox must open for it: `network`, or a folder that it may write to (`/var/log`)."""
    then: Exec | None = None
    """A second program, started in the same working folder where the first ended with 0: `aws s3 cp` of the file that
    `kubectl cp` brought. Shown with the first, and approved with it."""
    kind: Literal["exec"] = "exec"


@dataclass(frozen=True, slots=True)
class Http:
    """One request, no redirects. `{{env.NAME}}` in header values and body stays a reference until it is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    timeout_s: float
    kind: Literal["http"] = "http"


@dataclass(frozen=True, slots=True)
class Promql:
    """An instant query."""

    query: str
    timeout_s: float
    kind: Literal["promql"] = "promql"


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause. It does not count as running time."""

    seconds: float
    kind: Literal["wait"] = "wait"


@dataclass(frozen=True, slots=True)
class Say:
    """A line in the incident's channel."""

    text: str
    kind: Literal["message"] = "message"


Work = Exec | Http | Promql | Wait
"""What hands do."""
Deed = Work | Say
"""What is said, whoever tells the run says."""


@dataclass(frozen=True, slots=True)
class Check:
    """What is looked at after a step, and when it counts as good."""

    deed: Exec | Http | Promql
    wait_s: float
    """Seconds after the step's end."""
    expect: str = ""
    """CEL over `exit`, `output`, `status`, `value`; empty: exit 0, a 2xx, or a result that is not empty."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One step with everything decided but whether it may run. One gate covers all its deeds, in this order."""

    path: str
    """Place in the runbook: `2` for the second step, `2.rollback` for what undoes it."""
    name: str
    deeds: tuple[Deed, ...]
    risk: Risk
    reads: bool
    """Whether each deed is a read by the reading table (or a pause, a query, a message), whatever the file claims."""
    asks: bool
    """`approval: required` in the file: asked for in every profile."""
    values: Mapping[str, Value]
    """The variables that the deeds use."""
    undo: str = ""
    """What undoes it, in words or as its command; empty: nothing does, and the gate says so."""
    unsafe: str = ""
    """Why an interpreter or launcher may be used; makes the step critical."""
    check: Check | None = None
    rollback: tuple[Deed, ...] = ()
    """Offered, behind a gate of its own, when the check fails."""
    continue_on_failure: bool = False


def digest(run_id: str, prepared: Prepared) -> str:
    """SHA-256 (hex) over the run, the place, the deeds and the values: what an approval is bound to."""
    bound = {
        "run": run_id,
        "path": prepared.path,
        "deeds": [asdict(deed) for deed in prepared.deeds],
        "values": {name: value.text for name, value in prepared.values.items()},
    }
    return hashlib.sha256(json.dumps(bound, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one deed. Texts are as the program wrote them, bounded in size, not yet masked."""

    result: Literal["done", "failed", "timeout", "stopped", "refused"]
    """`refused`: it was not begun, `note` says why. `stopped`: by a person; it may have done part of its work."""
    exit: int | None = None
    """Exit code of a program, status of an answer; None where there is none."""
    output: str = ""
    errors: str = ""
    seconds: float = 0.0
    cut: bool = False
    """Whether there was more output than is kept."""
    note: str = ""
    value: float | None = None
    """The first figure of a query's answer."""

    @property
    def ok(self) -> bool:
        return self.result == "done"
