"""The next level is called when a rule holds: once for each reason, said, and one level higher while nobody answers."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.analysis import NOTHING_KNOWN, LogPattern
from bot.domain.approval import Expired
from bot.domain.context import Context, Report
from bot.domain.incident import Severity
from bot.domain.run import Ended, GateDecided
from bot.life.findings import Findings
from bot.life.lifecycle import Standing
from bot.life.why_escalate import RULES, Known, called_lately, judged, reasons
from integrations.contract import Alert, Scope, Service, Window
from tests.stories.escalation_world import AFTER, NOW, World, entry, incident


def report(*templates):
    scope = Scope(
        "INC-1", "prod", (Alert("a", "f", "Slow", "firing", NOW),), {"cart": Service("cart")}, Window(NOW - AFTER, NOW)
    )
    patterns = tuple(LogPattern("cart", text, 3, 0, NOW) for text in templates)
    return Report(Context(scope), replace(NOTHING_KNOWN, patterns=patterns))


def known(one=None, *, standing=None, found=None, told_with=(), events=()):
    return Known(one or incident(), standing or Standing(), found and found.analysis, told_with, events)


FAILED = Ended(NOW, "failed")
UNANSWERED = GateDecided(NOW, "G1", Expired(NOW))


@pytest.mark.parametrize(
    ("what", "rules"),
    [
        (known(), []),
        (known(incident(minutes=10)), ["unacknowledged"]),
        (known(incident(minutes=10), standing=Standing((entry("acknowledged"),))), []),
        (known(found=report()), ["unknown"]),
        (known(incident(severity=Severity.SEV2), found=report()), []),
        (known(found=report(), standing=Standing(cause=entry("cause"))), []),
        (known(told_with=[incident("INC-2", service="bank"), incident("INC-3", service="rates")]), ["several"]),
        (known(told_with=[incident("INC-2", service="bank"), incident("INC-3")]), []),
        (known(incident(name="PossibleDataLoss")), ["data"]),
        (known(incident(name="DataLagging")), []),
        (known(incident(name="Data loss on primary")), ["data"]),
        (known(incident(severity=Severity.SEV2), found=report("page <*> checksum mismatch")), ["data"]),
        (known(told_with=[incident("INC-2", service="bank", name="Data loss on primary")]), ["data"]),
        (known(told_with=[incident("INC-2", name="Data loss", status="resolved", service="bank")]), []),
        (known(incident(severity=Severity.SEV2), told_with=[incident("INC-2")], found=report()), ["unknown"]),
        (known(incident(name="Data loss", reopened_at=NOW, over=NOW - AFTER)), []),
        (known(incident(name="Data loss", reopened_at=NOW - AFTER / 2, over=NOW)), ["data"]),
        (known(events=[FAILED]), []),
        (known(events=[FAILED, Ended(NOW, "refused")]), ["steps"]),
        (known(events=[UNANSWERED]), ["expired"]),
    ],
)
def test_when_a_rule_holds(what, rules):
    assert [reason.rule for reason in reasons(what, RULES, AFTER, NOW)] == rules
    assert reasons(what, (), AFTER, NOW) == ()


def who_is_called(*open_ones, oncall=lambda _service: "P1"):
    return [(one.id, "unacknowledged" in rules) for one, rules in judged(open_ones, RULES, oncall)]


def test_what_is_told_with_another_that_is_open_calls_nobody_by_itself():
    lead, linked = incident(), incident("INC-2", service="bank", lead="INC-1")
    assert who_is_called(lead, linked) == [("INC-1", True)]
    assert who_is_called(linked) == [("INC-2", True)]  # its lead is over


def test_in_a_storm_the_same_people_are_called_once():
    storm = [incident(f"INC-{n}", service=service, storm="S1") for n, service in enumerate(("cart", "bank", "cart"))]
    assert who_is_called(*storm) == [("INC-0", True), ("INC-1", False), ("INC-2", False)]
    of_each = who_is_called(*storm, oncall=lambda service: service)
    assert of_each == [("INC-0", True), ("INC-1", True), ("INC-2", False)]


def test_what_fires_again_and_again_calls_nobody_twice_for_the_same_reason():
    before = [entry("escalated", key="escalated:1:data", at=NOW - timedelta(minutes=29))]
    assert called_lately(before, "data", NOW)
    assert not called_lately(before, "steps", NOW)
    assert not called_lately(before, "data", NOW + timedelta(minutes=1))
    assert not called_lately([entry("escalated", key="escalated:1:unacknowledged")], "unacknowledged", NOW)


async def test_each_level_is_called_in_turn_until_somebody_answers():
    world = World()
    world.answer_at = 2
    await world.look()
    await world.tell()
    assert [level for level, *_ in world.calls] == [1, 2]
    assert next(iter(world.posted.values())).startswith(
        "📟 *Level 1 called*: Person 1, for cart, because nobody acknowl"
    )
    assert world.slept == [600, 600]
    assert [one.text for one in world.entries if one.kind == "reassigned"] == [
        "level 1 was called: Person 1",
        "level 2 was called: Person 2",
    ]


async def test_an_answer_in_slack_ends_it():
    world = World()
    await world.look()
    world.while_called = lambda _level: world.append(entry("acknowledged", at=NOW + timedelta(minutes=1)))
    await world.tell()
    assert len(world.calls) == 1


async def test_a_reason_is_entered_once_and_begun_again_after_a_crash():
    world = World()
    assert await world.look() == [1]
    assert await world.look() == [1]  # to begin it twice begins it once
    assert [one.kind for one in world.entries] == ["escalated"]
    world.slept.append(timedelta(days=31).total_seconds())
    assert await world.look() == []  # the engine may have forgotten that it was told


async def test_told_again_after_a_crash_it_calls_and_says_nothing_twice():
    world = World()
    world.answer_at = 1
    await world.look()
    await world.tell()
    world.done.pop("say 1")
    await world.tell()
    assert (len(world.calls), len(world.posted)) == (1, 1)


async def test_a_call_that_a_crash_cut_short_stands_in_the_record_once():
    world = World()
    world.answer_at = 1
    await world.look()
    await world.tell()
    world.done.pop("call 1.0")
    await world.tell()
    assert [one.value for one in world.entries if one.kind == "reassigned"] == ["1"]


async def test_above_the_highest_level_people_are_told_to_call_by_hand():
    world = World()
    world.top = 1
    await world.look()
    await world.tell()
    assert len(world.calls) == 1
    assert "Level 2 should be called" in list(world.posted.values())[1]


async def test_where_nobody_can_be_called_it_is_said_what_is_missing():
    world = World()
    world.missing = "PAGERDUTY_FROM is not set"
    await world.look()
    await world.tell()
    assert world.calls == []
    assert len(world.posted) == 1


async def test_a_pager_that_does_not_answer_is_asked_again_and_people_are_told_at_once():
    world = World()
    world.silent, world.answer_at = 3, 1
    await world.look()
    await world.tell()
    assert len(world.calls) == 1
    trouble, called = world.posted.values()
    assert trouble.startswith("📟 *Level 1 should be called*")
    assert trouble.endswith("I try on for an hour: call them if you can.")
    assert called.startswith("📟 *Level 1 called*")


async def test_a_pager_that_never_answers_is_given_up_after_an_hour():
    world = World()
    world.silent = 1_000
    await world.look()
    await world.tell()
    assert sum(world.slept) == 3_600
    assert list(world.posted.values())[-1].endswith("I could not: call them.")


async def until_called(world, level, before_slack_is_back):
    """The story's whole course with a Slack that gives no answer until this level was called."""
    back, called, find = asyncio.Event(), asyncio.Event(), world.find

    async def away(channel, key):
        slow = not back.is_set() and key.endswith(":1")
        await back.wait()
        for _ in range(20 * slow):  # it notices late that Slack is back
            await asyncio.sleep(0)
        return await find(channel, key)

    async def noticed(now):
        if now == level:
            called.set()

    world.find, world.while_called = away, noticed
    await world.look()
    telling = asyncio.create_task(world.tell())
    async with asyncio.timeout(10):
        await called.wait()
        before_slack_is_back()
        back.set()
        await telling


