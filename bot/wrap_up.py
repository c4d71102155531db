"""The fourth story: an incident that was closed becomes a postmortem, and a memory that the next one like it finds."""

from __future__ import annotations

from functools import partial

from bot.closing import write_up
from bot.closing.desk import Wrapping
from bot.closing.put_runbook import put_drafted
from bot.ports import Steps


async def wrap_up(wrapping: Wrapping, steps: Steps) -> None:
    """Told once for each opening that was closed; after a crash it goes on from the last finished step.

    How it comes to be closed: `bot/closing/until_closed.py`. Each step finds its own earlier effect.
    """
    await steps.once("say that it is closed", partial(write_up.say_closed, wrapping), bool)
    await steps.once("write", partial(write_up.write, wrapping), bool)
    await steps.once("post", partial(write_up.post, wrapping), bool)
    await steps.once("publish", partial(write_up.publish, wrapping), bool)
    await steps.once("remember", partial(write_up.remember, wrapping), bool)
    await steps.once("put the runbook", partial(put_drafted, wrapping), bool)
    await steps.once("wrapped up", partial(write_up.wrapped, wrapping), bool)
