"""The kill switch: on for everybody at once, for the first reason given, until somebody lifts it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.approval import Stop
from bot.ports import JournalDown
from bot.state.database import open_database
from bot.state.switch import SqlSwitch

NOW = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)
FIRST = Stop("U1", "it deletes the wrong rows", NOW)


async def test_it_is_off_until_somebody_stops_and_off_again_when_lifted(database):
    switch = SqlSwitch(database)
    assert await switch.state() is None
    assert await switch.lift() is None

    assert await switch.stop(FIRST) is True
    assert await switch.state() == FIRST
    assert await switch.lift() == FIRST
    assert await switch.state() is None


async def test_the_first_reason_stands(database):
    switch = SqlSwitch(database)
    await switch.stop(FIRST)

    assert await switch.stop(Stop("U2", "me too", NOW + timedelta(seconds=1))) is False
    assert await switch.state() == FIRST


async def test_every_process_sees_it_and_it_outlives_them(database, database_url):
    elsewhere = open_database(database_url)
    await SqlSwitch(database).stop(FIRST)
    assert await SqlSwitch(elsewhere).state() == FIRST
    await elsewhere.dispose()

    later = open_database(database_url)
    assert await SqlSwitch(later).lift() == FIRST
    assert await SqlSwitch(database).state() is None
    await later.dispose()


async def test_of_many_at_once_one_stops_and_one_lifts(database, database_url):
    other = open_database(database_url)
    switches = [SqlSwitch(database), SqlSwitch(other)] * 10
    stops = [Stop(f"U{n}", "stop", NOW) for n in range(20)]

    stopped = await asyncio.gather(*(switch.stop(stop) for switch, stop in zip(switches, stops, strict=True)))
    assert stopped.count(True) == 1
    assert await switches[0].state() == stops[stopped.index(True)]

    lifted = await asyncio.gather(*(switch.lift() for switch in switches))
    assert [stop for stop in lifted if stop] == [stops[stopped.index(True)]]
    await other.dispose()


@pytest.mark.parametrize("reason", ["", "\x00", "a\ud800b", "🛑 «stop»\n`now`", "x" * 100_000])
async def test_a_stop_is_never_refused_for_its_words(database, reason):
    switch = SqlSwitch(database)
    assert await switch.stop(Stop("U1", reason, NOW)) is True
    state = await switch.state()
    assert state.reason == reason.replace("\ud800", "?")


async def test_a_database_that_is_away_is_not_a_switch_that_is_off(tmp_path):
    nowhere = open_database(f"sqlite:///{tmp_path / 'no' / 'such.sqlite'}")
    switch = SqlSwitch(nowhere)
    with pytest.raises(JournalDown, match="DATABASE_URL"):
        await switch.state()
    with pytest.raises(JournalDown):
        await switch.stop(FIRST)
    with pytest.raises(JournalDown):
        await switch.lift()
    await nowhere.dispose()
