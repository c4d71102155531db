"""The Messages API over a script: who may ask, what is taken, what goes wrong on purpose, and how it is answered."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import count as numbers

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from playground.claude import Refused, Running
from playground.claude.errors import ApiError, invalid, not_found, unauthorized
from playground.claude.faults import SLOWEST_S, Fault, overloaded
from playground.claude.reply import PAUSED, Json, Reply, Said, event, text, thought
from playground.claude.rules import check
from playground.claude.script import say
from playground.claude.tokens import CHARACTERS, CONTEXT_WINDOW, PromptCache, Usage, count

HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


class Claude:
    """The stand-in; `app()` is what is served, `seen` what was asked of it."""

    def __init__(self, seen: Running, pace: float) -> None:
        self.seen = seen
        self._pace = pace
        self._cache = PromptCache()
        self._numbers = numbers(1)

    def app(self) -> Starlette:
        routes = [
            Route("/v1/messages", self._messages, methods=["POST"]),
            Route("/v1/messages/count_tokens", self._count, methods=["POST"]),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: self._nowhere, ApiError: self._refused})

    async def _nowhere(self, request: Request, problem: Exception) -> Response:
        del problem
        return not_found(f"Not found: {request.method} {request.url.path}").response(self._request_id())

    async def _refused(self, _: Request, refusal: Exception) -> Response:
        assert isinstance(refusal, ApiError)  # noqa: S101  # Starlette's type is wider than what it sends here
        return refusal.response(self._request_id())

    async def _count(self, request: Request) -> Response:
        return JSONResponse({"input_tokens": count(await self._taken(request, counting=True))})

    async def _messages(self, request: Request) -> Response:
        began = time.monotonic()
        body = await self._taken(request, counting=False)
        self.seen.requests.append(body)
        fault = self.seen.faults.meet(body["model"])
        if fault and fault.kind == "slow":
            await asyncio.sleep(min(fault.seconds, SLOWEST_S))
        if fault and (refusal := fault.refusal()):
            raise refusal
        if fault and fault.kind == "garbage":
            return Response(HTML, media_type="text/event-stream" if body.get("stream") else "application/json")
        reply = self._reply(body, fault)
        headers = {"request-id": self._request_id()}
        kind = fault.kind if fault else ""
        if body.get("stream"):
            pieces = self._timed(self._streamed(reply, kind, request), began)
            return StreamingResponse(pieces, media_type="text/event-stream", headers=headers)
        return self._whole(reply, kind, request, headers)

    # ── what is taken ──

    async def _taken(self, request: Request, *, counting: bool) -> Json:
        """The body of a request that is let in and valid; a refusal is kept, and raised."""
        body: object = None
        try:
            self._let_in(request)
            body = _parsed(await request.body())
            taken = check(body, counting=counting)
            if not counting and (tokens := count(taken)) > CONTEXT_WINDOW:
                raise invalid(f"prompt is too long: {tokens} tokens > {CONTEXT_WINDOW} maximum")
        except ApiError as refusal:
            self.seen.refused.append(Refused(refusal.status, refusal.kind, refusal.message, body))
            raise
        return taken

    def _let_in(self, request: Request) -> None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        given = request.headers.get("x-api-key") or bearer
        if not secrets.compare_digest(given.encode(), self.seen.key.encode()):
            raise unauthorized()
        if not request.headers.get("anthropic-version"):
            raise invalid("anthropic-version: header is required")

    # ── what is said ──

    def _reply(self, body: Json, fault: Fault | None) -> Reply:
        said = _spoilt(say(body, self._tool_id), fault)
        if said.length > (most := body["max_tokens"] * CHARACTERS):
            said = said.cut(most, "max_tokens")
        usage = self._cache.use(body)
        written = -(-said.length // CHARACTERS)
        spent = Usage(usage.fresh, usage.cache_write, usage.cache_read, max(written, 1))
        return Reply(f"msg_{next(self._numbers):026d}", body["model"], said, spent.as_json())

    def _tool_id(self) -> str:
        return f"toolu_{next(self._numbers):024d}"

    def _request_id(self) -> str:
        return f"req_{next(self._numbers):024d}"

    def _whole(self, reply: Reply, kind: str, request: Request, headers: dict[str, str]) -> Response:
        if kind == "stream_error":
            raise overloaded()
        if kind == "broken_stream":
            half = json.dumps(reply.whole()).encode()[:64]
            return StreamingResponse(_cut([half], request.state.drop), media_type="application/json", headers=headers)
        return JSONResponse(reply.whole(), headers=headers)

    async def _timed(self, pieces: AsyncIterator[bytes], began: float) -> AsyncIterator[bytes]:
        async for piece in pieces:
            yield piece
        self.seen.spans.append((began, time.monotonic()))

    async def _streamed(self, reply: Reply, kind: str, request: Request) -> AsyncIterator[bytes]:
        events = list(reply.events())
        if kind in {"broken_stream", "stream_error"}:
            events = events[: max(len(events) // 2, 1)]
        for one in events:
            yield one
            await asyncio.sleep(self._pace)
        if kind == "stream_error":
            yield event("error", error={"type": "overloaded_error", "message": "Overloaded"})
        if kind == "broken_stream":
            request.state.drop()


async def _cut(pieces: Iterable[bytes], drop: Callable[[], None]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    await asyncio.sleep(0)
    drop()


def _parsed(body: bytes) -> object:
    try:
        parsed: object = json.loads(body)
    except ValueError as problem:
        raise invalid(f"The request body is not valid JSON: {problem}") from None
    return parsed


def _spoilt(said: Said, fault: Fault | None) -> Said:
    """The answer as a fault leaves it."""
    half = max(len(said.prose) // 2, 1)
    match fault.kind if fault else "":
        case "refusal":
            return Said((), "refusal")
        case "max_tokens":
            return said.cut(half, "max_tokens")
        case "context_full":
            return said.cut(half, "model_context_window_exceeded")
        case "pause_turn":
            return Said((text(PAUSED),), "pause_turn")
        case "thinking":
            return Said((thought("The question is short. The facts come first."), *said.blocks), said.stop)
        case _:
            return said
