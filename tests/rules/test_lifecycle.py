"""Where an incident stands is only what its record says."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.entry import BOT, Entry
from bot.domain.incident import Incident, Severity
from bot.life.lifecycle import Standing, standing

T0 = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)
EVERYTHING = ("acknowledged", "severity:SEV2", "lead:U9", "status:identified", "resolved", "closed")


def record(*things):
    """Each is a kind, or kind:value; a minute apart. What is taken back is named by its number."""
    made = []
    for number, thing in enumerate(things, 1):
        kind, _, value = thing.partition(":")
        key = {"unacknowledged": f"unk{value}", "escalated": f"escalated:1:{value}"}.get(kind, f"k{number}")
        who = BOT if kind == "escalated" else f"U{number}"
        made.append(Entry("INC-1", key, T0 + timedelta(minutes=number), kind, who, "so", value=value, number=number))
    return made


def numbers(now: Standing):
    told = {"acknowledged", "severity", "lead", "status", "cause", "resolved", "closed"}
    return {name: int(one.key[1:]) for name in told if (one := getattr(now, name)) is not None}


@pytest.mark.parametrize(
    ("things", "counts"),
    [
        ((), {}),
        (("acknowledged", "acknowledged"), {"acknowledged": 1}),
        (("acknowledged", "unacknowledged:1"), {}),
        (("acknowledged", "unacknowledged:1", "acknowledged"), {"acknowledged": 3}),
        (("acknowledged", "escalated", "acknowledged", "unacknowledged:1"), {"acknowledged": 3}),
        (("severity:SEV1", "severity:SEV3"), {"severity": 2}),
        (("lead:U1", "lead:U2"), {"lead": 2}),
        (("status:investigating", "status:identified", "note", "reminded"), {"status": 2}),
        ((*EVERYTHING, "reopened"), {"severity": 2, "lead": 3}),
        (("resolved", "closed"), {"resolved": 1, "closed": 2}),
        (("cause", "cause"), {"cause": 2}),
        (("handoff", "watched", "escalated", "declared"), {}),
    ],
)
def test_what_counts(things, counts):
    assert numbers(standing(record(*things))) == counts


@pytest.mark.parametrize(("rejected", "stands"), [("k1", {"cause": 2}), ("k2", {}), ("k9", {"cause": 2})])
def test_a_rejection_takes_back_the_cause_that_it_is_of_and_no_other(rejected, stands):
    named = record("cause", "cause")
    gone = Entry("INC-1", f"reviewed:cause:INC-1:{rejected}", T0 + timedelta(hours=1), "cause", "U9", number=3)
    assert numbers(standing([*named, gone])) == stands


@pytest.mark.parametrize(
    ("things", "taken"),
    [
        (("acknowledged",), 1),
        (("acknowledged", "escalated"), None),
        (("acknowledged", "escalated", "acknowledged", "acknowledged"), 3),
        (("escalated", "acknowledged", "unacknowledged:2"), None),
        (("escalated", "acknowledged", "escalated"), None),
        (("escalated", "reopened", "acknowledged"), 3),
        (("acknowledged", "escalated:unacknowledged"), 1),
        (("acknowledged", "acknowledged", "escalated:unacknowledged", "unacknowledged:1"), 2),
        (("escalated:unacknowledged", "acknowledged", "escalated:data"), None),
        (("acknowledged", "escalated:data", "escalated:unacknowledged"), None),
        (("escalated:data", "acknowledged", "escalated:unacknowledged"), 2),
    ],
)
def test_a_call_asks_for_an_acknowledgement_that_comes_after_it(things, taken):
    found = standing(record(*things)).taken
    assert (found and found.number) == taken


def test_pins_that_were_taken_back_are_gone():
    now = standing(record("pinned:1.1", "pinned:1.2", "unpinned:1.1"))
    assert [pin.value for pin in now.pinned] == ["1.2"]


def test_who_acknowledged_an_earlier_opening_has_not_acknowledged_this_one():
    assert numbers(standing(record(*EVERYTHING), T0 + timedelta(minutes=10))) == {"severity": 2, "lead": 3}


def incident(**more):
    return Incident("INC-1", "checkout", "", Severity.SEV3, "Slow", "open", T0, T0, **more)


def test_an_opening_begins_with_the_last_time_it_fired_again():
    again = T0 + timedelta(hours=1)
    assert (incident().last_opened_at, incident(reopened_at=again).last_opened_at) == (T0, again)
