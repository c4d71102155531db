"""Which replica had the last word: each hears of the others, and what is forgotten is nobody's."""

from datetime import timedelta

import pytest

from bot.house.open_replica import open_replica
from bot.measures import Measures
from bot.settings import Settings
from bot.state.claims import Claims
from bot.state.last_word import SqlLastWord

WHAT = "C1:1.0"


@pytest.fixture
def here(database):
    return SqlLastWord(database, "here")


@pytest.fixture
def there(database):
    return SqlLastWord(database, "there")


async def test_the_last_word_is_kept_until_another_has_it(here, there):
    await here.first(WHAT)
    assert await here.again(WHAT)
    assert not await there.again(WHAT)
    assert await there.again(WHAT)
    assert not await here.again(WHAT)


async def test_what_another_changed_before_it_was_noted_is_not_taken_from_it(here, there):
    assert not await there.again(WHAT)
    await here.first(WHAT)
    assert await there.again(WHAT)


async def test_of_one_message_nothing_follows_for_another(here, there):
    await here.first(WHAT)
    await there.again("C1:2.0")
    assert await here.again(WHAT)


async def test_what_is_forgotten_is_nobodys(here, database):
    await here.first(WHAT)
    await Claims(database, "E1").forget(timedelta())
    assert not await here.again(WHAT)


async def test_where_there_is_one_process_nothing_is_noted(database):
    async with open_replica(Settings(_env_file=None), database, Measures()) as replica:
        assert (replica.last_word is not None) == database.shared
