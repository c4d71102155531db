"""What is asked again and again is found by an index, however many incidents there were."""

import sqlalchemy as sa

from bot.state.database import sync_url
from bot.state.tables import incidents

MANY = 20_000
NOT_BRIEFED = 7
NOT_SHOWN = 11
NOT_SAID_ANYWHERE = 13
"""Numbers of the incidents of which something is left to do, or seems to be."""


def told_long_ago(number, clock):
    """An incident that is over and of which everything was shown."""
    moment = clock.now()
    row = {"id": f"INC-{number:05}", "service": f"service-{number}", "env": "", "severity": 2, "title": "High errors"}
    row |= {"status": "resolved", "started_at": moment, "opened_at": moment, "resolved_at": moment}
    row |= {"opening": 1, "briefed": 1, "revision": 4, "shown": 4, "message_channel": "C1", "message_ts": "1.0"}
    changed = {
        NOT_BRIEFED: {"briefed": 0},
        NOT_SHOWN: {"shown": 3},
        NOT_SAID_ANYWHERE: {"shown": 0, "message_ts": None},
    }
    return row | changed.get(number, {})


async def seed(database, clock):
    rows = [told_long_ago(number, clock) for number in range(MANY)]
    await database.write(lambda connection: connection.execute(incidents.insert(), rows).close())


async def plan_of(ask, database_url):
    """How the database finds what `ask` asks it for."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        found = await ask()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    (question,) = [one for one in asked if "FROM incidents" in one[0]]
    engine = sa.create_engine(sync_url(database_url))
    how = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
        rows = connection.exec_driver_sql(how + question[0], question[1]).all()
    engine.dispose()
    return found, "\n".join(str(row[-1]) for row in rows)


async def test_what_is_not_shown_yet_is_found_by_its_index(record, database, database_url, clock):
    await seed(database, clock)
    found, plan = await plan_of(record.stale, database_url)
    assert found == (f"INC-{NOT_SHOWN:05}",)
    assert "stale_incidents" in plan, plan


async def test_what_is_not_told_to_its_end_is_found_by_its_index(record, database, database_url, clock):
    await seed(database, clock)
    found, plan = await plan_of(record.unbriefed, database_url)
    assert [one.id for one in found] == [f"INC-{NOT_BRIEFED:05}"]
    assert "unbriefed_incidents" in plan, plan
