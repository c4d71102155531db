"""The first story: from a committed alert to a briefing in the incident's channel."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from bot import look, say
from bot.chores import CHORES
from bot.desk import Telling
from bot.domain.incident import Posted
from bot.ports import Steps
from bot.questions.second_opinion import second_opinion

log = structlog.get_logger(__name__)


async def respond(telling: Telling, steps: Steps) -> None:
    """Told once for each opening of an incident; after a crash it goes on from the last finished step.

    Looking begins at once, beside everything that Slack takes its time for. What a message says is a function of
    what the journal holds, so a step that runs twice says the same in the same place.
    """
    looking = asyncio.ensure_future(steps.once("look", partial(look.into, telling), bool))

    place = await steps.once("find a place", partial(say.find_place, telling), say.Place)
    headline = await steps.once("headline", partial(say.headline, telling, place), Posted)
    noticing = asyncio.ensure_future(steps.once("notice", partial(say.notice, telling, headline), bool))

    await looking
    await steps.once("briefing", partial(say.briefing, telling), bool)
    await steps.once("briefed", partial(say.briefed, telling), bool)

    improving = asyncio.ensure_future(steps.once("second opinion", partial(second_opinion, telling), bool))
    await steps.once("move", partial(say.move, telling, headline), bool)
    chores = [steps.once(name, partial(chore, telling), bool) for name, chore in CHORES.items()]
    for outcome in await asyncio.gather(noticing, improving, *chores, return_exceptions=True):
        if isinstance(outcome, Exception):  # nice to have: it is logged, and the others are done all the same
            log.error("a chore failed", problem=repr(outcome))
