"""Before the first question each source is asked once whether it is there, whatever one of them does."""

import gc

import pytest

from bot.gather import Gathering, Limits
from bot.looking.answering import warm_up
from integrations.contract import Ready, Unreachable


class Room:
    tools = ()

    def __init__(self, name, fails=None):
        self.name, self._fails, self.asked = name, fails, 0

    async def ready(self):
        self.asked += 1
        if self._fails:
            raise self._fails
        return Ready("there")


class Here:
    recalled = False

    async def recall(self):
        self.recalled = True


@pytest.fixture(autouse=True)
def thawed():
    yield
    gc.unfreeze()


@pytest.mark.parametrize("fails", [RuntimeError("redirected"), Unreachable("github", "no connection", "look")])
async def test_what_one_source_fails_with_keeps_none_of_the_others_cold(fails):
    rooms = [Room("prometheus"), Room("github", fails), Room("pagerduty")]
    here = Here()
    await warm_up(Gathering(rooms, (), Limits()), here)
    assert [room.asked for room in rooms] == [1, 1, 1]
    assert here.recalled
