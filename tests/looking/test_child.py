"""One life of the process that looks: nobody waits for what has ended."""

import asyncio

import pytest

from bot.looking.child import Child, Gone
from bot.looking.messages import LookInto
from tests.stories.incident_sample import SCOPE

ENDS_AT_ONCE = ("/bin/sh", "-c", "exit 0")


@pytest.mark.parametrize("begun", [True, False], ids=["before the end is told", "in the very turn in which it is told"])
async def test_who_asks_when_it_has_ended_is_sent_away(begun):
    child = await Child.started(ENDS_AT_ONCE)
    await child.over()
    asking = asyncio.create_task(child.ask(LookInto(SCOPE), lambda _report: None))
    if begun:
        await asyncio.sleep(0)
    child.tell_the_end()
    with pytest.raises(Gone):
        async with asyncio.timeout(10):
            await asking
