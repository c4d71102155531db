"""The second story: a question in Slack is answered in its thread, from evidence that exists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from bot.domain.incident import Posted
from bot.investigate import investigate
from bot.ports import Steps
from bot.priority import Priority, done_as
from bot.questions import reply
from bot.questions.asking import Asking, Known
from bot.questions.question_ports import Questions
from bot.questions.read_up import read_up


@done_as(Priority.ANSWER)
async def answer(asking: Asking, steps: Steps) -> None:
    """Told once for each question; after a crash it goes on from the last finished step.

    The reply begins to grow in the thread at once, beside the reading. Where a model can be asked it investigates with
    its tools; where none can, or where it comes to nothing, the same question is answered from evidence.
    """
    beginning = asyncio.ensure_future(steps.once("begin", partial(reply.begin, asking), Posted))
    known = await steps.once("read up", partial(read_up, asking), Known)

    talk = None
    if known.same is None and known.ask_a_model:
        talk = await investigate(asking, known, steps)

    asking.reply = await beginning
    await steps.once("answer", partial(reply.end, asking, known, talk), bool)


async def take_up_questions(
    questions: Questions, take_up: Callable[[str], Awaitable[bool]], give_up: Callable[[str], Awaitable[None]]
) -> None:
    """Goes on with every question that has no answer yet. Raises JournalDown.

    One whose story failed too often (`take_up` says no) is given up, so that it is not begun for ever.
    """
    for question_id in await questions.unanswered():
        if not await take_up(question_id):
            await give_up(question_id)
