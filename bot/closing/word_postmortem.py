"""A model words parts of a postmortem, within the budget; without one, or where it fails, the record's words stand."""

from __future__ import annotations

import asyncio

import structlog

from bot.closing.check_wording import check_wording
from bot.closing.compose_postmortem import with_chapters
from bot.domain.dialogue import Message, Request, Text
from bot.domain.money import Account
from bot.domain.postmortem import Postmortem
from bot.domain.wording import SCHEMA, read
from bot.guard import fence
from bot.prompts import prompt
from bot.questions.consult import Consult, NoModel

log = structlog.get_logger(__name__)

MOST_TOKENS = 3_000
"""Of the answer: three chapters of a dozen sentences at most."""
DEADLINE_S = 90.0
"""Nobody waits for it: the incident is over."""


async def worded(draft: Postmortem, consult: Consult | None) -> Postmortem:
    """The draft with those chapters in a model's words that hold against it."""
    if consult is None or not consult.available:
        return draft
    asked = Message("user", (Text(told(draft)),))
    request = Request("analysis", prompt("postmortem"), (asked,), (), MOST_TOKENS, SCHEMA)
    try:
        async with asyncio.timeout(DEADLINE_S):
            found = await consult.ask(request, Account("postmortem", draft.incident_id))
        better = check_wording(draft, read(found.reply.text))
    except (TimeoutError, NoModel, ValueError) as problem:
        why = problem.reason if isinstance(problem, NoModel) else type(problem).__name__
        log.warning("a postmortem in the record's own words", incident=draft.incident_id, problem=why)
        return draft
    return with_chapters(draft, better, found.reply.model) if better else draft


def told(draft: Postmortem) -> str:
    """What the record says, a sentence a line, with the numbers of its sources; fenced."""
    lines = (
        f"{chapter.key} · {f'{said.lead} · ' if said.lead else ''}{said.text} {_numbers(said.cites)}"
        for chapter in draft.chapters
        for said in chapter.said
    )
    return fence.facts(lines)


def _numbers(cites: tuple[int, ...]) -> str:
    return " ".join(f"[{number}]" for number in cites)
