"""Puts the parts together: one Slack on one port, with its Web API, its sockets and its page."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from playground.serving import Droppable, serving
from playground.slack import (
    methods_chat,
    methods_conversations,
    methods_files,
    methods_marks,
    methods_people,
    methods_stream,
    socket_mode,
    views,
)
from playground.slack.calls import Method
from playground.slack.deliver import Deliveries, NotAcknowledged
from playground.slack.director import Director
from playground.slack.errors import SlackError
from playground.slack.http_mode import HttpMode
from playground.slack.interactions import Interactions
from playground.slack.model import Json
from playground.slack.page import Page
from playground.slack.settings import SlackSettings
from playground.slack.socket_mode import SocketMode
from playground.slack.web_api import WebApi, api_test
from playground.slack.workspace import Workspace, utc_now
from playground.world import Person

METHODS: Mapping[str, Method] = {
    "api.test": Method(api_test, token="none"),
    **methods_people.METHODS,
    **methods_conversations.METHODS,
    **methods_chat.METHODS,
    **methods_stream.METHODS,
    **methods_marks.METHODS,
    **methods_files.METHODS,
    **views.METHODS,
    **socket_mode.METHODS,
}


@dataclass(frozen=True, slots=True)
class Slack:
    """A Slack that is put together. `app` is the ASGI app; the rest is what tests and the demo reach for."""

    app: Starlette
    workspace: Workspace
    deliveries: Deliveries
    interactions: Interactions
    socket_mode: SocketMode

    @property
    def url(self) -> str:
        """The page."""
        return self.workspace.url + "/"

    @property
    def api_url(self) -> str:
        """The base URL for Slack clients; ends in `/api/`."""
        return self.workspace.url + "/api/"

    async def set_request_url(self, url: str) -> None:
        """Deliveries go there from now on, signed. Raises NotAcknowledged if it does not answer the challenge."""
        http = HttpMode(self.workspace.settings, url)
        try:
            await http.verify()
        except NotAcknowledged:
            await http.close()
            raise
        await self._close_http()
        self.deliveries.transport = http

    async def close(self) -> None:
        """Ends deliveries and sockets."""
        await self.deliveries.close()
        await self._close_http()

    async def _close_http(self) -> None:
        if isinstance(self.deliveries.transport, HttpMode):
            await self.deliveries.transport.close()


def build(
    settings: SlackSettings,
    people: Sequence[Person] = (),
    director: Director | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Slack:
    """A Slack that does not listen yet: serve `.app`, after setting `.workspace.url`."""
    workspace = Workspace(settings, people, clock)
    sockets = SocketMode(workspace)
    transport = HttpMode(settings, settings.request_url) if settings.request_url else sockets
    deliveries = Deliveries(workspace, transport)
    interactions = Interactions(workspace, deliveries)
    page = Page(workspace, interactions, director)
    routes = [*_protocol(workspace, interactions, sockets), *page.routes()]
    return Slack(Starlette(routes=routes), workspace, deliveries, interactions, sockets)


def _protocol(workspace: Workspace, interactions: Interactions, sockets: SocketMode) -> list[BaseRoute]:
    api = WebApi(workspace, METHODS)

    async def upload(request: Request) -> Response:
        return await _receive_file(workspace, request)

    async def download(request: Request) -> Response:
        return _send_file(workspace, request)

    async def respond(request: Request) -> Response:
        return await _receive_response(interactions, request)

    return [
        Route("/api/{method}", api.answer, methods=["GET", "POST"]),
        Route("/upload/v1/{file_id}", upload, methods=["POST", "PUT"]),
        Route("/files/{file_id}/download", download),
        Route("/respond/{secret}", respond, methods=["POST"]),
        WebSocketRoute("/link/", sockets.endpoint),
    ]


async def _receive_file(workspace: Workspace, request: Request) -> Response:
    file = workspace.files.get(request.path_params["file_id"])
    content = await request.body()
    if file is None or file.content is not None:
        return PlainTextResponse("invalid upload", 404)
    if len(content) != file.size:
        return PlainTextResponse(f"expected {file.size} bytes, got {len(content)}", 400)
    file.content = content
    return PlainTextResponse(f"OK - {len(content)}")


def _send_file(workspace: Workspace, request: Request) -> Response:
    """A file for the app, which shows its token; the page has its own way in."""
    file = workspace.files.get(request.path_params["file_id"])
    token = workspace.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
    if token is None or token.revoked:
        return PlainTextResponse("sign in", 403)
    if file is None or file.content is None:
        return PlainTextResponse("no such file", 404)
    return Response(file.content, media_type=file.mimetype)


def _object(body: bytes) -> Json:
    value: Any = json.loads(body)
    if not isinstance(value, dict):
        raise SlackError("invalid_payload")
    return value


async def _receive_response(interactions: Interactions, request: Request) -> Response:
    try:
        interactions.respond(request.path_params["secret"], _object(await request.body()))
    except ValueError:
        return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
    except SlackError as refusal:
        return JSONResponse({"ok": False, "error": refusal.code}, 404 if "url" in refusal.code else 400)
    return PlainTextResponse("ok")


@contextlib.asynccontextmanager
async def running(
    settings: SlackSettings | None = None,
    people: Sequence[Person] = (),
    director: Director | None = None,
    clock: Callable[[], datetime] = utc_now,
    port: int = 0,
) -> AsyncIterator[Slack]:
    """A Slack that listens on 127.0.0.1, on a free port unless one is named, until the block ends."""
    slack = build(settings or SlackSettings(), people, director, clock)
    async with serving(slack.app, port=port, http=Droppable, ws="websockets-sansio", log_level="warning") as url:
        slack.workspace.url = url
        try:
            yield slack
        finally:
            await slack.close()
