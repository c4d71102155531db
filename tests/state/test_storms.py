"""A storm on record: it begins with the one incident too many, once, and keeps what came in it."""

import asyncio
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.closing.ports import Reopening
from bot.domain.analysis import NOTHING_KNOWN
from bot.domain.context import Context, Report
from bot.domain.entry import Entry
from bot.domain.incident import Channel, Posted, Severity
from bot.domain.storm import CALM
from bot.state.closings import SqlClosings
from bot.state.database import migrate, open_database
from bot.state.entries import SqlEntries
from bot.state.journal import journal
from bot.state.storms import SqlStorms
from bot.state.weeks import SqlWeeks
from integrations.contract import Alert, Scope, Window
from tests.state.conftest import SetClock

BY = (("service",), ("env",), 3600)
SCOPE = Scope("INC", "", (), {}, Window(datetime(2026, 11, 21, 3, tzinfo=UTC), datetime(2026, 11, 21, 4, tzinfo=UTC)))
NOTHING = Report(Context(SCOPE), NOTHING_KNOWN)
BEGAN = datetime(2026, 11, 21, 3, 40, tzinfo=UTC)


def alert(service, **changes):
    made = Alert("alertmanager", f"f-{service}", "Down", "firing", BEGAN, labels={"service": f"s-{service}"})
    return replace(made, **changes)


@pytest.fixture
async def stormy(database, clock):
    """A journal with a threshold of three, and its record of storms."""
    return journal(database, clock, BY, storm_threshold=3), SqlStorms(database, clock, 3)


async def come(record, numbers):
    """Each a new incident; their ids."""
    return [(await record.take([alert(number)]))[0].incident_id for number in numbers]


async def test_the_one_too_many_begins_it_and_those_of_the_minute_before_belong_to_it(stormy, clock):
    record, storms = stormy
    (early,) = await come(record, [0])
    clock.pass_(seconds=61)
    before = await come(record, [1, 2, 3])
    assert await storms.to_show() == ()
    clock.pass_(seconds=59)
    began = await come(record, [4])
    later = await come(record, [5])

    (storm,) = await storms.to_show()
    assert [row.incident_id for row in await storms.rows(storm.id)] == sorted(before) + began + later
    assert storm.began_at == clock.now() - timedelta(seconds=59)
    assert (await record.incident(early)).storm is None
    assert (await record.incident(began[0])).storm == storm.id


async def test_alerts_that_join_open_nothing_and_so_make_no_storm(stormy):
    record, storms = stormy
    for number in range(20):
        await record.take([alert(number % 3, fingerprint=f"f{number}")])
    assert await storms.to_show() == ()


async def test_two_replicas_that_take_alerts_side_by_side_begin_one(stormy, database, clock):
    record, storms = stormy
    other = journal(database, clock, BY, storm_threshold=3)
    await asyncio.gather(*(one.take([alert(n)]) for n, one in enumerate([record, other] * 10)))

    (storm,) = await storms.to_show()
    assert len(await storms.rows(storm.id)) == 20


async def test_once_it_is_over_what_comes_belongs_to_none_and_another_can_begin(stormy, clock):
    record, storms = stormy
    await come(record, range(5))
    (first,) = await storms.to_show()
    assert not await storms.is_over()
    clock.pass_(minutes=CALM.total_seconds() / 60 + 1)
    assert await storms.is_over()
    await storms.keep_over(first.id)
    (alone,) = await come(record, [10])
    assert (await record.incident(alone)).storm is None
    await come(record, range(20, 25))

    shown = [storm.id for storm in await storms.to_show()]
    assert len(shown) == 2
    assert shown[0] == first.id


async def test_what_fires_again_comes_in_the_storm_that_is_on_then(stormy, clock):
    record, storms = stormy
    (old,) = await come(record, [99])
    await record.take([alert(99, status="resolved", ends_at=clock.now())])
    clock.pass_(minutes=2)
    await come(record, range(5))
    (storm,) = await storms.to_show()
    clock.pass_(seconds=1)
    await record.take([alert(99, starts_at=clock.now())])
    assert (await record.incident(old)).storm == storm.id
    await storms.keep_over(storm.id)
    await record.take([alert(99, starts_at=clock.now(), status="resolved", ends_at=clock.now())])
    clock.pass_(minutes=2)
    await record.take([alert(99, starts_at=clock.now())])

    assert (await record.incident(old)).storm is None


async def test_a_row_tells_how_far_the_bot_is(stormy, clock):
    record, storms = stormy
    waiting, looking, looked, unseen, seen, before = await come(record, range(6))
    await record.take([alert(1, fingerprint="second"), alert(1, fingerprint="third", status="firing")])
    await record.take([alert(1, fingerprint="third", status="resolved", ends_at=clock.now())])
    for one in (looking, looked, seen):
        await storms.keep_looking(one, 1)
    await record.keep_briefed(looked, 1)
    await record.keep_channel(looked, Channel("C1", "inc-s-2"))
    await record.keep_report(before, 1, NOTHING)
    for number in (3, 4, 5):
        await record.take([alert(number, status="resolved", ends_at=clock.now())])

    (storm,) = await storms.to_show()
    rows = {row.incident_id: row for row in await storms.rows(storm.id)}
    assert {name: rows[name].state for name in rows} == {
        waiting: "waiting",
        looking: "looking",
        looked: "looked",
        unseen: "resolved unseen",
        seen: "resolved",
        before: "resolved",
    }
    assert (rows[looking].alerts, rows[looking].firing) == (3, 2)
    assert rows[looked].channel_id == "C1"