async def test_while_slack_is_away_each_level_is_called_when_it_is_due_and_said_in_order_once_it_is_back():
    world = World()
    world.top = 2

    def nothing_is_said():
        assert world.posted == {}
        assert [one.value for one in world.entries if one.kind == "reassigned"] == ["1", "2"]

    await until_called(world, 2, nothing_is_said)
    assert [text.split("*")[1] for text in world.posted.values()] == [
        *("Level 1 called", "Level 2 called", "Level 3 should be called"),
    ]


async def test_while_slack_is_away_a_pager_is_asked_again_and_that_it_did_not_answer_is_no_news_afterwards():
    world = World()
    world.silent, world.answer_at = 1, 1
    await until_called(world, 1, lambda: None)
    assert [text.split("*")[1] for text in world.posted.values()] == ["Level 1 called"]
    assert world.slept == [20, 600]


async def test_who_cannot_be_told_is_called_all_the_same_and_what_went_wrong_there_ends_nothing():
    world = World()
    world.answer_at = 2

    async def broken(_channel, _key):
        raise ZeroDivisionError

    world.find = broken
    await world.look()
    await world.tell()
    assert [level for level, *_ in world.calls] == [1, 2]


@pytest.mark.parametrize("how", ["acknowledged", "over"])
async def test_while_a_pager_does_not_answer_whoever_takes_it_in_slack_ends_it(how):
    world = World()
    world.silent = 5

    async def sleep(seconds):
        world.slept.append(seconds)
        if how == "over":
            world.one = replace(world.one, status="resolved")
        else:
            await world.append(entry("acknowledged", at=NOW + timedelta(minutes=1)))

    world.sleep = sleep
    await world.look()
    await world.tell()
    assert (world.calls, world.slept) == ([], [20])


