"""What has different names is done side by side: which goes next, and what of it is left."""

import asyncio
from contextlib import asynccontextmanager

from bot.side_by_side import TURNS, SideBySide


class Work:
    """Each name takes as long as the test says; what was begun, in order."""

    def __init__(self, group, at_once, *, done=True):
        self.begun, self.again = [], asyncio.Event()
        self._may = {}
        self._done = done
        self.doing = SideBySide(group, at_once, self._act, again=self.again)

    async def _act(self, name):
        self.begun.append(name)
        await self._may.setdefault(name, asyncio.Event()).wait()
        if isinstance(self._done, Exception):
            raise self._done
        return self._done

    async def wants(self, *names):
        self.doing.go_on(names)
        await _settled()

    async def ends(self, name):
        self._may.pop(name).set()
        await _settled()


async def _settled():
    for _ in range(10):
        await asyncio.sleep(0)


@asynccontextmanager
async def working(at_once, **how):
    """Whatever the test leaves is cancelled, as when the process ends."""
    async with asyncio.TaskGroup() as group:
        others = asyncio.all_tasks()
        yield Work(group, at_once, **how)
        for task in asyncio.all_tasks() - others:
            task.cancel()


async def test_one_that_takes_long_holds_up_no_other_and_is_not_begun_twice():
    async with working(2) as work:
        await work.wants("slow")
        for number in range(3):
            await work.wants("slow", f"new-{number}")
            await work.ends(f"new-{number}")
        assert work.begun == ["slow", "new-0", "new-1", "new-2"]


async def test_no_more_at_once_than_it_may_and_what_matters_most_by_now_goes_next():
    async with working(2) as work:
        await work.wants("a", "b", "c")
        assert work.begun == ["a", "b"]
        await work.wants("urgent", "a", "b", "c")
        assert work.begun == ["a", "b"]
        await work.ends("b")
        assert work.begun == ["a", "b", "urgent"]
        await work.ends("a")
        assert work.begun == ["a", "b", "urgent", "c"]


async def test_what_matters_least_waits_and_not_for_ever():
    async with working(1) as work:
        await work.wants("first", "least")
        for number in range(TURNS):
            await work.wants(f"urgent-{number}", "least")
            await work.ends(work.begun[-1])
        assert "least" in work.begun


async def test_what_is_wanted_no_more_is_not_begun():
    async with working(1) as work:
        await work.wants("a", "b", "c")
        await work.wants("a", "c")
        await work.ends("a")
        assert work.begun == ["a", "c"]


async def test_what_was_wanted_again_while_it_was_done_is_said_to_be():
    async with working(1) as work:
        await work.wants("a")
        await work.ends("a")
        assert not work.again.is_set()
        await work.wants("a")
        await work.wants("a")
        await work.ends("a")
        assert work.again.is_set()


async def test_what_was_not_done_waits_for_the_next_look():
    for how in (False, KeyError("a bug")):
        async with working(1, done=how) as work:
            await work.wants("a")
            await work.wants("a", "b")
            await work.ends("a")
            assert work.begun == ["a", "b"]
            assert not work.again.is_set()
            await work.ends("b")
            await work.wants("a")
            assert work.begun == ["a", "b", "a"]