async def test_a_severity_that_people_set_outranks_what_alerts_say_in_the_row_and_in_what_is_shown_next(
    stormy, database, clock
):
    record, storms = stormy
    first, worse, harmless, last = await come(record, range(4))
    for number, (one, value) in enumerate([(worse, "SEV4"), (harmless, "SEV4"), (worse, "SEV1")]):
        await SqlEntries(database).append(Entry(one, f"severity:{number}", clock.now(), "severity", "U1", value=value))
    await record.take([alert(2, fingerprint="second", severity="critical")])
    for one in (first, worse, harmless, last):
        await record.keep_message(one, Posted("C1", "1.0"))
        await record.keep_briefed(one, 1)

    (storm,) = await storms.to_show()
    severities = {row.incident_id: row.severity for row in await storms.rows(storm.id)}
    assert severities == {first: Severity.SEV3, worse: Severity.SEV1, harmless: Severity.SEV4, last: Severity.SEV3}
    assert severities == {one: (await record.incident(one)).severity for one in severities}
    stale = await record.stale()
    assert (stale[0], stale[-1]) == (worse, harmless)


async def test_a_row_that_was_shown_was_said_and_by_its_present_opening_only(stormy, database, clock):
    record, storms = stormy
    shown, again, _ = await come(record, range(4)), (await come(record, [9]))[0], await come(record, [8])
    (storm,) = await storms.to_show()
    rows = await storms.rows(storm.id)
    assert not any(row.said for row in rows)
    await record.take([alert(9, status="resolved", ends_at=clock.now())])
    clock.pass_(seconds=2)
    await record.take([alert(9, starts_at=clock.now())])
    first = clock.now()
    await storms.keep_said([row for row in rows if row.incident_id in (*shown, again)], first)
    clock.pass_(minutes=2)
    await storms.keep_said(rows, clock.now())
    await record.keep_message(shown[0], Posted("C1", f"{clock.now().timestamp():.6f}"))

    unsaid = {row.incident_id for row in await storms.rows(storm.id) if not row.said}
    assert unsaid == {again}
    week = await SqlWeeks(database).week(BEGAN, clock.now())
    said = {course.id: course.said_at for course in week.courses}
    assert {said[one] for one in shown} == {first}


@pytest.mark.parametrize("how", ["by an alert", "by a person"])
async def test_what_is_opened_again_is_not_said_yet(stormy, database, clock, how):
    record, storms = stormy
    one, *_ = await come(record, range(5))
    await record.keep_message(one, Posted("C1", f"{clock.now().timestamp():.6f}"))
    await record.take([alert(0, status="resolved", ends_at=clock.now())])
    (storm,) = await storms.to_show()
    assert [row.said for row in await storms.rows(storm.id) if row.incident_id == one] == [True]
    clock.pass_(seconds=2)
    if how == "by an alert":
        await record.take([alert(0, starts_at=clock.now())])
    else:
        await SqlClosings(database).reopen(Reopening(one, 1, "U1", clock.now()))
    assert [row.said for row in await storms.rows(storm.id) if row.incident_id == one] == [False]


async def test_it_is_shown_until_a_while_after_its_last_incident_is_resolved(stormy, clock):
    record, storms = stormy
    await come(record, range(5))
    (storm,) = await storms.to_show()
    await storms.keep_channel(storm.id, Channel("C9", "inc-storm"))
    await storms.keep_table(storm.id, Posted("C9", "1.0"))
    await storms.keep_over(storm.id)
    (shown,) = await storms.to_show()
    assert (shown.channel, shown.message, shown.ended_at) == (
        Channel("C9", "inc-storm"),
        Posted("C9", "1.0"),
        clock.now(),
    )
    await record.take([alert(n, status="resolved", ends_at=clock.now()) for n in range(5)])
    assert len(await storms.to_show()) == 1
    clock.pass_(minutes=11)

    assert await storms.to_show() == ()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(1, 4))
def test_it_begins_exactly_with_the_first_that_is_more_than_the_threshold_in_a_sliding_minute(pauses, threshold):
    clock, moments = SetClock(), []
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'test.sqlite'}"
        migrate(url)

        async def act():
            database = open_database(url)
            record, storms = journal(database, clock, BY, storm_threshold=threshold), SqlStorms(database, clock, 0)
            for number, pause in enumerate(pauses):
                clock.pass_(seconds=pause)
                moments.append(clock.now())
                await record.take([alert(number)])
                lately = [at for at in moments if at > clock.now() - timedelta(seconds=60)]
                began = bool(await storms.to_show())
                if began or len(lately) > threshold:
                    assert began and len(lately) > threshold
                    break
            await database.dispose()

        asyncio.run(act())
