"""A gate: what is asked, who may answer, until when; and the answers that people gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.domain.incident import Posted
from runbooks.model import Risk

APPROVE = "white_check_mark"
DENY = "x"
"""The two reactions that count, by Slack's names."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One question to people: may exactly this run? It is asked once; asking again is another gate."""

    id: str
    """Short and easy to type, such as `G7K2QX`."""
    run_id: str
    path: str
    """Of the step, as in `runbooks.prepared.Prepared`."""
    digest: str
    """`runbooks.prepared.digest` of what is shown."""
    risk: Risk
    asked_by: str
    """Slack user id of whoever started the run."""
    asked_at: datetime
    expires_at: datetime
    approvers: tuple[str, ...]
    """As set for this risk: user ids, user group ids, `oncall`. Empty: nobody can approve."""
    people: int = 1
    """How many different people have to approve."""
    asker_may: bool = True
    """Whether the one who asked counts among them."""
    service: str = ""
    """Whose on-call is meant by `oncall`."""
    warned: str = ""
    """What people should know before they answer, as it was when it was asked: mrkdwn sentences."""
    message: Posted | None = None
    """None until it stands in Slack."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack, read fresh. `may` is None where it could not be read whether they are an approver."""

    id: str
    full_member: bool
    """Of this workspace: no bot, no guest, not from elsewhere, not deactivated."""
    may: bool | None = None
    why_not: str = ""
    """Where they are no full member or may not: the reason, as said to them («guests cannot approve»)."""

    @property
    def unread(self) -> bool:
        """Whether it could not even be read who they are. They may nothing for now, and are no stranger for that."""
        return not self.full_member and self.may is None


@dataclass(frozen=True, slots=True)
class Vote:
    """One answer, as it was read. The last one of each person counts."""

    gate_id: str
    digest: str
    """Of the gate that the person was shown."""
    person: Person
    answer: Literal["approve", "deny", "withdraw"]
    at: datetime
    """The moment of reading, by our clock."""
    by: Literal["reaction", "command", "button"] = "reaction"


@dataclass(frozen=True, slots=True)
class Approved:
    by: tuple[str, ...]
    """User ids, in the order in which they approved."""
    kind: Literal["approved"] = "approved"


@dataclass(frozen=True, slots=True)
class Denied:
    by: str
    """User id."""
    kind: Literal["denied"] = "denied"


@dataclass(frozen=True, slots=True)
class Expired:
    """No answer is a no."""

    kind: Literal["expired"] = "expired"


@dataclass(frozen=True, slots=True)
class Halted:
    """The kill switch is on."""

    reason: str
    by: str = ""
    """Who turned it on."""
    kind: Literal["halted"] = "halted"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not decided yet. `turned_down`: who tried without being allowed to, and why, in words for them."""

    missing: int
    """How many approvals are still missing."""
    so_far: tuple[str, ...] = ()
    turned_down: Mapping[str, str] = field(default_factory=dict)


Verdict = Approved | Denied | Expired | Halted
Decision = Verdict | Waiting


@dataclass(frozen=True, slots=True)
class Stop:
    """The kill switch, while it is on: nothing but talking happens."""

    by: str
    reason: str
    at: datetime
