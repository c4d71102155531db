"""What lets a step run, and what does not: one row for each rule of the gate."""

from dataclasses import replace

import pytest

from bot.approve import decide, named, why_not
from bot.domain.approval import Approved, Denied, Expired, Halted, Waiting
from tests.rules.made import (
    ANN,
    ASKER,
    BEN,
    BOT,
    CRITICAL,
    EXPIRES,
    GATE,
    GUEST,
    GUEST_ON_THE_LIST,
    NOBODY,
    OTHERS,
    STOP,
    STRANGER,
    TWO,
    UNKNOWN,
    UNREAD,
    at,
    back,
    barred,
    no,
    unread,
    vote,
    yes,
)

SOON, END, LATER = at(30), EXPIRES, at(400)
A, AB, BA, BY_ANN = Approved(("ANN",)), Approved(("ANN", "BEN")), Approved(("BEN", "ANN")), Denied("ANN")
STOPPED = Halted(STOP.reason, STOP.by)
CRITICAL_BUT_ONE = replace(CRITICAL, people=1)
TEN = [yes(replace(STRANGER, id=f"S{n}")) for n in range(10)]
NO_PEOPLE = replace(GATE, people=0)


def waits(missing, *so_far, down=()):
    """Waiting, with who was turned down; their sentences have rows of their own below."""
    return ("waits", missing, so_far, tuple(down))


def row(name, gate, votes, now, expected, stop=None):
    return pytest.param(gate, votes, now, stop, expected, id=name)


