"""Sources that answer after a set time, always the same for every service: a stand-in asked once, then remembered.

The playground's stand-ins evaluate real queries, which takes this process time that would count against the bot.
So each question is put to the stand-in once; afterwards its answer is given again, under the name of the service that
asks, after the delay.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

TWIN = "payment-service"
"""The service of the stand-ins' world; the services that the bot knows are called this and a number."""
_NUMBERED = re.compile(r"(payment\\*-service)(\\*-)(\d{3})")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)?")
_SPAN = re.compile(r"\b(start|end|time)=([\d.]+)")
_TEN_MINUTES = 600


def service(number: int) -> str:
    return f"{TWIN}-{number:03d}"


@dataclass
class Answers:
    """When each source gave an answer, on this machine's monotonic clock; `delay` seconds is what each takes."""

    delay: float = 0.0
    given: list[tuple[str, float]] = field(default_factory=list)

    def between(self, since: float, until: float) -> dict[str, tuple[int, float]]:
        """Source → how many answers it gave in that time, and when the last one left."""
        found: dict[str, tuple[int, float]] = {}
        for name, at in self.given:
            if since <= at <= until:
                found[name] = (found.get(name, (0, 0.0))[0] + 1, at)
        return found


class Again:
    """An ASGI app before a stand-in."""

    def __init__(self, name: str, app: ASGIApp, answers: Answers) -> None:
        self._name = name
        self._app = app
        self._answers = answers
        self._known: dict[str, tuple[Message, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived = time.perf_counter()
        scope, body, asking = _of_the_twin(scope, await _body(receive))
        key = _question(scope, body)
        if key not in self._known:
            self._known[key] = await self._ask(scope, body)
        start, text = self._known[key]
        if asking:
            text = text.replace(TWIN.encode(), asking.encode())
        headers = [(k, v) for k, v in start["headers"] if k != b"content-length"]
        await asyncio.sleep(max(0.0, arrived + self._answers.delay - time.perf_counter()))
        await send({**start, "headers": [*headers, (b"content-length", b"%d" % len(text))]})
        await send({"type": "http.response.body", "body": text})
        self._answers.given.append((self._name, time.perf_counter()))

    async def _ask(self, scope: Scope, body: bytes) -> tuple[Message, bytes]:
        said: list[Message] = []
        unread = [{"type": "http.request", "body": body}]

        async def receive() -> Message:
            return unread.pop() if unread else {"type": "http.disconnect"}

        async def keep(message: Message) -> None:
            said.append(message)

        await self._app(scope, receive, keep)
        return said[0], b"".join(part.get("body", b"") for part in said[1:])


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def _of_the_twin(scope: Scope, body: bytes) -> tuple[Scope, bytes, str | None]:
    """The same question about the twin, and the service that it was about."""
    query, path, text = unquote_plus(scope["query_string"].decode()), scope["path"], body.decode()
    found = _NUMBERED.search(path) or _NUMBERED.search(query) or _NUMBERED.search(text)
    if not found:
        return scope, body, None
    raw = re.sub(rf"(payment[^&]{{0,6}}-service)[^&]{{0,6}}-{found[3]}", r"\1", scope["query_string"].decode())
    scope = scope | {"query_string": raw.encode(), "path": _NUMBERED.sub(r"\1", path)}
    headers = [(k, v) for k, v in scope["headers"] if k != b"content-length"]
    text = _NUMBERED.sub(r"\1", text)
    scope["headers"] = [*headers, (b"content-length", b"%d" % len(text.encode()))]
    return scope, text.encode(), service(int(found[3]))


def _question(scope: Scope, body: bytes) -> str:
    """What is asked, whenever it is asked: moments count by how far they lie apart."""
    query = scope["query_string"].decode()
    moments = {name: float(at) for name, at in _SPAN.findall(query)}
    span = round((moments.get("end", 0) - moments.get("start", 0)) / _TEN_MINUTES)
    return f"{scope['method']} {scope['path']}?{_SPAN.sub('', query)} {span} {_MOMENT.sub('', body.decode())}"
