"""Is it alive, is it ready, and how does it do: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.measures import Measures
from bot.ports import JournalDown


def routes(ready: Callable[[], Awaitable[None]], measures: Measures) -> list[Route]:
    """`ready` raises JournalDown when alerts cannot be committed; neither Slack nor a source makes it do so."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        try:
            await ready()
        except JournalDown as down:
            return JSONResponse({"ready": False, "reason": str(down)}, 503)
        return JSONResponse({"ready": True})

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(measures.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
