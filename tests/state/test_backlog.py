"""What `doctor` reads of a bot that is stuck: what is not said yet, and who has no channel."""

from datetime import UTC, datetime, timedelta

from bot.domain.incident import Channel
from bot.state.backlog import Backlog, backlog
from bot.state.database import migrate, open_database
from bot.state.journal import journal
from tests.stories.incident_sample import alert


async def test_what_slack_does_not_show_is_counted_once_it_is_late(database_url, clock):
    migrate(database_url)
    database = open_database(database_url)
    record = journal(database, clock, (("service",), ("env",), 3600))
    try:
        assert await backlog(database) == Backlog(0, None, 0)
        clock.moment = datetime.now(UTC)
        (fresh,) = await record.take([alert("fresh", labels={"service": "fresh"})])
        assert await backlog(database) == Backlog(0, None, 0)
        clock.moment -= timedelta(minutes=10)
        (told,) = await record.take([alert("told", labels={"service": "told"})])
        assert await backlog(database) == Backlog(1, clock.moment, 1)

        await record.keep_channel(told.incident_id, Channel("C1", "inc-told"))
        await record.keep_briefed(told.incident_id, 1)
        await record.keep_shown(told.incident_id, await record.revision(told.incident_id))
        assert await backlog(database) == Backlog(0, None, 0)
        assert fresh.incident_id != told.incident_id
    finally:
        await database.dispose()
