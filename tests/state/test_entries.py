"""The record of what was done in an incident: each thing once, in order, given back as it was put in."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.domain.entry import Entry
from bot.domain.incident import Posted, Severity
from bot.ports import JournalDown
from bot.state.database import open_database
from bot.state.entries import SqlEntries
from bot.state.life_tables import told
from integrations.contract import Alert

NOW = datetime(2026, 11, 21, 3, 42, 7, 123456, tzinfo=UTC)
SERVICE = {"service": "a"}


@pytest.fixture
async def incident_id(record):
    (taken,) = await record.take([Alert("alertmanager", "f1", "HighErrorRate", "firing", NOW, labels=SERVICE)])
    return taken.incident_id


def note(incident_id, key="Ev1", **more):
    return Entry(incident_id, key, NOW, "note", "U1", "the pool is full", **more)


async def test_an_entry_is_given_back_as_it_was_put_in(database, incident_id):
    entries = SqlEntries(database)
    put = note(incident_id, value="v", link="https://slack.example.com/p1", due=NOW + timedelta(minutes=30))
    kept = await entries.append(put)
    assert kept == replace(put, number=1)
    assert await entries.of_incident(incident_id) == [kept]
    assert await entries.keyed(incident_id, "Ev1") == kept
    assert await entries.keyed(incident_id, "Ev2") is None
    assert await entries.numbered(incident_id, 1) == kept
    assert await entries.numbered(incident_id, 2) is None


async def test_a_repeated_event_appends_nothing(database, record, incident_id):
    entries = SqlEntries(database)
    first = await entries.append(note(incident_id))
    shown = await record.revision(incident_id)
    assert await entries.append(replace(note(incident_id), text="other words")) is None
    assert await entries.of_incident(incident_id) == [first]
    assert await record.revision(incident_id) == shown, "nothing to be shown anew"


async def test_an_entry_is_a_change_that_people_should_see(database, record, incident_id):
    before = await record.revision(incident_id)
    await SqlEntries(database).append(note(incident_id))
    assert await record.revision(incident_id) > before


async def test_two_replicas_at_once_number_without_gaps_and_keep_each_thing_once(database_url, record, incident_id):
    replicas = [open_database(database_url) for _ in "12"]
    tried = [SqlEntries(one).append(note(incident_id, f"Ev{n}")) for n in range(20) for one in replicas]
    kept = await asyncio.gather(*tried)
    found = await SqlEntries(replicas[0]).of_incident(incident_id)
    for one in replicas:
        await one.dispose()
    assert [entry.number for entry in found] == list(range(1, 21))
    assert {entry.key for entry in found} == {f"Ev{n}" for n in range(20)}
    assert sum(one is not None for one in kept) == 20


async def test_incidents_are_numbered_each_for_itself(database, record, incident_id):
    (other,) = await record.take([Alert("alertmanager", "f2", "Slow", "firing", NOW, labels={"service": "b"})])
    entries = SqlEntries(database)
    kept = [await entries.append(note(one)) for one in (incident_id, other.incident_id)]
    assert [entry.number for entry in kept] == [1, 1]


async def test_what_no_database_takes_is_written_as_it_can_be(database, incident_id):
    kept = await SqlEntries(database).append(replace(note(incident_id), text="half \ud83d and\0zero"))
    assert kept.text == "half ? andzero"
    assert await SqlEntries(database).of_incident(incident_id) == [kept]


async def test_an_incident_that_is_not_there_has_no_record(database, record):
    with pytest.raises(LookupError, match="INC-NONE"):
        await SqlEntries(database).append(note("INC-NONE"))


async def test_a_database_that_is_away_is_said_in_the_word_that_stories_know(tmp_path):
    away = open_database(f"sqlite:///{tmp_path / 'no' / 'where.sqlite'}")
    with pytest.raises(JournalDown, match="DATABASE_URL"):
        await SqlEntries(away).append(note("INC-1"))
    await away.dispose()


async def test_a_persons_severity_outranks_that_of_the_alerts_until_it_is_changed(database, record, incident_id):
    entries = SqlEntries(database)
    assert (await record.incident(incident_id)).severity is Severity.SEV3
    for number, said in enumerate((Severity.SEV4, Severity.SEV1, Severity.SEV2)):
        await entries.append(replace(note(incident_id, f"Ev{number}"), kind="severity", value=said.name))
        await record.take(
            [Alert("alertmanager", f"w{number}", "Worse", "firing", NOW, severity="critical", labels=SERVICE)]
        )
        assert (await record.incident(incident_id)).severity is said
        assert [one.severity for one in await record.open_incidents()] == [said]


async def test_what_was_told_is_not_told_again_and_places_do_not_mind_each_other(database, incident_id):
    entries = SqlEntries(database)
    first = await entries.append(note(incident_id))
    second = await entries.append(replace(note(incident_id, "Ev2"), at=NOW + timedelta(seconds=1)))
    await entries.append(replace(note(incident_id, "Ev3"), kind="lead"))
    assert await entries.untold("channel", ["note"], NOW) == [first, second]
    for _ in "12":
        await entries.keep_told(first, "channel", NOW, "refused")
    assert await entries.untold("channel", ["note"], NOW) == [second]
    assert await entries.untold("pagerduty", ["note"], NOW) == [first, second]
    assert await entries.untold("pagerduty", ["note"], second.at) == [second]


async def test_what_is_untold_of_one_incident_is_asked_for_alone(database, record, incident_id):
    (other,) = await record.take([Alert("alertmanager", "f2", "Slow", "firing", NOW, labels={"service": "b"})])
    entries = SqlEntries(database)
    first, second = [await entries.append(note(one)) for one in (incident_id, other.incident_id)]
    assert await entries.untold("channel", ["note"], NOW, incident_id) == [first]
    await entries.keep_told(first, "channel", NOW)
    assert await entries.untold("channel", ["note"], NOW, incident_id) == []
    assert await entries.untold("channel", ["note"], NOW) == [second]


async def test_that_a_thousand_entries_were_told_long_ago_is_forgotten_and_none_is_told_again(
    database, record, incident_id
):
    entries = SqlEntries(database)
    made = [await entries.append(replace(note(incident_id, f"Ev{number}"), at=NOW)) for number in range(1_000)]
    late = NOW + timedelta(days=40)
    new = await entries.append(replace(note(incident_id, "new"), at=late))
    for entry in made:
        await entries.keep_told(entry, "channel", NOW)
    await entries.keep_told(new, "channel", late)
    await entries.forget_told(late - timedelta(days=30))
    rows = await database.read(lambda connection: connection.scalar(sa.select(sa.func.count()).select_from(told)))
    assert rows == 1
    assert await entries.untold("channel", ["note"], late - timedelta(days=1)) == []


async def test_what_was_made_since_comes_in_order_from_every_incident(database, record, incident_id):
    entries = SqlEntries(database)
    (other,) = await record.take([Alert("alertmanager", "f2", "Slow", "firing", NOW, labels={"service": "b"})])
    moments = [(incident_id, 0), (other.incident_id, 3), (incident_id, 1), (other.incident_id, 2)]
    kept = [
        await entries.append(replace(note(id_, f"Ev{minute}"), at=NOW + timedelta(minutes=minute), kind="changed"))
        for id_, minute in moments
    ]
    await entries.append(replace(note(incident_id), at=NOW + timedelta(minutes=4)))
    found = await entries.made_since(NOW, ("changed", "watched"))
    assert found == sorted(kept[1:], key=lambda entry: entry.at)


async def test_entries_of_open_incidents_come_by_incident(database, record, incident_id):
    (other,) = await record.take([Alert("alertmanager", "f2", "Slow", "firing", NOW, labels={"service": "b"})])
    entries = SqlEntries(database)
    kept = {one: (await entries.append(note(one)),) for one in (incident_id, other.incident_id)}
    assert await entries.of_open() == kept
    over = Alert("alertmanager", "f2", "Slow", "resolved", NOW, ends_at=NOW, labels={"service": "b"})
    await record.take([over])
    assert await entries.of_open() == {incident_id: kept[incident_id]}


async def test_the_incident_is_found_by_its_briefing(database, record, incident_id):
    await record.keep_message(incident_id, Posted("C1", "1.1"))
    entries = SqlEntries(database)
    assert await entries.at_message(Posted("C1", "1.1")) == incident_id
    assert await entries.at_message(Posted("C1", "1.2")) is None