async def test_who_answered_in_the_pager_before_is_not_passed_over():
    world = World()
    world.answer_at = 0
    await world.look()
    await world.tell()
    assert world.calls == []


@pytest.mark.parametrize("change", [{"status": "resolved"}, {"opening": 2}])
async def test_what_is_over_or_opened_again_calls_nobody(change):
    world = World()
    await world.look()
    world.one = replace(world.one, **change)
    await world.tell()
    assert world.calls == []


async def test_another_reason_calls_the_level_above_the_last():
    world = World()
    world.entries.append(entry("reassigned", key="before", who="bot", value="1"))
    world.answer_at = 1
    world.entries.insert(0, entry("escalated", key="escalated:1:steps", who="bot", value="begun 1", text="2 failed"))
    await world.tell()
    assert [level for level, *_ in world.calls] == [2]


def with_a_page_that_was_resolved_there(rule):
    """Level 1 was called for a reason of before; here it is open on, and there is another reason."""
    world = World()
    world.top = 3
    world.pages, world.resolved = ["Q1"], {"Q1"}
    before = entry("escalated", key="escalated:1:steps", who="bot", value="begun 1")
    called = entry("reassigned", key="escalated:1:steps:1", who="bot", value="1")
    again = entry("escalated", key=f"escalated:1:{rule}", who="bot", value="begun 1", text="why")
    world.entries = [replace(one, number=number) for number, one in enumerate((before, called, again), 1)]
    return world


async def test_a_page_that_was_resolved_before_is_no_answer_to_another_reason():
    world = with_a_page_that_was_resolved_there("data")
    await world.tell(3)
    assert [level for level, *_ in world.calls] == [2, 3]
    assert world.pages == ["Q1", "Q2"]
    assert not [one for one in world.entries if one.kind == "acknowledged"]


async def test_who_resolved_the_page_by_which_they_were_called_has_answered_whatever_was_called_for_since():
    world = World()
    await world.look()

    async def another_reason_calls():
        world.resolved.add("Q1")
        world.pages.append("Q2")

    world.while_asleep = another_reason_calls
    await world.tell()
    assert len(world.calls) == 1


