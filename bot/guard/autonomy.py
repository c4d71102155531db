"""What may run unasked, what asks whom, and what is forbidden: one table, read by one function (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from bot.settings import Settings
from runbooks.model import Risk
from runbooks.prepared import Prepared

Profile = Literal["observe", "development", "staging", "production", "incident"]
Kind = Literal["read", "low", "medium", "high", "critical", "unsafe"]
EARNED = 10
"""Times in a row that a step has to be approved and found good before a grant is suggested."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One cell of the table."""

    verdict: Literal["run", "ask", "forbidden"]
    people: int = 0
    """How many different people have to approve."""
    asker_may: bool = True
    """Whether the one who asked counts among them."""


RUN = Permission("run")
ONE = Permission("ask", people=1)
ANOTHER = Permission("ask", people=1, asker_may=False)
TWO = Permission("ask", people=2)
OTHERS = Permission("ask", people=2, asker_may=False)
NO = Permission("forbidden")

# fmt: off
TABLE: Mapping[Profile, Mapping[Kind, Permission]] = {
    "observe":     {"read": NO,  "low": NO,  "medium": NO,  "high": NO,      "critical": NO,     "unsafe": NO},
    "development": {"read": RUN, "low": ONE, "medium": ONE, "high": ONE,     "critical": TWO,    "unsafe": TWO},
    "staging":     {"read": RUN, "low": ONE, "medium": ONE, "high": ONE,     "critical": TWO,    "unsafe": TWO},
    "production":  {"read": RUN, "low": ONE, "medium": ONE, "high": ONE,     "critical": TWO,    "unsafe": OTHERS},
    "incident":    {"read": RUN, "low": ONE, "medium": ONE, "high": ANOTHER, "critical": OTHERS, "unsafe": NO},
}
# fmt: on
"""What runs unasked is announced, and only reads do; docs/autonomy.md shows this table and is held to it."""
UNKNOWN: Mapping[Kind, Permission] = dict.fromkeys(get_args(Kind), OTHERS)
"""Of a profile that is not in the table: everything asks, reads too."""


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
        everyone = settings.approvers
        critical = settings.approvers_critical or everyone
        return cls(
            low=settings.approvers_low or everyone,
            medium=settings.approvers_medium or everyone,
            high=settings.approvers_high or everyone,
            critical=critical,
            emergency=settings.emergency_approvers or critical,
            second_person=settings.require_second_person,
        )

    def for_risk(self, risk: str) -> tuple[str, ...]:
        """For a risk that is not known: those for critical."""
        lists = {"low": self.low, "medium": self.medium, "high": self.high}
        return lists.get(risk, self.critical)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the profile says of a prepared step."""

    verdict: Literal["run", "ask", "granted", "refuse"]
    people: int = 0
    """How many different people have to approve. Of what was granted: if it may have run and is to run again."""
    asker_may: bool = True
    approvers: tuple[str, ...] = ()
    why: str = ""
    """In words; where it is refused, what to do."""


def rule(prepared: Prepared, profile: str, approvers: Approvers, granted: bool) -> Ruling:  # noqa: FBT001
    """What the profile says of this step. `granted`: whether the team lets it run unasked (`bot.runs.autonomy_file`).

    `approval: required` and what undoes a step ask wherever they are not forbidden. A grant covers neither of them, nor
    critical risk, nor what is unsafe, nor what the profile forbids.
    """
    permission = _permission(prepared, profile)
    if permission.verdict == "forbidden":
        return Ruling("refuse", why=_forbidden(prepared, profile))
    if permission.verdict == "run":
        return Ruling("run", why="it only reads")
    terms = _ask(prepared, permission, approvers)
    if granted and grantable(prepared) and profile in TABLE:
        return replace(terms, verdict="granted", why=f"your team lets it run unasked in {profile}")
    return terms


def kind_of(prepared: Prepared) -> Kind:
    """The table's column. A risk that is not known is critical; a read is one by the reading table, not by its risk."""
    if prepared.unsafe:
        return "unsafe"
    return "read" if prepared.reads else risk_of(prepared)


def risk_of(prepared: Prepared) -> Risk:
    """What is unsafe is critical, and so is a risk that is not known."""
    return "critical" if prepared.unsafe or prepared.risk not in get_args(Risk) else prepared.risk


def grantable(prepared: Prepared) -> bool:
    """Whether a grant can cover it: nothing critical or unsafe, no `approval: required`, nothing that undoes a step."""
    return risk_of(prepared) != "critical" and not _always_asks(prepared)


def _always_asks(prepared: Prepared) -> bool:
    return prepared.asks or prepared.path.endswith(".rollback")


def _permission(prepared: Prepared, profile: str) -> Permission:
    """The cell for this step. A read that has to ask asks as its risk does."""
    row: Mapping[Kind, Permission] = next((cells for name, cells in TABLE.items() if name == profile), UNKNOWN)
    cell = row[kind_of(prepared)]
    return row[risk_of(prepared)] if cell.verdict == "run" and _always_asks(prepared) else cell


def _ask(prepared: Prepared, permission: Permission, approvers: Approvers) -> Ruling:
    """The gate's terms, or a refusal where nobody could ever pass it."""
    risk = risk_of(prepared)
    people = max(permission.people, 2 if risk == "critical" else 1)
    who = approvers.for_risk(risk)
    asker_may = permission.asker_may and not approvers.second_person
    if not who:
        return Ruling(
            "refuse", why=f"Nobody can approve {risk} risk. Set APPROVERS, or APPROVERS_{risk.upper()} for it."
        )
    if len(set(who)) < people and all(one[:1] in "UW" for one in who):
        return Ruling("refuse", why=f"{risk.capitalize()} risk needs two people, and APPROVERS_{risk.upper()} has one.")
    return Ruling("ask", people, asker_may, who, _terms(prepared, risk, asker_may))


def _terms(prepared: Prepared, risk: Risk, asker_may: bool) -> str:  # noqa: FBT001 - a fact to be told
    asks = "what undoes a step always asks" if prepared.path.endswith(".rollback") else "the runbook asks for approval"
    reason = asks if _always_asks(prepared) else f"{risk} risk"
    return reason if asker_may else f"{reason}, by somebody else than who asked"


def _forbidden(prepared: Prepared, profile: str) -> str:
    """Why the profile does not let it run, and what to do."""
    if profile == "observe":
        return "Nothing runs in the profile observe. Set AUTONOMY_PROFILE to production to run steps behind approval."
    kind = "A step with an interpreter or launcher" if prepared.unsafe else f"A step of {risk_of(prepared)} risk"
    return f"{kind} does not run in the profile {profile}. Run it by hand, or change AUTONOMY_PROFILE."


def suggest(record: Sequence[bool]) -> bool:
    """Whether a step has earned a grant: `record` as of `bot.runs.action_ports.Runs.record_of`, the newest first."""
    return len(record) >= EARNED and all(record[:EARNED])
