"""A model and its read-only tools, in a bounded loop. Each turn, and each use of tools, is a durable step.

`bot/questions/next_turn.py` tells what comes next from what was said so far, so a talk that a crash cuts short goes
on from its last finished step. A tool that fails is an answer to the model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from bot.domain.dialogue import Reply, ToolResult, ToolUse
from bot.domain.money import NOTHING, Money
from bot.domain.question import Source
from bot.domain.talk import Talk, Used, Why
from bot.guard.fence import fence, inert
from bot.guard.instructions import addresses_the_assistant
from bot.look import scope_of
from bot.ports import Doing, JournalDown, Steps
from bot.prompts import prompt
from bot.questions import next_turn
from bot.questions.asking import Asking, Known
from bot.questions.consult import Consulted, NoModel
from integrations.contract import RoomError, Scope

T = TypeVar("T")
log = structlog.get_logger(__name__)

STOP_LOOK_S = 0.5
"""How often it is looked whether somebody wants it to stop."""
SHOW_S = 0.3
"""How often the text so far is handed on while it grows."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one turn: a reply, or why there is none."""

    reply: Reply | None = None
    cost: Money = NOTHING
    forced: bool = False
    why: Why = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Uses:
    """What came of the tools of one turn."""

    used: tuple[Used, ...]


async def investigate(asking: Asking, known: Known, steps: Steps) -> Talk:
    """The whole talk. It ends with the model's answer, with a limit, with a stop, or where no model answers."""
    talk = next_turn.begin(known.words, Talk((), known.sources))
    while not talk.over:
        turn = await steps.once(f"turn {talk.turns + 1}", partial(_turn, asking, known, talk), Turn)
        talk = _after(talk, turn)
        asking.said = "\n\n".join(part for part in (asking.said, turn.reply.text if turn.reply else "") if part)
        if next_turn.wanted(talk):
            uses = await steps.once(f"tools {talk.turns}", partial(_tools, asking, talk), Uses)
            talk = next_turn.told(talk, uses.used)
    return talk


def _after(talk: Talk, turn: Turn) -> Talk:
    if turn.reply is None:
        return next_turn.cut_short(talk, turn.why, turn.words, turn.cost)
    return next_turn.heard(talk, turn.reply, turn.cost, turn.forced)


async def _turn(asking: Asking, known: Known, talk: Talk) -> Turn:
    """Asks the model once, until the answer has to be there or somebody wants it to stop."""
    left = (known.until - asking.desk.clock.now()).total_seconds()
    request = next_turn.request(talk, prompt("answer"), asking.desk.looking.tools)
    so_far: list[str] = [""]
    calling = asking.consult.ask(request, asking.account, on_text=lambda text: so_far.__setitem__(0, text))
    showing = asyncio.create_task(_show_growing(asking, so_far))
    try:
        done = await _unless_stopped(asking, calling, left)
    except NoModel as none:
        return Turn(cost=none.cost, why="model", words=none.reason)
    finally:
        showing.cancel()
    if isinstance(done, Consulted):
        return Turn(done.reply, done.cost, forced=not request.may_use_tools)
    return Turn(why=done)


async def _unless_stopped(asking: Asking, doing: Awaitable[T], seconds: float) -> T | Why:
    """What comes of it; or «time» or «stopped», and then it is cancelled."""
    task, stop = asyncio.ensure_future(doing), asyncio.create_task(_stopped(asking))
    try:
        await asyncio.wait({task, stop}, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        return "stopped" if stop.done() else "time"
    finally:
        for one in (task, stop):
            one.cancel()
        await asyncio.gather(task, stop, return_exceptions=True)


async def _stopped(asking: Asking) -> None:
    """Returns once somebody wants this answer to stop. A database that is away stops nothing."""
    while True:
        try:
            if await asking.questions.stopped(asking.question.id):
                return
        except JournalDown as problem:
            log.warning("cannot look whether to stop", problem=str(problem))
        await asyncio.sleep(STOP_LOOK_S)


async def _show_growing(asking: Asking, so_far: list[str]) -> None:
    shown = ""
    while True:
        if so_far[0] != shown:
            shown = so_far[0]
            await asking.show(shown)
        await asyncio.sleep(SHOW_S)


async def _tools(asking: Asking, talk: Talk) -> Uses:
    """Uses all the tools of one turn side by side; what is in memory is not asked again."""
    desk = asking.desk
    incident = await desk.journal.incident(asking.question.incident_id)
    scope = scope_of(incident, desk.catalog.scope_of(incident.service), desk.clock.now())
    first = max((source.id for source in talk.sources), default=0) + 1
    uses = next_turn.fresh(talk)
    for use in uses:
        asking.does(Doing(use.id, _title(use), "in_progress"))
    await asking.show()
    return Uses(tuple(await asyncio.gather(*(_use(asking, use, scope, first + at) for at, use in enumerate(uses)))))


async def _use(asking: Asking, use: ToolUse, scope: Scope, number: int) -> Used:
    """One use of one tool, its answer fenced under its number."""
    key = next_turn.key_of(use)
    try:
        found = await asking.desk.looking.use(use.name, use.arguments, scope)
    except RoomError as error:
        asking.did(use.id, failed=True)
        await asking.show()
        return Used(key, ToolResult(use.id, inert(f"{error.reason}. {error.fix}".strip()), failed=True))
    asking.did(use.id, failed=False)
    await asking.show()
    text = f"{found.text}\n(cut: {found.cut})" if found.cut else found.text
    told = ToolResult(use.id, fence(number, use.name, text, tool=use.name))
    flagged = bool(await asyncio.to_thread(addresses_the_assistant, found.text))
    return Used(key, told, Source(number, found.label, found.url, found.hard), flagged)


def _title(use: ToolUse) -> str:
    """«query metrics: error_rate of payment-service, last 60 min»."""
    given = {name: str(value)[:60] for name, value in use.arguments.items() if value not in ("", None, 0)}
    what = [value for name, value in given.items() if name not in ("service", "minutes", "hours", "threshold")]
    told = ", ".join(what)
    if "service" in given:
        told = f"{told} of {given['service']}" if told else given["service"]
    spans = [f"last {given[name]} {unit}" for name, unit in (("minutes", "min"), ("hours", "h")) if name in given]
    until = [f"until {given['threshold']}"] if "threshold" in given else []
    told = ", ".join(part for part in (told, *spans, *until) if part)
    name = use.name.replace("_", " ")
    return f"{name}: {told}"[:150] if told else name
