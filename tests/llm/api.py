"""The Messages API as a test wants it: a server on a socket that gives the answers it was handed, one a request."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.llm.claude import Claude, Wanted
from playground.serving import serving

KEY = "sk-ant-a-made-up-key-of-the-tests-000000"
LARGE, SMALL = "claude-sonnet-5-5", "claude-haiku-5-5"
HEAD = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
}
USED = {"input_tokens": 100, "output_tokens": 1, "cache_read_input_tokens": 30, "cache_creation_input_tokens": 20}


def event(kind, **fields):
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def start(usage=USED):
    return event("message_start", message={**HEAD, "model": "the one that answered", "usage": usage})


def block(index, first, *deltas):
    yield event("content_block_start", index=index, content_block=first)
    for delta in deltas:
        yield event("content_block_delta", index=index, delta=delta)
    yield event("content_block_stop", index=index)


def text(index, *pieces):
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": one} for one in pieces))


def tool(index, name, *pieces, number=1):
    first = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {}}
    return block(index, first, *({"type": "input_json_delta", "partial_json": one} for one in pieces))


def end(stop="end_turn", **usage):
    yield event(
        "message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage={"output_tokens": 7, **usage}
    )
    yield event("message_stop")


def says(*blocks, stop="end_turn"):
    """A whole stream."""
    return Streams([start(), *(one for events in blocks for one in events), *end(stop)])


def refuses(status, kind=None, message="no", **headers):
    """An error as the API tells it; without a kind as a gateway does."""
    body = {"type": "error", "error": {"type": kind, "message": message}} if kind else "<html>no</html>"
    made = JSONResponse(body, status) if kind else Response(body, status, media_type="text/html")
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


@dataclass
class Streams:
    """The events, and then the end; `hangs`: silence instead of the end; `trickles`: a ping now and then, for ever."""

    events: list[bytes]
    hangs: bool = False
    trickles: bool = False
    length: int | None = None
    """Bytes that are promised; more than come means that the connection breaks off."""


@dataclass
class Api:
    url: str = ""
    answers: deque = field(default_factory=deque)
    bodies: list[dict] = field(default_factory=list)
    headers: list[dict] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a stream has said all that it will, and hangs."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the one who listened to it has gone."""

    def give(self, *answers):
        self.answers.extend(answers)

    @property
    def models(self):
        return [body["model"] for body in self.bodies]

    async def answer(self, request):
        self.raw.append(await request.body())
        self.bodies.append(json.loads(self.raw[-1]))
        self.headers.append(dict(request.headers))
        made = self.answers.popleft()
        made = made(self.bodies[-1]) if callable(made) and not isinstance(made, Response) else made
        if not isinstance(made, Streams):
            return made
        headers = {"content-length": str(made.length)} if made.length else {}
        return StreamingResponse(self._stream(made), media_type="text/event-stream", headers=headers)

    async def _stream(self, made):
        try:
            for one in made.events:
                yield one
            while made.trickles:
                yield event("ping")
                await asyncio.sleep(0.02)
            if made.hangs:
                self.waiting.set()
                await asyncio.Event().wait()
        finally:
            self.gone.set()


@asynccontextmanager
async def api():
    served = Api()
    routes = [Route(f"/v1/messages{rest}", served.answer, methods=["POST"]) for rest in ("", "/count_tokens")]
    async with serving(Starlette(routes=routes)) as url:
        served.url = url
        yield served


@asynccontextmanager
async def claude(served, *, key=KEY, large=(LARGE, SMALL), now=time.monotonic, **how):
    """The real SDK, over a socket, to this server."""
    made = Claude(Wanted(key, getattr(served, "url", served), large, (SMALL,), **how), now=now)
    try:
        yield made
    finally:
        await made.close()
