"""Deliveries that come at once share a transaction, and nobody can tell: not by an answer, not by the record."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.ports import JournalDown
from bot.state.database import migrate, open_database
from bot.state.down import is_away
from bot.state.journal import journal
from bot.state.turns import MOST
from integrations.contract import Alert

START = datetime(2026, 11, 21, 3, 40, tzinfo=UTC)
LIMIT_S = 20
"""Far below what a database that is away would take if each were told by itself."""


def alert(fingerprint="f1", *, service="checkout", status="firing", starts_at=START, **more):
    labels = {"service": service, "env": "production"}
    return Alert("alertmanager", fingerprint, "HighErrorRate", status, starts_at, labels=labels, **more)


REFUSED = {
    "without a name, which the table refuses": (lambda: replace(alert("bad", service="new"), name=None), JournalDown),
    "at a time without a zone, which has no place in it": (
        lambda: alert("bad", starts_at=datetime(2026, 11, 21)),  # noqa: DTZ001
        Exception,
    ),
}


async def test_two_hundred_at_once_are_each_taken_once(record):
    sent = [alert(f"f{n % 180}", service=f"s{n % 7}") for n in range(200)]
    taken = await asyncio.gather(*(record.take([one]) for one in sent))

    effects = [one.effect for (one,) in taken]
    found = await record.open_incidents()
    assert sorted((a.fingerprint, i.service) for i in found for a in i.alerts) == sorted(
        {(one.fingerprint, one.labels["service"]) for one in sent[:180]}
    )
    assert (effects.count("opened"), effects.count("joined"), effects.count("repeated")) == (7, 173, 20)
    assert effects[180:] == ["repeated"] * 20, "in the order in which they came"
    services = {i.id: i.service for i in found}
    for n, (one,) in enumerate(taken[:180]):
        assert services[one.incident_id] == sent[n].labels["service"], "each its own answer"


async def test_a_delivery_larger_than_a_transaction_is_taken_whole(record):
    large = [alert(f"l{n}") for n in range(MOST + 20)]
    first, taken, last = await asyncio.gather(
        record.take([alert("f1")]), record.take(large), record.take([alert("f2")])
    )

    assert [len(first), len(taken), len(last)] == [1, MOST + 20, 1]
    (incident,) = await record.open_incidents()
    assert [a.fingerprint for a in incident.alerts] == ["f1", *(one.fingerprint for one in large), "f2"]


@pytest.mark.parametrize("reason", REFUSED)
async def test_one_that_cannot_be_stored_fails_alone(record, reason):
    bad, refusal = REFUSED[reason]
    good = [alert(f"f{n}") for n in range(12)]
    sent = [*good[:6], bad(), *good[6:]]
    said = await asyncio.gather(*(record.take([one]) for one in sent), return_exceptions=True)

    assert isinstance(said.pop(6), refusal)
    assert [one.effect for (one,) in said] == ["opened", *["joined"] * 11]
    (incident,) = await record.open_incidents()
    assert [a.fingerprint for a in incident.alerts] == [one.fingerprint for one in good]


class HeldClock:
    """Asked in the middle of a transaction, which it holds up until it is let go."""

    def __init__(self, moment):
        self.asked, self.let_go, self._moment = threading.Event(), threading.Event(), moment

    def now(self):
        self.asked.set()
        self.let_go.wait(LIMIT_S)
        return self._moment


async def test_who_goes_before_or_within_a_transaction_harms_nobody(database, clock):
    held = HeldClock(clock.now())
    record = journal(database, held, (("service",), ("env",), 3600))
    within = [asyncio.ensure_future(record.take([alert(f"in{n}")])) for n in range(3)]
    await asyncio.to_thread(held.asked.wait, LIMIT_S)
    waiting = [asyncio.ensure_future(record.take([alert(f"f{n}")])) for n in range(10)]
    await asyncio.sleep(0)  # they have asked
    for gone in (within[0], within[2], waiting[0], waiting[7]):
        gone.cancel()
    held.let_go.set()
    said = await asyncio.gather(*within, *waiting, return_exceptions=True)

    assert [n for n, one in enumerate(said) if isinstance(one, asyncio.CancelledError)] == [0, 2, 3, 10]
    (incident,) = await record.open_incidents()
    begun, stayed = ["in0", "in1", "in2"], [f"f{n}" for n in range(10) if n not in (0, 7)]
    assert [a.fingerprint for a in incident.alerts] == begun + stayed


async def test_a_database_that_is_away_is_so_for_everyone_who_waits(clock):
    asked = 0

    async def listen(_reader, writer):
        nonlocal asked
        asked += 1
        await gone.wait()
        writer.close()

    gone = asyncio.Event()
    silent = await asyncio.start_server(listen, "127.0.0.1", 0)
    host, port = silent.sockets[0].getsockname()
    database = open_database(f"postgresql://bot:secret@{host}:{port}/bot")
    record = journal(database, clock, (("service",), ("env",), 3600))

    async with asyncio.timeout(LIMIT_S):
        said = await asyncio.gather(*(record.take([alert(f"f{n}")]) for n in range(40)), return_exceptions=True)
    assert {type(one) for one in said} == {JournalDown}
    assert asked < 5

    gone.set()
    silent.close()
    await silent.wait_closed()
    await database.dispose()


async def test_after_an_outage_the_next_are_taken(tmp_path, clock):
    url = f"sqlite:///{tmp_path / 'later' / 'test.sqlite'}"
    database = open_database(url)
    record = journal(database, clock, (("service",), ("env",), 3600))
    said = await asyncio.gather(*(record.take([alert(f"f{n}")]) for n in range(5)), return_exceptions=True)
    assert {type(one) for one in said} == {JournalDown}
    assert all(is_away(one) for one in said)

    (tmp_path / "later").mkdir()
    migrate(url)
    taken = await asyncio.gather(*(record.take([alert(f"f{n}")]) for n in range(5)))
    assert [one.effect for (one,) in taken] == ["opened", *["joined"] * 4]
    await database.dispose()


_ONE = st.builds(
    lambda f, service, hour, status, reopened: alert(
        f + service,
        service=service,
        status=status,
        starts_at=START + timedelta(hours=hour),
        reopened_at=START + timedelta(days=1) if reopened else None,
    ),
    st.sampled_from("abc"),
    st.sampled_from("xy"),
    st.integers(0, 1),
    st.sampled_from(["firing", "firing", "resolved"]),
    st.booleans(),
)
_BURSTS = st.lists(
    st.tuples(st.integers(0, 90), st.lists(st.lists(_ONE, min_size=1, max_size=3), max_size=8)), max_size=4
)


@given(bursts=_BURSTS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_at_once_does_what_one_after_another_does(bursts, tmp_path_factory, clock):
    begun = clock.now()

    async def after_another(record, deliveries):
        return [await record.take(one) for one in deliveries]

    async def at_once(record, deliveries):
        return await asyncio.gather(*(record.take(one) for one in deliveries))

    async def outcome(how):
        url = f"sqlite:///{tmp_path_factory.mktemp('turns') / 'test.sqlite'}"
        migrate(url)
        database = open_database(url)
        record, clock.moment, told = journal(database, clock, (("service",), ("env",), 3600)), begun, []
        for minutes, deliveries in bursts:
            clock.pass_(minutes=minutes)
            told.append(list(await how(record, deliveries)))
        seen = {one.incident_id for burst in told for taken in burst for one in taken if one.incident_id}
        incidents = [(await record.incident(one), await record.revision(one)) for one in sorted(seen)]
        await database.dispose()
        return told, incidents

    assert asyncio.run(outcome(at_once)) == asyncio.run(outcome(after_another))
