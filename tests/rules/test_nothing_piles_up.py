"""A process that has seen a thousand incidents go by holds no more of them than of a few."""

import asyncio
import gc

from bot.slack.newest import MOST, Newest
from bot.turns import Turns

MANY = 1_000


async def test_turns_that_nobody_holds_are_gone():
    turns = Turns()

    async def one(name):
        async with turns[name]:
            await asyncio.sleep(0)

    await asyncio.gather(*(one(f"INC-{number}") for number in range(MANY) for _ in "12"))
    assert not turns["INC-1"].locked()
    gc.collect()
    assert len(turns) == 0


async def test_of_one_name_there_is_one_turn_also_for_those_who_wait():
    turns, order = Turns(), []

    async def one(number):
        async with turns["INC-1"]:
            order.append(f"{number} begins")
            gc.collect()
            assert turns["INC-1"].locked()
            await asyncio.sleep(0)
            order.append(f"{number} ends")

    await asyncio.gather(*map(one, range(3)))
    assert order == [f"{number} {what}" for number in range(3) for what in ("begins", "ends")]


def test_of_what_was_heard_the_newest_is_known():
    heard = Newest()
    for number in range(MANY):
        heard.put(f"C{number}", str(number))
    assert len(heard) == MOST
    assert (heard.get(f"C{MANY - MOST - 1}"), heard.get(f"C{MANY - MOST}")) == (None, str(MANY - MOST))
    heard.put(f"C{MANY - MOST}", "again")
    heard.put("C-new", "one more")
    assert heard.get(f"C{MANY - MOST}") == "again"
    heard.forget("C-new")
    assert len(heard) == MOST - 1