ROWS = [
    # one person
    row("nobody answered yet", GATE, [], SOON, waits(1)),
    row("an approver approves", GATE, [yes(ANN)], SOON, A),
    row("an approver denies", GATE, [no(ANN)], SOON, BY_ANN),
    row("an approver approves by the command", GATE, [yes(ANN, by="command")], SOON, A),
    row("an approver approves by the button", GATE, [yes(ANN, by="button")], SOON, A),
    row("two approve where one is enough", GATE, [yes(ANN), yes(BEN)], SOON, AB),
    row("the one who asked is an approver and approves", GATE, [yes(ASKER)], SOON, Approved(("ASKER",))),
    row("a gate for no people still needs one", NO_PEOPLE, [], SOON, waits(1)),
    # who does not count
    row("a stranger approves", GATE, [yes(STRANGER)], SOON, waits(1, down=["STRANGER"])),
    row("a stranger denies", GATE, [no(STRANGER)], SOON, waits(1, down=["STRANGER"])),
    row("a stranger denies what an approver approves", GATE, [no(STRANGER), yes(ANN)], SOON, A),
    row("a guest approves", GATE, [yes(GUEST)], SOON, waits(1, down=["GUEST"])),
    row("a guest on the list of approvers approves", GATE, [yes(GUEST_ON_THE_LIST)], SOON, waits(1, down=["GUEST"])),
    row("a guest on the list of approvers denies", GATE, [no(GUEST_ON_THE_LIST), yes(ANN)], SOON, A),
    row("a bot approves", GATE, [yes(BOT)], SOON, waits(1, down=["BOT"])),
    row("ten strangers approve", GATE, TEN, SOON, waits(1, down=[one.person.id for one in TEN])),
    # what cannot be read
    row("it cannot be read whether they may", GATE, [yes(UNREAD)], SOON, waits(1, down=["UNREAD"])),
    row("it cannot be read who they are", GATE, [yes(UNKNOWN)], SOON, waits(1, down=["UNKNOWN"])),
    row("unreadable at first, then read", GATE, [yes(unread(ANN)), yes(ANN, 25)], SOON, A),
    row("read at first, then unreadable, of two", TWO, [yes(ANN), yes(unread(ANN), 25)], SOON, waits(2, down=["ANN"])),
    row("an unreadable denial holds the gate", GATE, [yes(ANN), no(UNREAD)], SOON, waits(0, "ANN", down=["UNREAD"])),
    row(
        "a denial of whom nobody knows holds the gate",
        GATE,
        [yes(ANN), no(UNKNOWN)],
        SOON,
        waits(0, "ANN", down=["UNKNOWN"]),
    ),
    row("an unreadable denial turns out a stranger's", GATE, [yes(ANN), no(UNREAD), no(barred(UNREAD), 25)], SOON, A),
    row("an unreadable denial turns out an approver's", GATE, [yes(BEN), no(unread(ANN)), no(ANN, 25)], SOON, BY_ANN),
    row("an unreadable denial is taken back", GATE, [yes(ANN), no(UNREAD), back(UNREAD)], SOON, A),
    row("an unreadable denial at the end is a no", GATE, [yes(ANN), no(UNREAD)], END, Expired()),
    # denials
    row("a denial after an approval read at the same time", GATE, [yes(ANN), no(BEN)], SOON, Denied("BEN")),
    row("a denial before an approval read at the same time", GATE, [no(BEN), yes(ANN)], SOON, Denied("BEN")),
    row("a denial over enough approvals of two", TWO, [yes(ANN), yes(BEN), no(ASKER)], SOON, Denied("ASKER")),
    row("both reactions of one person at once, no first", GATE, [no(ANN), yes(ANN)], SOON, BY_ANN),
    row("both reactions of one person at once, yes first", GATE, [yes(ANN), no(ANN)], SOON, BY_ANN),
    row("the earlier of two denials is named", GATE, [no(BEN, 12), no(ANN, 11)], SOON, BY_ANN),
    row("an approval turned into a denial", GATE, [yes(ANN), no(ANN, 20)], SOON, BY_ANN),
    row("a denial turned into an approval before it is read", GATE, [no(ANN), yes(ANN, 20)], SOON, A),
    # taken back
    row("an approval taken back", GATE, [yes(ANN), back(ANN)], SOON, waits(1)),
    row("a denial taken back before it is read", GATE, [no(ANN), back(ANN)], SOON, waits(1)),
    row("taken back and given again", GATE, [yes(ANN), back(ANN), yes(ANN, 25)], SOON, A),
    row("taken back by another leaves the approval", GATE, [yes(ANN), back(BEN)], SOON, A),
    row("one of two taken back", TWO, [yes(ANN), yes(BEN), back(ANN)], SOON, waits(1, "BEN")),
    row(
        "an approver who is none any more",
        TWO,
        [yes(ANN), yes(barred(ANN), 20), yes(BEN)],
        SOON,
        waits(1, "BEN", down=["ANN"]),
    ),
    # two people
    row("critical: one is not enough", CRITICAL, [yes(ANN)], SOON, waits(1, "ANN")),
    row("critical: the same person twice is one", CRITICAL, [yes(ANN), yes(ANN, 20)], SOON, waits(1, "ANN")),
    row(
        "critical: by reaction and by command is one",
        CRITICAL,
        [yes(ANN), yes(ANN, 20, by="command")],
        SOON,
        waits(1, "ANN"),
    ),
    row("critical: two different people", CRITICAL, [yes(ANN), yes(BEN, 20)], SOON, AB),
    row("critical: in the order in which they came", CRITICAL, [yes(BEN), yes(ANN, 20), yes(BEN, 25)], SOON, BA),
    row("critical: one and a stranger", CRITICAL, [yes(ANN), yes(STRANGER)], SOON, waits(1, "ANN", down=["STRANGER"])),
    row("critical: the one who asked and another", CRITICAL, [yes(ASKER), yes(ANN)], SOON, Approved(("ASKER", "ANN"))),
    row("critical needs two although its gate says one", CRITICAL_BUT_ONE, [yes(ANN)], SOON, waits(1, "ANN")),
    # the one who asked, where a second person is required
    row("second person: the asker approves", OTHERS, [yes(ASKER)], SOON, waits(1, down=["ASKER"])),
    row("second person: another approves", OTHERS, [yes(ASKER), yes(ANN)], SOON, A),
    row("second person: the asker denies as an approver", OTHERS, [no(ASKER)], SOON, Denied("ASKER")),
    row("second person: the asker is no approver, denies", OTHERS, [no(barred(ASKER)), yes(ANN)], SOON, A),
    # what it was given for
    row("an approval of another gate", GATE, [yes(ANN, gate_id="G0THER")], SOON, waits(1, down=["ANN"])),
    row("an approval of other values", GATE, [yes(ANN, digest="d0")], SOON, waits(1, down=["ANN"])),
    row("an approval of other values, then of these", GATE, [yes(ANN, digest="d0"), yes(ANN, 20)], SOON, A),
    row("a denial of another gate", GATE, [yes(ANN), no(BEN, gate_id="G0THER")], SOON, A),
    # nobody may
    row("no approvers set: even one who may", NOBODY, [yes(ANN)], SOON, waits(1, down=["ANN"])),
    row("no approvers set: it runs out", NOBODY, [yes(ANN)], END, Expired()),
    # the expiry
    row("at the last moment it still waits", GATE, [], at(299.999), waits(1)),
    row("at the expiry, nobody answered", GATE, [], END, Expired()),
    row("read in time, decided at the expiry", GATE, [yes(ANN, 299.999)], END, A),
    row("read in time, decided after a restart", GATE, [yes(ANN)], LATER, A),
    row("read at the expiry", GATE, [yes(ANN, 300)], END, Expired()),
    row("read after the expiry", GATE, [yes(ANN, 301)], LATER, Expired()),
    row("read in time and again after it", GATE, [yes(ANN), yes(ANN, 350)], LATER, A),
    row("read in time, unreadable after it", GATE, [yes(ANN), yes(unread(ANN), 350)], LATER, A),
    row("read in time, no approver after it", GATE, [yes(ANN), yes(barred(ANN), 350)], LATER, Expired()),
    row("read in time, taken back after it", GATE, [yes(ANN), back(ANN, 350)], LATER, Expired()),
    row("read in time, denied by another after it", GATE, [yes(ANN), no(BEN, 350)], LATER, Denied("BEN")),
    row("the second of two comes too late", TWO, [yes(ANN), yes(BEN, 300)], LATER, Expired()),
    row("taken back in time, given again too late", GATE, [yes(ANN), back(ANN), yes(ANN, 300)], LATER, Expired()),
    row("a stranger in time, nobody else", GATE, [yes(STRANGER)], END, Expired()),
    # the emergency stop
    row("stop: over an approval", GATE, [yes(ANN)], SOON, STOPPED, STOP),
    row("stop: over a denial", GATE, [no(ANN)], SOON, STOPPED, STOP),
    row("stop: over the expiry", GATE, [], LATER, STOPPED, STOP),
    row("stop: over two", CRITICAL, [yes(ANN), yes(BEN)], SOON, STOPPED, STOP),
]


