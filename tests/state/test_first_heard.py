"""Who was the first to hear a message: one of many, the same one each time."""

import asyncio

from bot.house.open_replica import open_replica
from bot.measures import Measures
from bot.settings import Settings
from bot.state.first_heard import FirstHeard

MESSAGE = "C1:1.0"


async def test_of_many_one_is_the_first_and_stays_it(database):
    replicas = [FirstHeard(database, str(number)) for number in range(4)]
    heard = await asyncio.gather(*(one.first(MESSAGE) for one in replicas))
    assert sum(heard) == 1
    assert [await one.first(MESSAGE) for one in replicas] == heard
    assert await replicas[-1].first("C1:2.0")


async def test_it_is_not_let_go_of_with_what_a_replica_only_held_for_a_while(database):
    async with open_replica(Settings(_env_file=None), database, Measures()) as replica:
        assert await replica.first(MESSAGE)
        await replica.claims.let_go()
        assert await FirstHeard(database, "another").first(MESSAGE) is not database.shared
