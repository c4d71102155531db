"""Beside the stories: how much of the day's and the month's money is spent, for the figures, and said at 80 and 100 %.

Each line is said once for each window and limit, whatever number of replicas there is and however often they start.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Protocol

import structlog

from bot.desk import Desk
from bot.domain.briefing import Briefing
from bot.domain.money import Money
from bot.insist import attempt
from bot.ports import JournalDown
from bot.questions import budget_words
from bot.questions.budget import share, stage
from bot.questions.model_ports import Spending

log = structlog.get_logger(__name__)

EVERY_S = 15.0


class Paid(Protocol):
    """What was spent (`bot.state.purse.SqlPurse`)."""

    async def paid(self) -> tuple[Spending, ...]:
        """Of the day and the month, without what is set aside for calls that still run. Raises JournalDown."""
        ...

    def refused(self, spending: Spending) -> Money | None:
        """The least that this process was refused because of this limit in this window; None for nothing."""
        ...


class Lines(Protocol):
    """Which lines were said already (`bot.state.budget_lines.SqlBudgetLines`)."""

    async def undertake(self, key: str) -> bool:
        """Whether the caller is the one who is to say it now. Raises JournalDown."""
        ...

    async def said(self, key: str) -> None:
        """It stands: nobody says it again. Raises JournalDown."""
        ...


async def watch_budget(desk: Desk, purse: Paid, lines: Lines) -> None:
    """Runs until cancelled. What fails is found again by the next look."""
    while True:
        await look_at_budget(desk, purse, lines)
        await asyncio.sleep(EVERY_S)


async def look_at_budget(desk: Desk, purse: Paid, lines: Lines) -> None:
    """One look: sets the figures, and says what has to be said. Never raises for a database or a Slack that is away."""
    try:
        for spending in await purse.paid():
            part = share(spending)
            if part is not None:
                desk.measures.budget(spending.window, part)
            await _tell(desk, spending, purse.refused(spending), lines)
    except JournalDown as problem:
        log.warning("cannot look at the budget", problem=str(problem))


async def _tell(desk: Desk, spending: Spending, refused: Money | None, lines: Lines) -> None:
    reached = stage(spending, refused)
    if reached is None or spending.until is None:
        return
    key = f"budget:{spending.window}:{spending.until:%Y-%m-%d}:{spending.limit.micros}:{reached}"
    if not await lines.undertake(key):
        return
    log.warning("budget", window=spending.window, reached=reached, spent=str(spending.spent), limit=str(spending.limit))
    words = budget_words.warning(spending, reached, desk.clock.now())
    if await _said(desk, words, key):
        await lines.said(key)


async def _said(desk: Desk, words: Briefing, key: str) -> bool:
    """Whether it stands in the incidents channel now; where there is none, the log has to do."""
    channel = desk.incidents_channel
    return channel is None or await attempt("budget warning", partial(_post, desk, channel, words, key))


async def _post(desk: Desk, channel: str, words: Briefing, key: str) -> None:
    """Whoever undertook it before may have posted it and ended before that was noted."""
    await desk.chat.stand(channel, words, key=key)
