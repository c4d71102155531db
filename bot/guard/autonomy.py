"""What may run unasked, what asks whom, and what is forbidden: one table, read by one function (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.settings import Settings
from runbooks.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who approves what: user ids, user group ids, `oncall`."""

    low: tuple[str, ...] = ()
    medium: tuple[str, ...] = ()
    high: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()
    emergency: tuple[str, ...] = ()
    """Who lifts an emergency stop."""
    second_person: bool = False
    """Whether the one who asked never counts."""

    @classmethod
    def of(cls, settings: Settings) -> Approvers:
        """APPROVERS and what stands over it; EMERGENCY_APPROVERS, by default those for critical."""
        raise NotImplementedError

    def for_risk(self, risk: str) -> tuple[str, ...]:
        """For a risk that is not known: those for critical."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the profile says of a prepared step."""

    verdict: Literal["run", "ask", "granted", "refuse"]
    people: int = 0
    """How many different people have to approve."""
    asker_may: bool = True
    approvers: tuple[str, ...] = ()
    why: str = ""
    """In words; where it is refused, what to do."""


def rule(prepared: Prepared, profile: str, approvers: Approvers, granted: bool) -> Ruling:  # noqa: FBT001
    """What the profile says of this step. `granted`: whether the team lets it run unasked (`bot.autonomy_file`)."""
    raise NotImplementedError


def suggest(record: Sequence[bool]) -> bool:
    """Whether a step has earned a grant: `record` as of `bot.action_ports.Runs.record_of`, the newest first."""
    raise NotImplementedError
