"""The same looking, the same model, the same hands, with a span around each thing that they do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from bot.domain.context import Report
from bot.domain.dialogue import Reply, Request
from bot.domain.incident import Incident
from bot.domain.money import Money, Usage
from bot.ports import Clock, Looking
from bot.questions.model_ports import Model
from bot.runs.action_ports import Hands
from bot.trace_ports import Facts, Traces
from integrations.contract import Scope, ToolAnswer
from runbooks.prepared import Outcome, Work


class TracedLooking(Looking):
    """A span for each look, and in it one for each source; one for each tool that a model uses."""

    def __init__(self, looking: Looking, traces: Traces, clock: Clock) -> None:
        self.sources = looking.sources
        self.tools = looking.tools
        self._looking = looking
        self._traces = traces
        self._clock = clock

    def open(self) -> None:
        self._looking.open()

    async def look(self, scope: Scope, first_impression: Callable[[Report], Awaitable[None]]) -> Report:
        with self._traces.span("gather", {"incident": scope.incident_id}) as span:
            began = self._clock.now()
            report = await self._looking.look(scope, first_impression)
            gaps = {gap.source for gap in report.context.gaps}
            for source, seconds in report.context.took.items():
                self._traces.done(
                    f"source {source}", began, began + timedelta(seconds=seconds), {"gap": source in gaps}
                )
            span.note({"gaps": len(report.context.gaps), "confidence": report.analysis.confidence})
            return report

    async def use(self, tool: str, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        with self._traces.span(f"tool {tool}", {"incident": scope.incident_id}):
            return await self._looking.use(tool, arguments, scope)

    async def draw(self, report: Report, incident: Incident) -> bytes | None:
        with self._traces.span("draw", {"incident": incident.id}):
            return await self._looking.draw(report, incident)

    async def close(self) -> None:
        await self._looking.close()


class TracedModel(Model):
    """A span for each call of a model, with its tokens and its dollars."""

    def __init__(self, model: Model, traces: Traces) -> None:
        self._model = model
        self._traces = traces

    def route(self, work: str) -> tuple[str, ...]:
        return self._model.route(work)

    def most(self, request: Request, model: str) -> Money:
        return self._model.most(request, model)

    def cost(self, usage: Usage, model: str) -> Money:
        return self._model.cost(usage, model)

    async def say(
        self,
        request: Request,
        model: str,
        on_text: Callable[[str], None] = lambda text: None,
        on_usage: Callable[[Usage], None] = lambda usage: None,
    ) -> Reply:
        with self._traces.span(f"model {model}", {"work": request.work}) as span:
            reply = await self._model.say(request, model, on_text, on_usage)
            span.note({**_tokens(reply.usage), "dollars": self.cost(reply.usage, model).micros / 1e6})
            return reply

    async def close(self) -> None:
        await self._model.close()


class TracedHands(Hands):
    """A span for each deed of a runbook's step."""

    def __init__(self, hands: Hands, traces: Traces) -> None:
        self._hands = hands
        self._traces = traces

    async def perform(self, deed: Work, stop: asyncio.Event) -> Outcome:
        with self._traces.span("deed", {"kind": type(deed).__name__}) as span:
            outcome = await self._hands.perform(deed, stop)
            span.note({"result": outcome.result})
            return outcome


def _tokens(usage: Usage) -> Facts:
    return {f"tokens.{name}": getattr(usage, name) for name in usage.__dataclass_fields__}
