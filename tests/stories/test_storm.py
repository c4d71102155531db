"""A storm: one table for what comes at once, looks and channels by importance, and one word at the end."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.intake import BEGINNINGS, Intake
from bot.keep_current import catch_up
from bot.state.database import open_database
from bot.state.links import SqlLinks
from bot.state.weeks import SqlWeeks
from bot.storms.keep_tables import StormTables
from bot.storms.waiting_line import WaitingLine
from tests.stories.incident_sample import FINDINGS, NOW, alert
from tests.stories.world import (
    INCIDENTS,
    FakeSlack,
    Life,
    Source,
    desk_with,
    eventually,
    fire,
    live,
    resolve,
    tell,
    telling,
)

THRESHOLD = 3


@pytest.fixture
def slack():
    return FakeSlack()


async def service(desk, number, **changes):
    """A new incident of the service of this number."""
    return await fire(desk, f"Down{number}", labels={"service": f"service-{number}"}, **changes)


async def storm(desk, count=6):
    """So many incidents at once; what each alert did."""
    return [await service(desk, number) for number in range(count)]


async def the_storm(desk):
    (found,) = await desk.storms.to_show()
    return found


def tables(desk):
    return StormTables(desk, desk.storms)


def table(slack):
    return slack.of(":table").text


async def test_up_to_the_threshold_each_incident_is_told_by_itself(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        for taken in await storm(desk, THRESHOLD):
            await tell(desk, taken)

        assert await desk.storms.to_show() == ()
        assert len(slack.channels) == THRESHOLD


async def test_what_comes_in_a_storm_stands_in_its_table_at_once_and_moves_to_a_channel_of_its_own(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        taken = (await storm(desk))[-1]
        opening, go_on = slack.hold("open_channel", about="inc-service-5")
        async with telling(desk, taken) as story:
            await opening.wait()
            assert "service-5" in table(slack)
            assert "1:briefing" not in str([m.key for m in slack.messages])
            go_on.set()
            await story
        await tables(desk).round()

        incident = await desk.journal.incident(taken.incident_id)
        assert slack.in_(incident.channel.id) == ["1:briefing"]
        (row,) = [line for line in table(slack).splitlines() if "service-5" in line]
        assert "waits" not in row and row.endswith("#C2"), row
        assert slack.in_(INCIDENTS) == ["notice"]
        assert "1:notice" not in str([m.key for m in slack.messages])


async def test_the_first_response_is_the_row_and_not_the_message_that_it_moved_to(slack, tmp_path):
    async with (
        desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk,
        open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}") as database,
    ):
        taken = await storm(desk)
        desk.clock.moment = NOW + timedelta(seconds=3)
        opening, go_on = slack.hold("open_channel", about="inc-service-5")
        async with telling(desk, taken[-1]) as story:
            await opening.wait()
            seen = desk.clock.moment
            later = await service(desk, 7)
            desk.clock.moment = NOW + timedelta(seconds=5)
            await tables(desk).round()
            desk.clock.moment = NOW + timedelta(minutes=14)
            go_on.set()
            await story
        await tables(desk).round()

        week = await SqlWeeks(database).week(NOW, desk.clock.moment)
        said = {course.id: course.said_at for course in week.courses}
        assert said.pop(later.incident_id) == NOW + timedelta(seconds=5)
        assert said == {one.incident_id: seen for one in taken}


async def test_stories_that_begin_at_once_open_one_channel_and_one_table(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk, AsyncExitStack() as stack:
        for taken in await storm(desk):
            await stack.enter_async_context(telling(desk, taken))
        await eventually(lambda: ":table" in str([m.key for m in slack.messages]))
        await eventually(lambda: len(slack.channels) > 1)

        assert [name for name in slack.channels if name.startswith("STORM-")] == [(await the_storm(desk)).id]
        assert len([m for m in slack.messages if m.key.endswith(":table")]) == 1


@pytest.mark.parametrize("when", ["before", "undone", "after"])
@pytest.mark.parametrize("step", ["find a place", "headline", "move"])
async def test_killed_at_any_of_its_steps_the_next_life_says_each_thing_once(slack, tmp_path, step, when):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        taken = (await storm(desk))[-1]
        first = Life(ends=(when, step))
        await live(desk, taken, first)
        await tell(desk, taken, Life(first.recorded, taken_up=True))
        await tables(desk).round()

        channel = (await desk.journal.incident(taken.incident_id)).channel
        assert slack.in_(channel.id) == ["1:briefing"]
        assert slack.in_((await the_storm(desk)).channel.id) == ["table"]
        assert slack.in_(INCIDENTS) == ["notice"]


async def test_what_happens_while_tables_are_written_is_seen_to_right_after(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk, AsyncExitStack() as stack:
        await tell(desk, (await storm(desk))[-1])
        desk.clock.moment = NOW + timedelta(minutes=7)
        await tables(desk).round()  # it is over: from here on it is looked at in quiet
        writing, go_on = slack.hold("edit", about=":table")
        keeping = asyncio.create_task(tables(desk).keep())
        stack.callback(keeping.cancel)
        await writing.wait()
        for number in range(10, 16):
            last = await service(desk, number)
        await tell(desk, last)
        go_on.set()

        second = (await desk.storms.to_show())[1]
        await eventually(lambda: f"{second.id}:notice" in [message.key for message in slack.messages])


async def test_where_slack_gives_no_channel_the_table_stands_in_the_incidents_channel(slack, tmp_path):
    slack.refuse("open_channel", "restricted_action", about="inc-storm")
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        await tell(desk, (await storm(desk))[-1])
        await tables(desk).round()

        assert slack.in_(INCIDENTS) == ["table"]
        assert "moved to its own channel" not in table(slack)


async def test_looks_are_made_by_importance_and_not_in_the_order_in_which_they_came(slack, tmp_path):
    go_on = asyncio.Event()
    source = _Slow(go_on)
    async with desk_with(tmp_path, slack, source, storm_threshold=THRESHOLD) as desk, AsyncExitStack() as stack:
        desk = replace(desk, looks=WaitingLine(1))
        taken = [await service(desk, n, severity="warning") for n in range(5)]
        taken.append(await service(desk, 5, severity="critical"))
        await stack.enter_async_context(telling(desk, taken[0]))
        await eventually(lambda: source.asked)  # it has the only turn
        for one in taken[1:]:
            await stack.enter_async_context(telling(desk, one))
        await eventually(lambda: len(desk.looks) == 5)
        await fire(desk, "More", labels={"service": "service-3"}, severity="warning")
        await eventually(lambda: ":table" in str([m.key for m in slack.messages]))
        await tables(desk).round()
        assert "Postponed: 5 looks" in table(slack)
        go_on.set()
        await eventually(lambda: len(source.asked) == 6)

        assert source.asked[1:3] == ["service-5", "service-3"]


async def test_what_resolves_before_its_turn_is_not_looked_into_and_the_row_says_so(slack, tmp_path):
    go_on = asyncio.Event()
    source = _Slow(go_on)
    async with desk_with(tmp_path, slack, source, storm_threshold=THRESHOLD) as desk, AsyncExitStack() as stack:
        desk = replace(desk, looks=WaitingLine(1))
        taken = await storm(desk)
        await stack.enter_async_context(telling(desk, taken[0]))
        await eventually(lambda: source.asked)  # it has the only turn
        stories = [await stack.enter_async_context(telling(desk, one)) for one in taken[1:]]
        await eventually(lambda: len(desk.looks) == 5)
        await resolve(desk, "Down5", labels={"service": "service-5"})
        go_on.set()
        await stories[-1]
        await tables(desk).round()

        assert "service-5" not in source.asked
        assert (await desk.journal.incident(taken[5].incident_id)).channel is None
        (row,) = [line for line in table(slack).splitlines() if "service-5" in line]
        assert "before anybody looked" in row


async def test_what_is_found_of_an_incident_that_was_over_by_then_stands_in_its_row_as_well(slack, tmp_path):
    go_on = asyncio.Event()
    source = _Slow(go_on, *FINDINGS)
    async with desk_with(tmp_path, slack, source, storm_threshold=THRESHOLD) as desk, AsyncExitStack() as stack:
        await storm(desk)
        labels = {"service": "payment-service"}
        story = await stack.enter_async_context(telling(desk, await fire(desk, labels=labels)))
        await eventually(lambda: source.asked and ":table" in str([m.key for m in slack.messages]))
        await resolve(desk, labels=labels)
        keeping = tables(desk)
        await keeping.round()
        go_on.set()
        await story
        await keeping.round()

        (row,) = [line for line in table(slack).splitlines() if "payment-service" in line]
        assert "likely" in row


async def test_it_is_over_once_with_a_summary_and_what_comes_then_is_told_by_itself(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        await tell(desk, (await storm(desk))[-1])
        keeping = tables(desk)
        await keeping.round()
        desk.clock.moment = NOW + timedelta(minutes=7)
        slack.refuse("edit", "ratelimited", passing=True, times=1, about=":table")
        for _ in range(3):
            await keeping.round()
        await tables(desk).round()
        later = await service(desk, 99)
        await tell(desk, later)

        where = (await the_storm(desk)).channel.id
        assert slack.in_(where) == ["table", "over"]
        assert "6 incidents, 6 alerts" in slack.of(":over").text
        assert "over since" in table(slack)
        assert "Storm over" in slack.of(f"{(await the_storm(desk)).id}:notice").text
        assert slack.in_((await desk.journal.incident(later.incident_id)).channel.id) == ["1:briefing"]


async def test_rounds_in_which_nothing_changes_edit_no_notice_again(slack, tmp_path):
    """Each replica makes its own rounds: those of two would go on taking the last word from each other."""
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        await tell(desk, (await storm(desk))[-1])
        here, there = tables(desk), tables(desk)
        for keeping in (here, there):
            await keeping.round()
        before = len(slack.calls)
        for keeping in (here, there, here):
            await keeping.round()
        assert not [call for call in slack.calls[before:] if call.startswith("edit") and "notice" in call]


@pytest.mark.parametrize("code", ["message_not_found", "is_archived"])
async def test_a_table_that_people_removed_ends_the_storm(slack, tmp_path, code):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        taken = await storm(desk)
        await tell(desk, taken[-1])
        slack.refuse("edit", code, about=":table")
        await tables(desk).round()

        assert (await the_storm(desk)).ended_at is not None
        await tell(desk, taken[-2])
        assert (await desk.journal.incident(taken[-2].incident_id)).message is not None


@pytest.mark.parametrize("count", [31, 120])
async def test_of_many_every_one_is_found_in_the_thread_and_only_what_changed_is_edited(slack, tmp_path, count):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        taken = await storm(desk, count)
        await tell(desk, taken[-1])
        keeping = tables(desk)
        for _ in range(2):
            await keeping.round()
        before = len(slack.calls)
        await keeping.round()
        assert not [call for call in slack.calls[before:] if call.startswith(("edit", "post")) and "page" in call]
        await resolve(desk, "Down0", labels={"service": "service-0"})
        await keeping.round()
        edited = [call for call in slack.calls[before:] if call.startswith("edit") and "page" in call]

        thread = "\n".join(message.text for message in slack.messages if message.thread)
        assert all(one.incident_id in thread for one in taken)
        assert len(edited) == 1


async def test_another_process_finds_the_pages_that_stand(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        await tell(desk, (await storm(desk, 60))[-1])
        for _ in range(3):
            await tables(desk).round()

        assert len([message for message in slack.messages if message.thread]) == 2


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(("count", "falls_away"), [(31, 0), (41, 1)])
async def test_a_page_whose_rows_are_gone_says_so_and_the_table_goes_on(slack, tmp_path, count, falls_away, restarted):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        await tell(desk, (await storm(desk, count))[-1])
        keeping = tables(desk)
        await keeping.round()
        desk.clock.moment = NOW + timedelta(minutes=7)
        await keeping.round()
        await resolve(desk, "Down0", labels={"service": "service-0"})
        await keeping.round()
        again = await service(desk, 0, starts_at=desk.clock.now())
        if restarted:
            keeping = tables(desk)
        for _ in range(3):
            await keeping.round()
        before = len(slack.calls)
        await keeping.round()

        assert again.effect == "reopened"
        assert f"{count - 1} incidents" in table(slack)
        page = slack.of(f":page:{falls_away}").text
        assert "is told by itself" in page and "service-" not in page
        assert not [call for call in slack.calls[before:] if not call.endswith(":notice")]
        assert not [message for message in slack.messages if message.key.endswith(f":page:{falls_away + 1}")]


class _Slow(Source):
    """Answers nobody before it may, and keeps the order in which it was asked."""

    def __init__(self, go_on, *findings):
        super().__init__("prometheus", *findings, waits_for=go_on)
        self.asked = []

    async def look(self, scope):
        self.asked.append(scope.service.name)
        return await super().look(scope)


@pytest.mark.parametrize("lead_resolves", [False, True])
async def test_what_is_told_with_another_moves_to_its_channel_also_where_that_is_over_by_then(
    slack, tmp_path, lead_resolves
):
    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
        desk = replace(desk, links=SqlLinks(database))
        *_, lead, told = await storm(desk)
        await desk.links.merge(told.incident_id, lead.incident_id, "U1")
        await tell(desk, told)
        assert (await desk.journal.incident(told.incident_id)).message is None
        if lead_resolves:
            await resolve(desk, "Down4", labels={"service": "service-4"})
        await tell(desk, lead)
        await catch_up(desk)
        await tables(desk).round()

        channel = (await desk.journal.incident(lead.incident_id)).channel
        assert f"{told.incident_id}:1:briefing" in [m.key for m in slack.messages if m.posted.channel_id == channel.id]
        assert (await desk.journal.incident(told.incident_id)).channel is None
        (row,) = [line for line in table(slack).splitlines() if "service-5" in line]
        assert "with service-4" in row
        await database.dispose()


async def test_stories_begin_a_few_at_a_time_and_all_of_them_begin(slack, tmp_path):
    under_way, most, begun, go_on = 0, 0, [], asyncio.Event()

    async def begin(incident_id, opening):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await go_on.wait()
        under_way -= 1
        begun.append(incident_id)

    async with desk_with(tmp_path, slack, Source(), storm_threshold=THRESHOLD) as desk:
        intake = Intake(desk.journal, begin, desk.changed, desk.measures)
        alerts = [alert(f"Down{n}", labels={"service": f"service-{n}"}) for n in range(3 * BEGINNINGS)]
        taken = await intake.take(alerts)
        go_on.set()
        await eventually(lambda: len(begun) == len(taken))

    assert most <= BEGINNINGS
    assert sorted(begun) == sorted(one.incident_id for one in taken)
