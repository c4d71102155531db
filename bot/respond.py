"""The first story: from a committed alert to a briefing in the incident's channel."""

from __future__ import annotations

import asyncio
from functools import partial

from bot import look, say
from bot.desk import Telling
from bot.ports import Steps


async def respond(telling: Telling, steps: Steps) -> None:
    """Told once for each opening of an incident; after a crash it goes on from the last finished step.

    Looking begins at once, beside everything that Slack takes its time for. What a message says is a function of
    what the journal holds, so a step that runs twice says the same in the same place.
    """
    looking = asyncio.ensure_future(steps.once("look", partial(look.into, telling), bool))

    place = await steps.once("find a place", partial(say.find_place, telling), say.Place)
    await steps.once("headline", partial(say.headline, telling, place), bool)
    noticing = asyncio.ensure_future(steps.once("notice", partial(say.notice, telling, place), bool))

    await looking
    await steps.once("briefing", partial(say.briefing, telling), bool)

    if place.temporary:
        await steps.once("move", partial(say.move, telling), bool)
    chores = (steps.once(name, partial(chore, telling), bool) for name, chore in say.CHORES.items())
    await asyncio.gather(noticing, *chores)
    await steps.once("done", partial(say.done, telling), bool)
