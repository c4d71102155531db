"""The thread so far, short enough to go on from: the newest answers whole, older ones summed up by a small model.

Where none answers in time the older ones are told by their first lines.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from bot.domain.dialogue import Message, Request, Text
from bot.domain.question import Answer, Question
from bot.domain.words import count
from bot.guard import fence
from bot.prompts import prompt
from bot.questions.asking import Asking
from bot.questions.consult import NoModel

WHOLE = 6
"""So many answers of the thread are told in full."""
FIRST_LINE = 160
"""Characters that are told of an older one where no model sums it up."""
SUMMARY_TOKENS = 400
SUM_UP_S = 6.0
"""A tenth of the time for the whole answer."""

_CITED = re.compile(r"[ \t]*\[\d{1,4}\]")

Pairs = list[tuple[str, str]]
"""What was asked, and what was answered."""


async def so_far(asking: Asking, before: Sequence[tuple[Question, Answer]]) -> Pairs:
    """What was asked and answered before in this thread, the oldest first."""
    old, new = before[:-WHOLE], before[-WHOLE:]
    told = [(question.text, _told(answer)) for question, answer in new]
    return [*await _summed_up(asking, old), *told] if old else told


async def _summed_up(asking: Asking, old: Sequence[tuple[Question, Answer]]) -> Pairs:
    words = fence.earlier((question.text, _told(answer)) for question, answer in old)
    request = Request("small", prompt("summary"), (Message("user", (Text(words),)),), most_tokens=SUMMARY_TOKENS)
    try:
        async with asyncio.timeout(SUM_UP_S):
            told = (await asking.consult.ask(request, asking.account)).reply.text.strip()
    except (NoModel, TimeoutError):
        told = ""
    if told:
        return [(f"{count(len(old), 'earlier question')}, summed up", told)]
    return [(question.text, _told(answer).partition("\n")[0][:FIRST_LINE]) for question, answer in old]


def _told(answer: Answer) -> str:
    """Without the numbers of its sources: in the next answer they mean others."""
    return _CITED.sub("", answer.plain).strip()
