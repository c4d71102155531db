"""Gates, people and answers for the tests of the rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.approval import Gate, Person, Stop, Vote

ASKED = datetime(2026, 11, 21, 3, 58, tzinfo=UTC)
EXPIRES = ASKED + timedelta(minutes=5)
STOP = Stop("U9", "the wrong cluster", ASKED)
GATE = Gate(
    id="G7K2QX",
    run_id="R4MZ81",
    path="2",
    digest="d1",
    risk="high",
    asked_by="ASKER",
    asked_at=ASKED,
    expires_at=EXPIRES,
    approvers=("S0PAY",),
)
TWO = replace(GATE, people=2)
CRITICAL = replace(GATE, risk="critical", people=2, approvers=("S0SEN",))
OTHERS = replace(GATE, asker_may=False)
NOBODY = replace(GATE, approvers=())

ANN = Person("ANN", full_member=True, may=True)
BEN = Person("BEN", full_member=True, may=True)
ASKER = Person("ASKER", full_member=True, may=True)
STRANGER = Person("STRANGER", full_member=True, may=False, why_not="you are not one of its approvers")
UNREAD = Person("UNREAD", full_member=True, may=None, why_not="it could not be read")
UNKNOWN = Person("UNKNOWN", full_member=False, may=None, why_not="Slack did not say who you are")
GUEST = Person("GUEST", full_member=False, may=False, why_not="guests cannot run or approve anything")
BOT = Person("BOT", full_member=False, may=False, why_not="bots do not count")
GUEST_ON_THE_LIST = Person("GUEST", full_member=False, may=True, why_not="guests cannot run or approve anything")


def at(seconds):
    """So long after the gate was asked."""
    return ASKED + timedelta(seconds=seconds)


def vote(person, answer, seconds=10, **changes):
    return replace(Vote(GATE.id, GATE.digest, person, answer, at(seconds)), **changes)


def yes(person, seconds=10, **changes):
    return vote(person, "approve", seconds, **changes)


def no(person, seconds=10, **changes):
    return vote(person, "deny", seconds, **changes)


def back(person, seconds=20, **changes):
    return vote(person, "withdraw", seconds, **changes)


def unread(person):
    return replace(person, may=None)


def barred(person):
    return replace(person, may=False)
