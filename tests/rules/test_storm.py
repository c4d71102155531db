"""When a storm begins and ends, what comes first in it, and the line in which it waits."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.briefing import Briefing
from bot.domain.incident import Channel, Posted, Severity
from bot.domain.storm import CALM, WITHIN, Row, Storm, is_one_too_many, is_over, rank_of
from bot.slack.blocks import render
from bot.storms import compose_storm
from bot.storms.waiting_line import WaitingLine

NOW = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
AGO = st.integers(0, 60).map(lambda quarters: NOW - timedelta(seconds=15 * quarters))
"""So that some are exactly a minute apart."""


def row(number=0, **changes):
    known = {
        "incident_id": f"INC-{number:010d}",
        "opening": 1,
        "service": f"service-{number}",
        "env": "prod",
        "severity": Severity.SEV2,
        "title": "HighErrorRate",
        "alerts": 3,
        "firing": 3,
        "since": NOW - timedelta(minutes=5),
        "opened_at": NOW - timedelta(minutes=5) + timedelta(seconds=number),
        "state": "waiting",
    }
    return Row(**(known | changes))


def storm(**changes):
    known = {"id": "STORM-A", "began_at": NOW - timedelta(minutes=5), "channel": Channel("C9", "inc-storm")}
    return Storm(**(known | {"message": Posted("C9", "1.0")} | changes))


def said(briefing: Briefing) -> str:
    lines = [line for section in briefing.sections for line in section.text]
    return "\n".join([briefing.headline, *lines, briefing.footer or ""])


# ── when ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("opened", "threshold", "too_many"), [(10, 10, False), (11, 10, True), (0, 0, False), (9_999, 0, False)]
)
def test_more_than_the_threshold_is_a_storm_and_a_threshold_of_zero_never_is(opened, threshold, too_many):
    assert is_one_too_many(opened, threshold) is too_many


@given(st.lists(AGO, max_size=40), st.integers(1, 6))
def test_it_is_over_exactly_when_no_moment_of_the_calm_saw_more_than_the_threshold(opened, threshold):
    moments = [NOW - timedelta(seconds=half / 2) for half in range(int(CALM.total_seconds()) * 2)]
    seen = any(sum(at - WITHIN < one <= at for one in opened) > threshold for at in moments)
    assert is_over(opened, threshold, NOW) is not seen


def test_without_a_threshold_it_is_always_over():
    assert is_over([NOW] * 50, 0, NOW)


# ── what comes first ─────────────────────────────────────────────────────────────────────────────


def test_severity_comes_first_then_leads_then_most_alerts_then_the_oldest_and_the_resolved_last():
    worst = row(1, severity=Severity.SEV1, firing=1)
    lead = row(2)
    told = row(3, lead="INC-0000000002", firing=50)
    many = row(4, firing=9)
    over = row(5, severity=Severity.SEV1, firing=0, state="resolved", resolved_at=NOW)
    later = row(6)

    ordered = sorted([over, told, later, lead, many, worst], key=rank_of)

    assert ordered == [worst, many, lead, later, told, over]


async def test_the_line_serves_the_most_important_and_what_has_become_so():
    line, served = WaitingLine(1), []

    async def come(name, worth):
        async with line.turn(name, worth):
            served.append(name)
            await go.wait()

    go = asyncio.Event()
    worths = {"first": 9, "low": 8, "high": 1, "raised": 7, "middle": 5}
    coming = [asyncio.create_task(come(name, (False, worth, False, 0, 0.0))) for name, worth in worths.items()]
    await asyncio.sleep(0)
    line.order({"raised": (False, 0, False, 0, 0.0)})
    go.set()
    await asyncio.gather(*coming)

    assert served == ["first", "raised", "high", "middle", "low"]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.data())
def test_whoever_leaves_the_line_nobody_loses_his_turn(worths, data):
    leaving = data.draw(st.lists(st.integers(0, len(worths) - 1), unique=True))

    async def act():
        line, served, go = WaitingLine(2), [], asyncio.Event()

        async def come(number):
            async with line.turn(str(number), (False, worths[number], False, 0, 0.0)):
                await go.wait()
                served.append(number)

        coming = [asyncio.create_task(come(number)) for number in range(len(worths))]
        await asyncio.sleep(0)
        for number in leaving:
            coming[number].cancel()
        go.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*coming, return_exceptions=True)
            async with line.turn("a", (False, 0, False, 0, 0.0)), line.turn("b", (False, 0, False, 0, 0.0)) as waited:
                assert not waited
        return served

    assert sorted(asyncio.run(act())) == [n for n in range(len(worths)) if n not in leaving]


async def test_who_is_cancelled_in_the_moment_in_which_its_turn_comes_passes_it_on():
    line, served = WaitingLine(1), []

    async def come(name):
        async with line.turn(name, (False, 0, False, 0, 0.0)):
            served.append(name)

    async with line.turn("first", (False, 0, False, 0, 0.0)):
        second, third = [asyncio.create_task(come(name)) for name in ("second", "third")]
        await asyncio.sleep(0)
    second.cancel()
    async with asyncio.timeout(60):
        await asyncio.gather(second, third, return_exceptions=True)

    assert served == ["third"]


# ── in words ─────────────────────────────────────────────────────────────────────────────────────


def test_a_row_says_service_alerts_since_when_suspect_and_how_far_the_bot_is():
    rows = [
        row(0, severity=Severity.SEV1, state="looked", channel_id="C1", suspect="v2.34.1 (high)"),
        row(1, state="looking", firing=1),
        row(2, state="waiting", env="staging"),
        row(3, lead="INC-0000000000", state="looked"),
        row(4, state="resolved unseen", firing=0, resolved_at=NOW),
        row(5, state="looked"),
        row(6, state="resolved", firing=1, resolved_at=NOW),
    ]
    text = said(compose_storm.table(storm(), rows, NOW))

    assert "7 incidents, 21 alerts since 04:25 UTC" in text
    assert "3 looked into · 1 being looked into · 2 resolved" in text
    assert "Postponed: 1 look, 3 channels" in text
    assert "🚨 *service-0* · 3 alerts · 04:25 · likely v2.34.1 (high) · <#C1>" in text
    assert "*service-1* · 1 of 3 alerts · 04:25 · looking…" in text
    assert "*service-2* (staging)" in text
    assert "04:25 · with service-0 · looked into, no clear cause" in text
    assert "✅ *service-4* · 3 alerts · 04:25 · resolved 04:30, before anybody looked" in text
    assert "🔒 *service-6* · 1 of 3 alerts · 04:25 · closed 04:30" in text


@pytest.mark.parametrize("count", [1, 30, 31, 300, 1_000])
def test_every_incident_is_found_in_the_table_or_its_thread_and_each_message_is_one(count):
    rows = [row(n, service=f"a-service-with-quite-a-long-name-{n:04d}", suspect="v2.34.1 (high)") for n in range(count)]
    table, pages = compose_storm.table(storm(), rows, NOW), compose_storm.pages(rows, NOW)

    shown = "\n".join(said(one) for one in (table, *pages))
    assert all(one.service in shown for one in rows)
    assert not any(render(one).more for one in (table, *pages))
    if pages:
        assert all(one.incident_id in shown for one in rows)


def test_a_row_that_changes_changes_one_page_and_one_that_comes_the_last():
    rows = [row(n) for n in range(110)]
    before = compose_storm.pages(rows, NOW)
    changed = compose_storm.pages([*rows[:60], row(60, state="looking"), *rows[61:]], NOW)
    more = compose_storm.pages([*rows, row(110)], NOW)

    assert [old == new for old, new in zip(before, changed, strict=True)] == [True, False, True]
    assert [old == new for old, new in zip(before, more, strict=True)] == [True, True, False]


def test_what_alerts_say_of_themselves_cannot_ping_or_format():
    hostile = row(0, service="<!channel> *x*", title="`a`\n<@U1>", env="<#C1>", suspect="<!here> (low)", state="looked")
    for one in (compose_storm.table(storm(), [hostile], NOW), compose_storm.over(storm(), [hostile], NOW)):
        assert not any(sign in said(one) for sign in ("<!", "<@", "<#C1>", "`a`"))


def test_at_its_end_it_says_how_much_it_was_and_by_which_lead():
    rows = [row(0, state="looked", channel_id="C1", suspect="db (high)"), row(1, lead="INC-0000000000")]
    rows += [row(n, state="resolved unseen", firing=0, resolved_at=NOW) for n in range(2, 30)]
    text = said(compose_storm.over(storm(), rows, NOW))

    assert "30 incidents, 90 alerts in 5 min" in text
    assert "28 resolved (28 before anybody looked) · 2 still open" in text
    assert "*service-0* · 2 incidents, 6 alerts · likely db (high) · <#C1>" in text
    assert "… and 28 incidents that stand alone" in text
    assert "service-2" not in text, "its row in the table says all there is"


def test_at_its_end_where_each_stands_alone_there_is_no_list_of_leads():
    alone = said(compose_storm.over(storm(), [row(n, state="looked") for n in range(12)], NOW))
    assert "12 incidents" in alone
    assert "By lead" not in alone and "service-" not in alone


def test_at_its_end_what_is_told_with_an_incident_of_before_is_listed_and_of_many_leads_the_largest():
    told = [row(0, lead="INC-BEFORE")]
    told += [one for n in range(1, 40, 2) for one in (row(n), row(n + 1, lead=f"INC-{n:010}"))]
    text = said(compose_storm.over(storm(), told, NOW))
    assert text.count("incidents, ") == 1 + 15
    assert "… and 6 other leads; " in text
    assert "*`INC-BEFORE`*" in said(compose_storm.over(storm(), told[:1], NOW))
