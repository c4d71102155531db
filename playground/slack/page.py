"""The page's own door to the workspace: what a person at the page sees and does.

There is no sign-in: whoever reaches the page may be anybody in the workspace. So that no other web page can use
this one, every call needs a JSON body or an `Origin` that is our own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.slack import page_state
from playground.slack.director import Director
from playground.slack.doings import Doings
from playground.slack.errors import SlackError
from playground.slack.interactions import Interactions
from playground.slack.model import Json
from playground.slack.workspace import SLACKBOT, Workspace

STATIC = Path(__file__).parent / "static"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MODEL = {
    "none": ("", ""),
    "script": (", Claude (a script answers, no model)", ""),
    "real": ("", "; and Claude, with your own key: it costs money, and what is asked leaves this machine"),
}
"""Who answers the bot's questions to a model → what of it is simulated, and what is real."""
_SCENARIOS_EVERY = 0.5
"""Seconds between two looks at the director's scenarios."""


class Page:
    """The page, its pictures, its calls and its live channel."""

    def __init__(self, workspace: Workspace, interactions: Interactions, director: Director | None) -> None:
        self._ws = workspace
        self._director = director
        self._doings = Doings(workspace, interactions, director)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._index),
            Route("/page/state", self._state),
            Route("/page/messages", self._messages),
            Route("/page/files/{file_id}", self._file),
            Route("/page/{doing}", self._do, methods=["POST"]),
            Route("/archives/{channel}/{place}", self._permalink),
            WebSocketRoute("/page/live", self._live),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]

    async def _index(self, request: Request) -> Response:
        settings, (simulated, real) = self._ws.settings, _MODEL[self._ws.settings.model]
        html = (STATIC / "index.html").read_text(encoding="utf-8")
        told = html.replace("<!-- simulated -->", escape(settings.simulated) + simulated)
        told = told.replace("<!-- real -->", escape(settings.real) + real)
        return HTMLResponse(told, headers={"Content-Security-Policy": _POLICY})

    async def _permalink(self, request: Request) -> Response:
        return RedirectResponse(f"/#{request.path_params['channel']}/{request.path_params['place']}")

    async def _state(self, request: Request) -> Response:
        return JSONResponse(page_state.state(self._ws, self._somebody(request.query_params), self._director))

    async def _messages(self, request: Request) -> Response:
        user = self._somebody(request.query_params)
        channel = self._ws.channels.get(request.query_params.get("channel", ""))
        if channel is None or not self._ws.sees(user, channel):
            return JSONResponse({"error": "channel_not_found"}, 404)
        return JSONResponse(page_state.messages(self._ws, channel, user))

    async def _file(self, request: Request) -> Response:
        file = self._ws.files.get(request.path_params["file_id"])
        if file is None or file.content is None:
            return PlainTextResponse("no such file", 404)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
        return Response(file.content, media_type=file.mimetype, headers=headers)

    async def _do(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("application/json"):
            return JSONResponse({"error": "needs a JSON body"}, 415)
        try:
            asked = _object(await request.body())
            return JSONResponse(await self._doings.do(request.path_params["doing"], self._somebody(asked), asked))
        except SlackError as refusal:
            return JSONResponse({"error": refusal.code}, 400)
        except (KeyError, ValueError, TypeError):
            return JSONResponse({"error": "that call has another shape than the page's own"}, 400)

    async def _live(self, socket: WebSocket) -> None:
        if urlsplit(socket.headers.get("origin", "")).netloc != socket.headers.get("host"):
            await socket.close(4403)
            return
        await socket.accept()
        user, queue = self._somebody(socket.query_params), asyncio.Queue[Json]()

        def heard(change: Any) -> None:
            if (told := page_state.news(self._ws, change, user)) is not None:
                queue.put_nowait(told)

        stop = self._ws.hear(heard)
        try:
            await _either(self._push(socket, queue), self._watch_scenarios(queue), _until_closed(socket))
        finally:
            stop()

    async def _push(self, socket: WebSocket, queue: asyncio.Queue[Json]) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await socket.send_json(await queue.get())

    async def _watch_scenarios(self, queue: asyncio.Queue[Json]) -> None:
        known: list[Json] | None = None
        while True:
            now = page_state.scenarios(self._director)
            if now != known:
                queue.put_nowait({"kind": "scenarios", "scenarios": now})
            known = now
            await asyncio.sleep(_SCENARIOS_EVERY)

    def _somebody(self, asked: Any) -> str:
        """Who is at the page: the person named by `as`, else «you»."""
        user = self._ws.users.get(str(asked.get("as", "")))
        somebody = user and not user.bot_id and user.standing != "deactivated" and user.id != SLACKBOT
        return user.id if user and somebody else self._ws.settings.you.slack_id


def _object(body: bytes) -> Json:
    value: Any = json.loads(body)
    if not isinstance(value, dict):
        raise TypeError("not a JSON object")
    return value


async def _until_closed(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()


async def _either(*works: Awaitable[None]) -> None:
    """Runs all of them until one ends, then ends the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
