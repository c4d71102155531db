"""What goes on beside the stories does so after a bug as well."""

import asyncio

from structlog.testing import capture_logs

from bot.going_on import Part, go_on


class Act:
    """Fails so many times, and then does what it has to."""

    def __init__(self, failures=0):
        self.failures = failures
        self.begun = 0

    async def __call__(self):
        self.begun += 1
        if self.begun <= self.failures:
            raise KeyError("nobody foresaw this")


async def test_what_has_nothing_more_to_do_ends():
    act = Act()
    await go_on(Part("look", act))
    assert act.begun == 1


async def test_what_a_bug_ended_begins_again_and_the_log_says_what_it_was():
    act = Act(failures=2)
    with capture_logs() as logs:
        await go_on(Part("look", act), again_s=0)
    assert act.begun == 3
    assert [(one["part"], one["exc_info"]) for one in logs] == [("look", True)] * 2


async def test_a_stop_is_no_bug():
    going = asyncio.create_task(go_on(Part("look", asyncio.Event().wait)))
    await asyncio.sleep(0)
    going.cancel()
    (ended,) = await asyncio.gather(going, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError)
