"""Alerts that still fire in an incident that people closed: which are repetitions, which open it again or another."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.closing.ports import NotReopenedError, Reopening
from bot.domain.closing import Closing
from bot.state.closings import SqlClosings
from bot.state.database import migrate, open_database
from bot.state.journal import journal
from bot.state.links import SqlLinks
from tests.state.conftest import SetClock
from tests.stories.incident_sample import alert

WINDOW = timedelta(hours=1)


def undated(clock, service="shop", **changes):
    made = alert(service, fingerprint=service, source="generic", labels={"service": service}, starts_at=clock.now())
    return replace(made, **({"dated": False} | changes))


def dated(clock, service="shop", **changes):
    return undated(clock, service, **({"dated": True, "fingerprint": f"{service} dated"} | changes))


async def one(record, sent):
    (taken,) = await record.take([sent])
    return taken


async def closed_while_it_fires(database, record, clock, sent):
    opened = await one(record, sent)
    closed = await SqlClosings(database).close(by_hand(opened.incident_id, 1, clock))
    assert closed.firing == ("shop",)
    return opened.incident_id


def by_hand(id_, opening, clock):
    return Closing(id_, opening, clock.now(), "U1", "by a person")


@pytest.mark.parametrize(
    ("minutes", "effect"),
    [(0, "repeated"), (59, "repeated"), (60, "repeated"), (61, "opened"), (7 * 24 * 60, "opened")],
)
async def test_without_a_start_it_is_the_one_that_was_closed_for_as_long_as_that_may_reopen(
    database, record, clock, minutes, effect
):
    closed = await closed_while_it_fires(database, record, clock, undated(clock))
    clock.pass_(minutes=minutes)
    again = await one(record, undated(clock))

    assert (again.effect, again.incident_id == closed) == (effect, effect == "repeated")
    if effect == "opened":
        assert (await record.incident(again.incident_id)).previous == closed
        assert [i.id for i in await record.unbriefed() if i.status == "open"] == [again.incident_id]
        assert (await one(record, undated(clock))).effect == "repeated"


async def test_without_a_start_it_joins_what_opened_since(database, record, clock):
    await closed_while_it_fires(database, record, clock, undated(clock))
    clock.pass_(hours=2)
    other = await one(record, dated(clock))
    assert (await one(record, undated(clock))).effect == "joined"
    assert [a.fingerprint for a in (await record.incident(other.incident_id)).firing] == ["shop dated", "shop"]


async def test_without_a_start_it_is_a_repetition_where_people_opened_it_again(database, record, clock):
    closed = await closed_while_it_fires(database, record, clock, undated(clock))
    clock.pass_(hours=2)
    await SqlClosings(database).reopen(Reopening(closed, 1, "U1", clock.now(), ""))
    again = await one(record, undated(clock))
    assert (again.effect, again.incident_id, again.opening) == ("repeated", closed, 2)


async def test_its_end_is_heard_however_late_and_ends_the_one_that_people_work_on(database, record, clock):
    closed = await closed_while_it_fires(database, record, clock, undated(clock))
    clock.pass_(hours=2)
    assert (await one(record, undated(clock, status="resolved"))).incident_id == closed
    closed = await closed_while_it_fires(database, record, clock, undated(clock))
    clock.pass_(hours=2)
    opened = (await one(record, undated(clock))).incident_id
    assert (await one(record, undated(clock, status="resolved"))).incident_id == opened
    assert (await record.incident(opened)).status == "resolved"


async def test_with_a_start_it_is_one_alert_for_ever_and_stays_closed(database, record, clock):
    sent = dated(clock)
    closed = await closed_while_it_fires(database, record, clock, sent)
    clock.pass_(days=7)
    again = await one(record, sent)
    assert (again.effect, again.incident_id) == ("repeated", closed)


@pytest.mark.parametrize(("hours", "effect"), [(0.5, "reopened"), (5, "opened")])
async def test_a_sender_that_says_it_fires_again_is_heard_although_its_end_never_came(
    database, record, clock, hours, effect
):
    sent = dated(clock)
    clock.pass_(minutes=10)
    closed = await closed_while_it_fires(database, record, clock, sent)
    before = clock.now() - timedelta(minutes=1)
    assert (await one(record, replace(sent, reopened_at=before))).effect == "repeated"
    clock.pass_(hours=hours)
    again = await one(record, replace(sent, reopened_at=clock.now()))
    assert (again.effect, again.incident_id == closed) == (effect, effect == "reopened")
    assert [a.fingerprint for a in (await record.incident(again.incident_id)).firing] == ["shop dated"]
    assert (await one(record, replace(sent, reopened_at=clock.now()))).effect == "repeated"


@pytest.mark.parametrize("known", ["fires", "ended", "not heard of"])
async def test_an_end_from_before_its_sender_said_reopened_ends_nothing_however_late_it_comes(record, clock, known):
    sent = dated(clock)
    end = replace(sent, status="resolved", ends_at=clock.now() + timedelta(minutes=5))
    again = replace(sent, reopened_at=clock.now() + timedelta(minutes=6))
    for each in {"fires": [sent], "ended": [sent, end], "not heard of": []}[known]:
        await one(record, each)
    clock.pass_(minutes=10)
    opened = (await one(record, again)).incident_id
    assert (await one(record, end)).effect == "repeated"
    assert (await record.incident(opened)).status == "open"

    before = replace(again, reopened_at=again.reopened_at - timedelta(hours=1))
    assert (await one(record, before)).effect == "repeated"
    assert (await one(record, end)).effect == "repeated", "the newest word counts, not the one that came last"
    assert (await one(record, replace(end, ends_at=clock.now()))).effect == "resolved"
    assert (await record.incident(opened)).status == "resolved"


async def test_a_reopening_from_before_a_closing_by_hand_leaves_it_closed_and_its_older_end_too(
    record, database, clock
):
    sent = dated(clock)
    end = replace(sent, status="resolved", ends_at=clock.now() + timedelta(minutes=1))
    clock.pass_(minutes=10)
    closed = await closed_while_it_fires(database, record, clock, sent)
    before = clock.now() - timedelta(minutes=2)
    assert (await one(record, replace(sent, reopened_at=before))).effect == "repeated"
    assert (await one(record, end)).effect == "repeated"
    assert [a.fingerprint for a in (await record.incident(closed)).firing] == ["shop dated"]


async def test_it_ends_and_begins_in_one_delivery(record, clock):
    ended, begun = await record.take([undated(clock, status="resolved"), undated(clock)])
    assert (ended.effect, begun.effect) == ("unmatched", "opened")
    gone, again = await record.take([undated(clock, status="resolved"), undated(clock)])
    assert (gone.effect, again.effect) == ("resolved", "reopened")
    assert [a.fingerprint for a in (await record.incident(again.incident_id)).firing] == ["shop"]


_SERVICES = st.sampled_from(["shop", "bank"])
_DONE = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([1, 45, 90, 3000])),
    st.tuples(st.sampled_from(["undated", "dated", "close"]), _SERVICES),
    st.tuples(st.sampled_from(["repeated", "again", "ended", "ended, dated"]), _SERVICES),
    st.tuples(st.sampled_from(["not reviewed", "reopen", "merge", "split"]), _SERVICES),
)


class Course:
    """What senders and people do to two services, one after another."""

    def __init__(self, database, clock):
        self.database, self.clock = database, clock
        self.record = journal(database, clock, (("service",), ("env",), WINDOW.total_seconds()))
        self.starts = {}
        self.last = {}

    async def do(self, what, of):
        clock, start = self.clock, self.starts.get(of, self.clock.now())
        if what == "wait":
            clock.pass_(minutes=of)
        elif what == "dated":
            self.starts[of] = clock.now()
            await self.sent(dated(clock, of), of)
        elif what in ("undated", "repeated", "again"):
            same = dated(clock, of, starts_at=start, reopened_at=clock.now() if what == "again" else None)
            await self.sent(undated(clock, of) if what == "undated" else same, of)
        elif what.startswith("ended"):
            ends = {"status": "resolved", "ends_at": clock.now()}
            gone = dated(clock, of, starts_at=start, **ends) if "dated" in what else undated(clock, of, **ends)
            await self.record.take([gone])
        elif of in self.last:
            await self.people(what, await self.record.incident(self.last[of]), of)
        clock.pass_(seconds=1)

    async def people(self, what, incident, of):
        closings, links = SqlClosings(self.database), SqlLinks(self.database)
        if what == "close":
            await closings.close(by_hand(incident.id, incident.opening, self.clock))
        elif what == "not reviewed":
            how = replace(by_hand(incident.id, incident.opening, self.clock), how="not reviewed", by="bot")
            await closings.close(how)
        elif what == "reopen":
            try:
                await closings.reopen(Reopening(incident.id, incident.opening, "U1", self.clock.now(), ""))
            except NotReopenedError:
                return
        elif what == "split":
            await links.split(incident.id, "U1")
        elif lead := self.last.get("bank" if of == "shop" else "shop"):
            await links.merge(incident.id, lead, "U1")

    async def sent(self, one, of):
        """Takes it, and looks whether people can find it."""
        (taken,) = await self.record.take([one])
        if taken.incident_id:
            self.last[of] = taken.incident_id
            await self.findable(one, taken)
        else:
            assert (one.dated, taken.effect) == (True, "repeated"), "only what ended before it was heard of is in none"

    async def findable(self, one, taken):
        incident = await self.record.incident(taken.incident_id)
        (its,) = [a for a in incident.alerts if a.fingerprint == one.fingerprint and self.meant(one, a)][-1:]
        if incident.status == "open":
            return
        assert taken.effect == "repeated"
        if one.dated:
            assert its.status == "resolved" or await self.told_as_firing(incident, its)
        else:
            assert its.status == "firing"
            assert self.clock.now() - incident.resolved_at <= WINDOW

    def meant(self, one, recorded):
        return not one.dated or recorded.starts_at == one.starts_at

    async def told_as_firing(self, incident, its):
        """In the message that says it is closed."""
        closing = await SqlClosings(self.database).closing(incident.id, incident.opening)
        return its.name in closing.firing


@given(course=st.lists(_DONE, min_size=10, max_size=30))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_people_do_what_fires_is_found_in_what_is_open_or_was_told_as_it_closed(course, tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('intake') / 'test.sqlite'}"

    async def run():
        migrate(url)
        database = open_database(url)
        try:
            at = Course(database, SetClock())
            for what, of in course:
                await at.do(what, of)
        finally:
            await database.dispose()

    asyncio.run(run())