@pytest.mark.parametrize(("gate", "votes", "now", "stop", "expected"), ROWS)
def test_decide(gate, votes, now, stop, expected):
    found = decide(gate, votes, now, stop)
    if isinstance(found, Waiting):
        found = waits(found.missing, *found.so_far, down=found.turned_down)
    assert found == expected


def test_the_table_is_as_long_as_it_should_be():
    assert len({one.id for one in ROWS}) == len(ROWS) >= 40


ONE_PERSON = replace(GATE, approvers=("U0DANA",))
LISTS = replace(GATE, approvers=("S0PAY", "U0DANA", "oncall"))
NO_REASON = replace(GUEST, why_not="")
ALL = "<!subteam^S0PAY> or <@U0DANA> or whoever is on call"
NOT_READ = "Not counted yet: Slack did not say whether you are an approver. It is asked again every 15 s."
NONE_SET = (
    "Nobody can approve high risk here: no approvers are set. Set APPROVERS, or APPROVERS_HIGH for this risk alone."
)


@pytest.mark.parametrize(
    ("gate", "one", "sentence"),
    [
        (GATE, yes(ANN), ""),
        (GATE, no(ANN), ""),
        (GATE, back(STRANGER), ""),
        (GATE, yes(STRANGER), "Only <!subteam^S0PAY> can approve high risk here. Ask one of them."),
        (ONE_PERSON, yes(STRANGER), "Only <@U0DANA> can approve high risk here. Ask them."),
        (LISTS, yes(STRANGER), f"Only {ALL} can approve high risk here. Ask one of them."),
        (
            GATE,
            no(STRANGER),
            "Only <!subteam^S0PAY> can stop this with ❌. `/incident-action stop` ends the whole run.",
        ),
        (GATE, yes(GUEST), "Guests cannot run or approve anything. Ask <!subteam^S0PAY>."),
        (LISTS, yes(BOT), f"Bots do not count. Ask one of {ALL}."),
        (GATE, yes(NO_REASON), "Only full members of this workspace can approve this. Ask <!subteam^S0PAY>."),
        (GATE, yes(UNREAD), NOT_READ),
        (GATE, no(UNKNOWN), NOT_READ),
        (OTHERS, yes(ASKER), "You asked for this run, so somebody else has to approve it. Ask <!subteam^S0PAY>."),
        (GATE, yes(ANN, 300), "Too late: this could be approved until 04:03 UTC. Nothing was run; ask for it anew."),
        (GATE, yes(ANN, digest="d0"), "Not counted: what you answered has changed since. Answer the newer request."),
        (NOBODY, yes(ANN), NONE_SET),
        (NOBODY, no(STRANGER), "Nobody is an approver here. `/incident-action stop` ends the run."),
    ],
)
def test_who_does_not_count_is_told_why_and_what_to_do(gate, one, sentence):
    assert why_not(gate, one) == sentence


def test_the_one_who_was_turned_down_reads_it_while_the_gate_waits():
    found = decide(GATE, [vote(STRANGER, "approve")], SOON, None)
    assert found.turned_down == {"STRANGER": "Only <!subteam^S0PAY> can approve high risk here. Ask one of them."}


def test_approvers_are_named_as_slack_does():
    assert named(("W0X",)) == "<@W0X>"
