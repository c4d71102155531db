"""The tools that a model may use, in this process: each use within its time, left alone when silent, masked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from bot.guard.redact import redact_finding
from bot.rests import Resting, Rests
from integrations.contract import (
    TOOL_ANSWER_BYTES,
    ContextSource,
    Refused,
    RoomError,
    Scope,
    Tool,
    ToolAnswer,
    ToolSpec,
    Unreachable,
)

log = structlog.get_logger(__name__)

LIMIT_S = 10.0
"""Seconds that one use may take, whatever the room allows itself."""
NAME = "tools"


def specs_of(sources: Iterable[ContextSource], own: Iterable[ToolSpec] = ()) -> tuple[ToolSpec, ...]:
    """What a model is told of: the tools of these sources and our own, sorted by name. Nothing is asked for it."""
    found = {spec.name: spec for spec in (*(tool.spec for one in sources for tool in one.tools), *own)}
    return tuple(found[name] for name in sorted(found))


class Toolbox:
    """Every tool by its name.

    A tool rests by itself, apart from the looks at its source: a question of a model that is too heavy for a source
    must not cost the next briefing that source.
    """

    def __init__(
        self,
        sources: Sequence[ContextSource],
        own: Sequence[Tool] = (),
        limit_s: float = LIMIT_S,
        rests: Rests | None = None,
    ) -> None:
        self.specs = specs_of(sources, (tool.spec for tool in own))
        self._tools = {tool.spec.name: tool for tool in (*(t for one in sources for t in one.tools), *own)}
        self._limit_s = limit_s
        self._rests = rests or Rests()

    async def use(self, name: str, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        """What the tool answers, every secret in it masked. Raises RoomError, masked as well, and nothing else."""
        tool = self._tools.get(name)
        if tool is None:
            there = f"there are {', '.join(sorted(self._tools))}" if self._tools else "there are none"
            raise Refused(NAME, f"there is no such tool; {there}")
        try:
            answer = await self._rests.ask(f"tool {name}", partial(self._use, tool, arguments, scope))
            return await asyncio.to_thread(_masked, answer)
        except RoomError as error:
            raise type(error)(error.source, redact_finding(error.reason), error.fix) from None
        except Resting:
            raise Unreachable(name, "left alone for a minute: no answer several times in a row") from None
        except Exception:  # a bug in one tool is an answer to the model, not the end of its question
            log.exception("tool failed", tool=name)
            raise Unreachable(name, "failed inside the bot; its log tells more") from None

    async def _use(self, tool: Tool, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        try:
            async with asyncio.timeout(self._limit_s):
                return await tool.use(arguments, scope)
        except TimeoutError:
            raise Unreachable(tool.spec.name, f"no answer in {self._limit_s:g} s") from None


def _masked(answer: ToolAnswer) -> ToolAnswer:
    """Masked, and then within the limit for certain: a mark may be longer than what it stands for."""
    answer = redact_finding(answer)
    whole = answer.text.encode("utf-8", "replace")
    if len(whole) <= TOOL_ANSWER_BYTES:
        return answer
    left = "its end"
    text = whole[: TOOL_ANSWER_BYTES - 40].decode("utf-8", "ignore").rpartition("\n")[0]
    return replace(answer, text=f"{text}\n(cut: without {left})", cut=answer.cut or f"without {left}")
