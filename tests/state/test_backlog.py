"""What `doctor` reads of a bot that is stuck: what is not said yet, and who has no channel."""

from datetime import UTC, datetime, timedelta

from bot.domain.incident import Channel, Posted
from bot.state.backlog import Backlog, backlog
from bot.state.database import migrate, open_database
from bot.state.journal import journal
from bot.state.storms import SqlStorms
from tests.stories.incident_sample import alert

RULES = (("service",), ("env",), 3600)


async def test_what_slack_does_not_show_is_counted_once_it_is_late(database_url, clock):
    migrate(database_url)
    database = open_database(database_url)
    record = journal(database, clock, RULES)
    try:
        assert await backlog(database) == Backlog(0, None, 0)
        clock.moment = datetime.now(UTC)
        (fresh,) = await record.take([alert("fresh", labels={"service": "fresh"})])
        assert await backlog(database) == Backlog(0, None, 0)
        clock.moment -= timedelta(minutes=10)
        (told,) = await record.take([alert("told", labels={"service": "told"})])
        assert await backlog(database) == Backlog(1, clock.moment, 0)
        await record.keep_message(told.incident_id, Posted("C0INC", "1.0"))
        assert await backlog(database) == Backlog(1, clock.moment, 1)

        await record.keep_channel(told.incident_id, Channel("C1", "inc-told"))
        await record.keep_briefed(told.incident_id, 1)
        await record.keep_shown(told.incident_id, await record.revision(told.incident_id))
        assert await backlog(database) == Backlog(0, None, 0)
        assert fresh.incident_id != told.incident_id
    finally:
        await database.dispose()


async def test_who_waits_in_a_storm_for_their_turn_is_not_without_a_channel(database_url, clock):
    migrate(database_url)
    clock.moment = datetime.now(UTC) - timedelta(minutes=10)
    async with open_database(database_url) as database:
        record, storms = journal(database, clock, RULES, storm_threshold=2), SqlStorms(database, clock, 2)
        taken = [(await record.take([alert(name, labels={"service": name})]))[0] for name in ("one", "two", "three")]
        (storm,) = await storms.to_show()
        for one in taken:
            await record.keep_message(one.incident_id, Posted("C0INC", "1.0"))
        assert await backlog(database) == Backlog(3, clock.moment, 0)

        await storms.keep_over(storm.id)
        assert (await backlog(database)).homeless == 3
