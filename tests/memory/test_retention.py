"""What is older than it is to be kept goes, with what hangs on it, and the audit says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.domain.briefing import Briefing
from bot.domain.memory import Learnt
from bot.domain.postmortem import Written
from bot.domain.question import Answer, Question
from bot.memory.archive import Archive
from bot.memory.retention import Keeping, forget_old, forget_one
from bot.state.closings import SqlClosings
from bot.state.database import migrate, open_database
from bot.state.entries import SqlEntries
from bot.state.journal import journal
from bot.state.leftovers import SqlLeftovers
from bot.state.memories import SqlMemories, SqlReviews
from bot.state.postmortems import SqlPostmortems
from bot.state.questions import SqlQuestions
from bot.state.runs import SqlRuns
from integrations.contract import Alert
from tests.memory.made import NOW, memory, report

ALERT = Alert("alertmanager", "f", "HighErrorRate", "firing", NOW, labels={"service": "payment"})
YEAR = Keeping.days(365, 365, 365)


class Noted:
    """An audit that is read back at once."""

    def __init__(self):
        self.entries = []

    async def record(self, entry, at):
        self.entries.append(entry)


@pytest.fixture
def archive(database, clock):
    record = journal(database, clock, (("service",), ("env",), 3600))
    memories, reviews = SqlMemories(database), SqlReviews(database)
    return Archive(record, SqlEntries(database), SqlRuns(database), memories, reviews, clock, Noted())


@pytest.fixture
def leftovers(database):
    return SqlLeftovers(database)


@pytest.fixture
async def incident(archive, database, clock):
    """Resolved, looked into, asked about, remembered."""
    (taken,) = await archive.journal.take([ALERT])
    id_, questions = taken.incident_id, SqlQuestions(database)
    await archive.journal.keep_report(id_, 1, report(incident_id=id_))
    await questions.ask(Question("C1/1", id_, "C1", "1", "U1", "why?", clock.now()))
    await questions.keep_answer("C1/1", Answer(Briefing("x", "x"), "x", "evidence"), clock.now())
    await questions.vote("C1/1", "U1", "up", clock.now())
    await archive.journal.take([replace(ALERT, status="resolved", ends_at=clock.now())])
    await archive.memories.keep(memory(id_, opened_at=clock.now()))
    await SqlClosings(database).keep_wrapped(id_, 1)
    return id_


async def stands(archive, leftovers, id_):
    found = {"memories": len(await archive.memories.of_incident(id_)), **await leftovers.of_incident(id_)}
    assert found.pop("postmortems") == 0
    return found


async def test_what_is_older_goes_and_the_rest_stays(archive, leftovers, incident, clock):
    clock.pass_(days=364)
    await forget_old(archive, leftovers, YEAR)
    assert await stands(archive, leftovers, incident) == {"memories": 1, "reports": 1, "transcripts": 1}
    assert archive.audit.entries == []
    clock.pass_(days=2)
    await forget_old(archive, leftovers, YEAR)
    assert await stands(archive, leftovers, incident) == {"memories": 0, "reports": 0, "transcripts": 0}
    assert await archive.memories.thumbs(incident) == (0, 0)


async def test_how_many_liked_it_is_known_for_as_long_as_it_is_remembered(archive, leftovers, incident, clock):
    clock.pass_(days=366)
    assert not (await archive.journal.incident(incident)).looked_into
    await forget_old(archive, leftovers, replace(YEAR, memories=None))
    assert await stands(archive, leftovers, incident) == {"memories": 1, "reports": 0, "transcripts": 0}
    assert await archive.memories.thumbs(incident) == (1, 0)
    assert (await archive.journal.incident(incident)).looked_into
    await forget_old(archive, leftovers, YEAR)
    assert await archive.memories.thumbs(incident) == (0, 0)


async def test_the_audit_says_what_went_once(archive, leftovers, incident, clock):
    clock.pass_(days=366)
    for _ in "12":
        await forget_old(archive, leftovers, YEAR)
    told = [(entry.what, entry.who, {**entry.facts}) for entry in archive.audit.entries]
    assert told == [
        ("memory.forgotten", "bot", {"memories": 1, "older_than_days": 365, "ids": [incident]}),
        ("memory.forgotten", "bot", {"reports": 1, "older_than_days": 365}),
        ("memory.forgotten", "bot", {"transcripts": 1, "older_than_days": 365}),
    ]


async def test_each_has_its_own_time_and_zero_is_for_ever(archive, leftovers, incident, clock):
    clock.pass_(days=4000)
    await forget_old(archive, leftovers, Keeping.days(0, 0, 30))
    assert await stands(archive, leftovers, incident) == {"memories": 1, "reports": 1, "transcripts": 0}


async def test_an_open_incidents_report_is_never_old(archive, leftovers, clock):
    (taken,) = await archive.journal.take([ALERT])
    await archive.journal.keep_report(taken.incident_id, 1, report(incident_id=taken.incident_id))
    clock.pass_(days=4000)
    await forget_old(archive, leftovers, YEAR)
    assert await archive.journal.report(taken.incident_id, 1) is not None
    with pytest.raises(ValueError, match="is open"):
        await forget_one(archive, leftovers, taken.incident_id, "U1")


async def test_nothing_is_forgotten_that_is_about_to_be_learnt(archive, leftovers, database, clock):
    (taken,) = await archive.journal.take([ALERT])
    await archive.journal.keep_report(taken.incident_id, 1, report(incident_id=taken.incident_id))
    await archive.journal.take([replace(ALERT, status="resolved", ends_at=clock.now())])
    with pytest.raises(ValueError, match="not written up yet"):
        await forget_one(archive, leftovers, taken.incident_id, "U1")
    await SqlClosings(database).keep_wrapped(taken.incident_id, 1)
    assert (await forget_one(archive, leftovers, taken.incident_id, "U1"))["reports"] == 1


async def test_one_incident_is_forgotten_on_request_with_all_that_waits(archive, leftovers, incident, database):
    await archive.reviews.wait(Learnt(f"memory:{incident}", "memory", incident, NOW, "", ""))
    await archive.reviews.wait(Learnt(f"cause:{incident}:1", "cause", incident, NOW, "", "a person's words"))
    await archive.reviews.wait(Learnt("note:1", "note", "", NOW, "", "of no incident"))
    await SqlPostmortems(database).write(Written(incident, 1, "# All that happened", NOW))
    gone = {"memories": 1, "reports": 1, "transcripts": 1, "postmortems": 1}
    assert await forget_one(archive, leftovers, incident, "U1") == gone
    assert not any((await stands(archive, leftovers, incident)).values())
    assert [one.id for one in await archive.reviews.queue(9)] == ["note:1"]
    (entry,) = archive.audit.entries
    assert (entry.what, entry.who, entry.incident_id) == ("memory.forgotten", "U1", incident)


async def test_what_nobody_knows_changes_nothing(archive, leftovers):
    await archive.reviews.wait(Learnt("note:1", "note", "", NOW, "", "of no incident"))
    for name in ("INC-NONE", ""):
        assert not any((await forget_one(archive, leftovers, name, "U1")).values())
    await leftovers.remove_of("")
    assert await archive.reviews.count() == 1
    assert archive.audit.entries == []


def test_from_the_command_line_it_is_in_the_chain(database_url):
    import asyncio

    migrate(database_url)

    async def keep():
        database = open_database(database_url)
        await SqlMemories(database).keep(memory())
        await database.dispose()

    asyncio.run(keep())
    env = {"DATABASE_URL": database_url, "AUDIT_KEY": "k" * 32}
    done = CliRunner().invoke(app, ["forget", "INC-892"], env=env)
    assert done.exit_code == 0, done.output
    assert "forgotten: 1 memory, 0 reports, 0 transcripts" in done.output
    shown = CliRunner().invoke(app, ["audit", "show", "--incident", "INC-892"], env=env)
    assert "memory.forgotten" in shown.output
    again = CliRunner().invoke(app, ["forget", "INC-892"], env=env)
    assert again.exit_code == 1 and "nothing is remembered under INC-892" in again.output


def test_days_are_spans():
    assert Keeping.days(1, 0, 2) == Keeping(timedelta(days=1), None, timedelta(days=2))
