"""`/incident-action budget`: what was spent of which limit, here and by whom, for members."""

from dataclasses import replace

import pytest

from bot.domain.money import Account, Money
from bot.domain.plain import as_text
from bot.questions.budget import Limits
from bot.state.database import open_database
from bot.state.purse import SqlPurse
from tests.stories.workshop_world import DANA, ERIN, GUEST, town_with

LIMITS = Limits(*[Money.dollars(5)] * 3, day=Money.dollars(25), month=Money.dollars(300))


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        yield one


@pytest.fixture
async def purse(town, tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
    purse = SqlPurse(database, town.clock, LIMITS)
    here = Account("answer", town.incident_id, DANA, "A1")
    await purse.reserve(here, "claude", Money.dollars("0.25"))
    await purse.reserve(replace(here, person=ERIN), "claude", Money.dollars("0.15"))
    await purse.reserve(replace(here, incident_id="INC-2"), "claude", Money.dollars("1.00"))
    yield purse
    await database.dispose()


async def said(town, purse, user=DANA, channel=None):
    town.purse = purse
    return as_text(await town.say("budget", user, channel))


async def test_it_tells_of_this_incident_of_who_asks_and_of_everyone(town, purse):
    lines = (await said(town, purse)).splitlines()
    assert [line for line in lines if " of $" in line] == [
        "This incident $0.40 of $5.00",
        "You today $1.25 of $5.00 · until 00:00 UTC",
        "Everyone today $1.40 of $25.00 · until 00:00 UTC",
        "Everyone this month $1.40 of $300.00 · until 1 Dec 00:00 UTC",
    ]
    assert "You today $0.15" in await said(town, purse, ERIN)


async def test_outside_an_incident_there_is_no_line_for_one(town, purse):
    told = await said(town, purse, channel="C0RANDOM")
    assert "incident $" not in told
    assert "Everyone today $1.40 of $25.00" in told


async def test_guests_are_not_told(town, purse):
    told = await said(town, purse, GUEST)
    assert "guests cannot" in told
    assert "$" not in told


async def test_without_a_key_there_is_nothing_to_spend(town):
    assert (await said(town, None)).startswith("No model key is set")


async def test_a_database_that_is_away_is_said(town, tmp_path):
    away = open_database(f"sqlite:///{tmp_path / 'no' / 'such.sqlite'}")
    assert "database does not answer" in await said(town, SqlPurse(away, town.clock, LIMITS))
    await away.dispose()
