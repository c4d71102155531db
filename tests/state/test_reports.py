"""Of two reports on one look the whole one stays, whichever is written last, and neither fails for the other's sake."""

import asyncio
import threading
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.desk import Telling
from bot.look import into
from bot.state.database import sync_url
from bot.state.tables import incidents
from tests.stories.incident_sample import NO_CAUSE, REPORT, alert
from tests.stories.world import FakeSlack, Source, desk_with, eventually, fire, stopped


@asynccontextmanager
async def changed_by_another(url, incident_id):
    """Another replica is about to change the incident: its transaction has the row, until the block is over."""
    engine = sa.create_engine(sync_url(url))
    locked, over = threading.Event(), threading.Event()

    def hold():
        with engine.begin() as connection:
            here = incidents.update().where(incidents.c.id == incident_id)
            connection.execute(here.values(revision=incidents.c.revision + 1))
            locked.set()
            over.wait(20)

    async def wait():
        asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        with engine.connect() as connection:
            return int(connection.exec_driver_sql(asked).scalar())

    holding = asyncio.create_task(asyncio.to_thread(hold))
    await asyncio.to_thread(locked.wait, 10)
    try:
        yield wait
    finally:
        over.set()
        await holding
        engine.dispose()


async def many(wait, number):
    return await wait() == number


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_the_whole_report_is_kept_while_the_first_impression_of_it_is_still_being_written(database_url, record):
    (taken,) = await record.take([alert()])
    of_it = (taken.incident_id, taken.opening)
    async with changed_by_another(database_url, taken.incident_id) as wait:
        early = asyncio.create_task(record.keep_report(*of_it, NO_CAUSE, first=True))
        await eventually(lambda: many(wait, 1))
        await stopped(early)  # as a look does once it has its answer; what the database was told goes on
        whole = asyncio.create_task(record.keep_report(*of_it, REPORT))
        await eventually(lambda: many(wait, 2))
    await whole
    assert await record.report(*of_it) == REPORT


async def test_a_first_impression_replaces_nothing(record):
    (taken,) = await record.take([alert()])
    of_it = (taken.incident_id, taken.opening)
    await record.keep_report(*of_it, NO_CAUSE, first=True)
    assert await record.report(*of_it) == NO_CAUSE
    await record.keep_report(*of_it, REPORT)
    revision = await record.revision(taken.incident_id)
    await record.keep_report(*of_it, NO_CAUSE, first=True)
    assert await record.report(*of_it) == REPORT
    assert await record.revision(taken.incident_id) == revision, "nothing new to show"
    await record.keep_report(*of_it, NO_CAUSE)
    assert await record.report(*of_it) == NO_CAUSE


class Overtaken:
    """A look whose first impression comes to the database after the whole report."""

    def __init__(self, looking):
        self._looking = looking
        self.sources = looking.sources

    async def look(self, scope, first_impression):
        self.first_impression = first_impression

        async def later(_report): ...

        return await self._looking.look(scope, later)


async def test_what_a_look_thought_first_does_not_stand_in_for_what_it_found(tmp_path):
    async with desk_with(tmp_path, FakeSlack(), Source()) as desk:
        taken = await fire(desk)
        desk = replace(desk, looking=Overtaken(desk.looking))
        await into(Telling(desk, taken.incident_id, taken.opening, may_stand=lambda: False))
        found = await desk.journal.report(taken.incident_id, taken.opening)
        await desk.looking.first_impression(NO_CAUSE)
        assert await desk.journal.report(taken.incident_id, taken.opening) == found != NO_CAUSE
