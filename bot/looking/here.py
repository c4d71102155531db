"""Looks made in this process: ask every source, understand what they say, draw it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from bot.analyse import analyse
from bot.chart import chart
from bot.domain.analysis import NOTHING_KNOWN
from bot.domain.context import Context, Report
from bot.domain.incident import Incident
from bot.fit_runbooks import fit_runbooks
from bot.gather import Gathering
from bot.looking.remembered import Remembered
from bot.looking.toolbox import Toolbox
from bot.memory.seen_before import Past, seen_before
from bot.rests import Rests
from integrations.contract import Gap, Scope, Tool, ToolAnswer
from runbooks.model import Library

log = structlog.get_logger(__name__)


class Here:
    """`bot.ports.Looking` on the event loop and the threads of this process."""

    def __init__(
        self,
        gathering: Gathering,
        library: Library,
        own: Sequence[Tool] = (),
        rests: Rests | None = None,
        remembered: Remembered | None = None,
    ) -> None:
        """`own` are tools that belong to no source; `rests` says which tools are left alone.

        Without `remembered` the past is what the sources say of it.
        """
        self._gathering = gathering
        self._library = library
        self._remembered = remembered
        self._toolbox = Toolbox(gathering.sources, own, rests=rests)
        self.sources = tuple(source.name for source in gathering.sources)
        self.tools = self._toolbox.specs

    def open(self) -> None:
        """There is nothing to get ready: the sources are."""

    async def recall(self) -> None:
        """Brings the vectors of what is remembered into step, so that the first look need not."""
        if self._remembered:
            await self._remembered.ready()

    async def look(self, scope: Scope, first_impression: Callable[[Report], Awaitable[None]]) -> Report:
        async def early(context: Context) -> None:
            await first_impression(await self._understood(context))

        await self.recall()
        return await self._understood(await self._gathering.gather(scope, early))

    async def use(self, tool: str, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        return await self._toolbox.use(tool, arguments, scope)

    async def draw(self, report: Report, incident: Incident) -> bytes | None:
        return await asyncio.to_thread(chart, report, incident)

    async def close(self) -> None:
        if self._remembered:
            await self._remembered.close()
        await self._gathering.close()

    async def _understood(self, context: Context) -> Report:
        past = await self._remembered.past() if self._remembered else None
        return await asyncio.to_thread(_understand, context, self._library, past)


def _understand(context: Context, library: Library, past: Past | None) -> Report:
    """What was found is told even where a bug keeps it from being understood."""
    try:
        report = Report(context.lean(), analyse(context))
        return fit_runbooks(seen_before(report, past) if past else report, library)
    except Exception:
        log.exception("the analysis failed")
        gap = Gap("analysis", "failed inside the bot; its log tells more", partial=True)
        lean = replace(context.lean(), gaps=(*context.gaps, gap))
        return Report(lean, NOTHING_KNOWN)
