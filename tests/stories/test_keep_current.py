"""After the briefing, Slack says what the journal says: once, soon, and whatever Slack refuses in between."""

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
import stamina

from bot.keep_current import catch_up, keep_current
from bot.state.claims import Claims
from bot.state.database import open_database, sync_url
from bot.state.tables import leases, reports
from tests.stories.incident_sample import series
from tests.stories.world import (
    INCIDENTS,
    OWN,
    FakeSlack,
    Source,
    desk_with,
    eventually,
    fire,
    resolve,
    stopped,
    tell,
    telling,
)

ERRORS = series("error_rate", 0.004, 0.2)


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=20):
        yield


@pytest.fixture
def slack():
    return FakeSlack()


async def test_an_alert_that_joins_is_shown_in_the_message(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        await fire(desk, "HighLatency")
        await catch_up(desk)

        assert "2 alerts" in slack.of("1:briefing").text
        assert "HighLatency" in slack.of("1:briefing").text
        assert slack.in_(OWN) == ["1:briefing"]


async def test_it_is_over_once_in_the_channel_and_in_the_notice(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        await resolve(desk)
        for _ in range(3):
            await catch_up(desk)

        assert slack.in_(OWN) == ["1:briefing", "1:resolved"]
        assert slack.of("1:resolved").text.startswith("✅ Resolved 03:42")
        assert "resolved 03:42" in slack.of("1:briefing").text
        assert "resolved 03:42" in slack.of("1:notice").text


async def test_where_the_notice_stands_the_incidents_channel_is_read_for_nothing_else(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        await resolve(desk)
        before = len(slack.calls)
        await catch_up(desk)

        read = [call for call in slack.calls[before:] if call.startswith(f"find {INCIDENTS} ")]
        assert [call.rpartition(":")[2] for call in read] == ["notice"]
        assert "resolved 03:42" in slack.of("1:notice").text


async def test_while_one_of_two_alerts_fires_nothing_is_over(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        await fire(desk, "HighLatency")
        await resolve(desk, "HighLatency")
        await catch_up(desk)

        assert "1 of 2 alerts firing" in slack.of("1:briefing").text
        assert slack.in_(OWN) == ["1:briefing"]


async def test_what_is_shown_costs_slack_nothing_more(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        await resolve(desk)
        await catch_up(desk)
        calls = len(slack.calls)
        await fire(desk, status="resolved")  # the sender repeats itself
        await catch_up(desk)

        assert len(slack.calls) == calls


async def test_an_alert_that_makes_it_worse_is_seen_in_the_topic_and_in_the_notice_too(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS)) as desk:
        await tell(desk, await fire(desk, severity="warning"))
        assert slack.topics[OWN].startswith("SEV3 · ")
        await fire(desk, "SLOBurn", severity="critical")
        await fire(desk, "HighLatency", severity="warning")  # one that is harmless again hides nothing
        await catch_up(desk)

        assert "SEV1 · " in slack.of("1:briefing").text
        assert slack.topics[OWN].startswith("SEV1 · ")
        assert "SEV1 · " in slack.of("1:notice").text


async def test_an_alert_that_makes_a_reopened_one_worse_is_seen_in_the_notice_of_that_opening(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk, severity="warning"))
        await resolve(desk)
        await catch_up(desk)
        await tell(desk, await fire(desk, "HighLatency", severity="warning"))
        await fire(desk, "SLOBurn", severity="critical")
        await catch_up(desk)

        assert "SEV1 · " in slack.of("2:notice").text
        assert slack.topics[OWN].startswith("SEV1 · ")


async def test_an_alert_that_is_no_worse_costs_the_edit_of_the_message_alone(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        await catch_up(desk)
        before = len(slack.calls)
        await fire(desk, "HighLatency", severity="warning")
        await catch_up(desk)

        assert [call.partition(" ")[0] for call in slack.calls[before:]] == ["edit"]


async def test_resolved_while_the_story_still_runs_it_is_said_once_the_briefing_stands(slack, tmp_path):
    answer = asyncio.Event()
    async with desk_with(tmp_path, slack, Source("slow", ERRORS, waits_for=answer)) as desk:
        async with telling(desk, await fire(desk)) as story:
            await eventually(lambda: slack.in_(OWN))
            await resolve(desk)
            await catch_up(desk)
            assert slack.in_(OWN) == ["1:briefing"]
            answer.set()
            await story
        await catch_up(desk)
        await catch_up(desk)

        assert slack.in_(OWN) == ["1:briefing", "1:resolved"]
        assert "resolved 03:42" in slack.of("1:briefing").text
        assert "resolved 03:42" in slack.topics[OWN]
        assert "resolved 03:42" in slack.of("1:notice").text


# ── refused and cut short ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("method", "about"),
    [("edit", "1:briefing"), ("find", "1:resolved"), ("post", "1:resolved"), ("find", "1:notice"), ("edit", "notice")],
)
async def test_what_slack_refused_is_made_good_in_the_next_round_once(slack, tmp_path, method, about):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        await resolve(desk)
        slack.refuse(method, "ratelimited", passing=True, times=1, about=about)
        for _ in range(3):
            await catch_up(desk)

        assert slack.in_(OWN) == ["1:briefing", "1:resolved"]
        assert "resolved 03:42" in slack.of("1:briefing").text
        assert "resolved 03:42" in slack.of("1:notice").text
        assert await desk.journal.stale() == ()


@pytest.mark.parametrize(
    ("method", "about"), [("edit", "1:briefing"), ("post", "1:resolved"), ("find", "1:notice"), ("edit", "1:notice")]
)
async def test_a_death_on_the_way_is_made_good_in_the_next_life_once(slack, tmp_path, method, about):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        await resolve(desk)
        there, _never = slack.hold(method, about=about)
        life = asyncio.create_task(catch_up(desk))
        await there.wait()
        await stopped(life)
        await catch_up(desk)

        assert slack.in_(OWN) == ["1:briefing", "1:resolved"]
        assert "resolved 03:42" in slack.of("1:notice").text
        assert await desk.journal.stale() == ()


async def test_a_change_during_the_edit_is_shown_by_the_next(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        await fire(desk, "HighLatency")
        editing, go_on = slack.hold("edit")
        showing = asyncio.create_task(catch_up(desk))
        await editing.wait()
        await fire(desk, "SLOBurn")
        go_on.set()
        await showing
        assert "SLOBurn" not in slack.of("1:briefing").text
        await catch_up(desk)

        assert "SLOBurn" in slack.of("1:briefing").text


async def test_a_notice_that_comes_after_the_edit_says_what_the_message_says(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        posting, goes = slack.hold("post", about="1:notice")
        async with telling(desk, await fire(desk)) as story:
            await posting.wait()
            await eventually(lambda: slack.topics)  # what comes after the briefing
            await resolve(desk)
            editing, go_on = slack.hold("topic", about=OWN)
            showing = asyncio.create_task(catch_up(desk))
            await editing.wait()
            goes.set()
            await story
            go_on.set()
            await showing
        await catch_up(desk)

        assert "resolved 03:42" in slack.of("1:notice").text


@pytest.mark.parametrize("code", ["message_not_found", "thread_not_found", "is_archived"])
async def test_a_message_that_people_removed_is_not_tried_for_ever(slack, tmp_path, code):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        slack.refuse("edit", code, about=OWN + " ")
        await fire(desk, "HighLatency")
        await catch_up(desk)
        assert await desk.journal.stale() == ()
        calls = len(slack.calls)
        await catch_up(desk)

        assert len(slack.calls) == calls


async def test_where_the_message_was_removed_it_is_still_said_that_it_is_over(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        slack.remove("1:briefing")
        await resolve(desk)
        await catch_up(desk)

        assert slack.in_(OWN) == ["1:resolved"]
        assert "resolved 03:42" in slack.of("1:notice").text
        assert await desk.journal.stale() == ()


async def test_where_the_channel_was_archived_the_notice_still_says_that_it_is_over(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        for method in ("edit", "post"):
            slack.refuse(method, "is_archived", about=OWN + " ")
        await resolve(desk)
        await catch_up(desk)

        assert "resolved 03:42" in slack.of("1:notice").text
        assert await desk.journal.stale() == ()


async def test_an_incident_that_cannot_be_told_leaves_the_others_current(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        broken = await fire(desk)
        whole = await fire(desk, "DiskFull", labels={"service": "ledger"})
        for taken in (broken, whole):
            await tell(desk, taken)
        _unreadable(tmp_path, broken.incident_id)
        await resolve(desk)
        await resolve(desk, "DiskFull", labels={"service": "ledger"})
        desk.changed.set()
        keeping = asyncio.create_task(keep_current(desk))

        async def only_the_broken_one_is_left():
            return await desk.journal.stale() == (broken.incident_id,)

        await eventually(only_the_broken_one_is_left)
        assert slack.of(f"{whole.incident_id}:1:resolved")
        assert not keeping.done()
        await stopped(keeping)


async def test_a_change_wakes_it_and_it_goes_on_after_a_failure(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        slack.refuse("edit", KeyError("a bug"), times=1)
        keeping = asyncio.create_task(keep_current(desk))
        await eventually(lambda: sum(call.startswith("edit") for call in slack.calls) == 2)  # the briefing, the bug
        await resolve(desk)
        desk.changed.set()
        await eventually(lambda: "1:resolved" in slack.in_(OWN))
        await stopped(keeping)


async def test_one_whose_channel_has_to_wait_holds_up_no_other_and_is_shown_again_when_it_changed_meanwhile(
    slack, tmp_path
):
    async with desk_with(tmp_path, slack, Source()) as desk:
        for taken in [await fire(desk), await fire(desk, "DiskFull", labels={"service": "ledger"})]:
            await tell(desk, taken)
        await catch_up(desk)
        editing, go_on = slack.hold("edit", about=f"{OWN} ")
        async with keeping(desk):
            await fire(desk, "HighLatency")
            desk.changed.set()
            await editing.wait()
            await fire(desk, "SLOBurn")
            await resolve(desk, "DiskFull", labels={"service": "ledger"})
            desk.changed.set()
            await eventually(lambda: "1:resolved" in slack.in_("C2"))
            go_on.set()
            await eventually(lambda: "SLOBurn" in slack.of(f"{next(iter(slack.channels))}:1:briefing").text)


async def test_without_an_incidents_channel_it_is_over_in_its_own(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source(), incidents=None) as desk:
        await tell(desk, await fire(desk))
        await resolve(desk)
        await catch_up(desk)

        assert slack.in_(OWN) == ["1:briefing", "1:resolved"]
        assert slack.in_(INCIDENTS) == []


@asynccontextmanager
async def keeping(desk):
    """It is kept current, until the test ends it."""
    task = asyncio.create_task(keep_current(desk))
    try:
        yield
    finally:
        await stopped(task)


def _unreadable(tmp_path, incident_id):
    """As after a release that can no longer read what an earlier one wrote."""
    engine = sa.create_engine(sync_url(f"sqlite:///{tmp_path / 'stories.sqlite'}"))
    with engine.begin() as connection:
        here = reports.c.incident_id == incident_id
        assert connection.execute(reports.update().where(here).values(report="{")).rowcount == 1
    engine.dispose()


async def test_two_replicas_say_once_that_it_is_over(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        await resolve(desk)
        database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
        one, two = [await _replica(desk, database, name) for name in ("one", "two")]
        came, let_go = slack.hold("post", about="1:resolved")
        first = asyncio.create_task(catch_up(one))
        await came.wait()
        await catch_up(two)
        let_go.set()
        await first
        async with asyncio.timeout(60):
            await two.changed.wait()  # what it left to the other it looks at again
        await catch_up(two)
        await database.dispose()

        assert slack.in_(OWN) == ["1:briefing", "1:resolved"]


async def _replica(desk, database, name):
    """Another process at the same desk, with a lease of its own."""
    row = {"executor_id": name, "story_version": "2", "beats": 1, "expires_at": datetime.now(UTC)}
    await database.write(lambda connection: connection.execute(leases.insert().values(**row)).close())
    own = {"changed": asyncio.Event(), "turns": defaultdict(asyncio.Lock)}
    return replace(desk, alone=Claims(database, name).held, **own)