@pytest.mark.parametrize(("rule", "levels"), [("data", [2, 3]), ("unacknowledged", [])])
async def test_a_pager_that_does_not_answer_at_once_makes_no_answer_of_what_was_answered_before(rule, levels):
    world = with_a_page_that_was_resolved_there(rule)
    world.silent = 1
    await world.tell(3)
    assert [level for level, *_ in world.calls] == levels


@pytest.mark.parametrize(
    ("rules", "read"),
    [
        (("unacknowledged",), []),
        (("unacknowledged", "data"), ["links", "report"]),
        (("steps",), ["links", "runs"]),
    ],
)
async def test_a_round_reads_what_its_rules_look_at_and_nothing_once_they_have_called(rules, read):
    world = World(incident(name="Data loss", minutes=40))
    world.at = replace(world.at, rules=rules)
    world.events_of_runs = [FAILED, FAILED]
    await world.look()
    assert world.read == read
    assert len(world.entries) == len(rules)
    await world.look()
    assert world.read == read


async def test_a_report_that_stays_as_it_is_is_not_read_each_time():
    world = World(incident(minutes=1))
    world.at = replace(world.at, rules=("data",))
    for _ in range(4):
        await world.look()
    assert world.read.count("report") == 4, "nobody has looked yet"
    world.found = report()
    for _ in range(2 * 60 * 2):
        world.slept.append(30)
        await world.look()
    reads = world.read.count("report")
    assert 30 <= reads <= 40
    await world.look()
    assert (world.read.count("report"), world.entries) == (reads, []), "it was read a moment ago"
    world.one = replace(world.one, opening=2)
    world.found = report("page <*> checksum mismatch")
    await world.look()
    assert [one.key for one in world.entries] == ["escalated:2:data"]


async def test_a_second_opinion_counts_although_the_report_was_read_before():
    world = World(incident(minutes=1))
    world.at = replace(world.at, rules=("data",))
    world.found = report()
    await world.look()
    world.slept.append(120)
    world.found = report("page <*> checksum mismatch")
    await world.look()
    assert [one.key for one in world.entries] == ["escalated:1:data"]


async def test_what_was_found_of_incidents_that_are_over_is_not_kept():
    world, findings = World(), Findings()
    world.found = report()
    many = [incident(f"INC-{number}") for number in range(1_000)]
    for one in many:
        await findings.of(world, one, NOW)
    assert len(findings) == 1_000
    findings.only(many[:3])
    assert len(findings) == 3


async def test_what_flaps_calls_once_in_half_an_hour_and_a_run_of_an_earlier_opening_calls_nobody():
    world = World(incident(name="Data loss", minutes=40))
    world.at = replace(world.at, rules=("data", "steps"))
    world.events_of_runs = [replace(FAILED, at=NOW - timedelta(minutes=35))] * 2
    await world.look()
    world.one = replace(world.one, opening=2, reopened_at=NOW - timedelta(minutes=30))
    assert [one.key for one in world.entries] == ["escalated:1:data", "escalated:1:steps"]
    world.slept.append(120)
    await world.look()
    assert len(world.entries) == 2
    world.slept.append(3600)
    await world.look()
    assert [one.key for one in world.entries][2:] == ["escalated:2:data"]


@pytest.mark.parametrize(("when", "calls"), [("before the call", 0), ("after it", 1)])
async def test_who_has_the_lead_has_what_was_linked_to_it_since(when, calls):
    world = World()
    world.of_lead = [entry("acknowledged", at=NOW - timedelta(minutes=5))]

    async def linked(_level=1):
        world.one = replace(world.one, lead="INC-9")

    await world.look()
    if when == "before the call":
        await linked()
    world.while_called = linked
    await world.tell()
    assert len(world.calls) == calls


async def test_a_database_that_is_away_ends_nothing():
    world = World()
    world.down = True
    assert await world.look() == []
