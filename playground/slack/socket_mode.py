"""Socket Mode: the app calls us, and deliveries go down the sockets that it holds open."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any, Literal

from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.slack.calls import Call, Method
from playground.slack.deliver import Delivery, NotAcknowledged
from playground.slack.errors import SlackError
from playground.slack.model import Json
from playground.slack.workspace import APP, Workspace

CONNECTIONS = 10
"""As many sockets as one app may hold open."""


class SocketMode:
    """The app's open sockets. Each delivery goes down one of them, in turn."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._sockets: list[WebSocket] = []
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._sent_down: dict[str, WebSocket] = {}
        self._connected = asyncio.Event()

    @property
    def connections(self) -> int:
        return len(self._sockets)

    async def connected(self) -> None:
        """Waits until the app holds at least one socket open."""
        await self._connected.wait()

    async def endpoint(self, socket: WebSocket) -> None:
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._workspace.tickets:
            await socket.close(4403)
            return
        self._workspace.tickets.discard(ticket)
        await socket.accept()
        self._sockets.append(socket)
        await socket.send_json(self._hello())
        self._connected.set()
        try:
            while True:
                self._acknowledged(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._forget(socket)
            self._unheard(socket)

    async def send(self, delivery: Delivery) -> Json:
        """Sends it down one socket and waits for the acknowledgement while that stands. Raises NotAcknowledged."""
        limit = self._workspace.settings.ack_within
        envelope = secrets.token_hex(16)
        answer = self._waiting[envelope] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(limit):
                await self._connected.wait()
                socket = self._sent_down[envelope] = self._next_socket()
                await socket.send_json(_envelope(envelope, delivery))
                said: Json = await answer
                return said
        except TimeoutError:
            raise NotAcknowledged("timeout") from None
        except (WebSocketDisconnect, RuntimeError):
            raise NotAcknowledged("connection_failed") from None
        finally:
            del self._waiting[envelope]
            self._sent_down.pop(envelope, None)

    async def refresh(self, reason: Literal["warning", "refresh_requested", "link_disabled"]) -> None:
        """Tells the app that its sockets end, and ends them, as Slack does every few hours."""
        for socket in tuple(self._sockets):
            self._forget(socket)
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}})
            await socket.close()

    def drop(self) -> None:
        """Cuts every socket off without a word, as a network does."""
        for socket in tuple(self._sockets):
            self._forget(socket)
            socket.state.drop()

    def _next_socket(self) -> WebSocket:
        self._sockets.append(self._sockets.pop(0))
        return self._sockets[-1]

    def _forget(self, socket: WebSocket) -> None:
        if socket in self._sockets:
            self._sockets.remove(socket)
        if not self._sockets:
            self._connected.clear()

    def _unheard(self, socket: WebSocket) -> None:
        """What went down this socket, and was not acknowledged before its end, never is."""
        for envelope, waiting in self._waiting.items():
            if self._sent_down.get(envelope) is socket and not waiting.done():
                waiting.set_exception(NotAcknowledged("connection_failed"))

    def _acknowledged(self, raw: str) -> None:
        try:
            answer: Any = json.loads(raw)
        except ValueError:
            return
        waiting = self._waiting.get(answer.get("envelope_id", "")) if isinstance(answer, dict) else None
        if waiting and not waiting.done():
            waiting.set_result(answer.get("payload") or {})

    def _hello(self) -> Json:
        debug = {"host": "playground", "build_number": 1, "approximate_connection_time": 18060}
        info = {"app_id": APP}
        return {"type": "hello", "num_connections": self.connections, "debug_info": debug, "connection_info": info}


def _envelope(envelope: str, delivery: Delivery) -> Json:
    shown: Json = {"envelope_id": envelope, "type": delivery.kind, "payload": delivery.payload}
    shown["accepts_response_payload"] = delivery.kind != "events_api"
    if delivery.kind == "events_api":
        shown |= {"retry_attempt": delivery.attempt, "retry_reason": delivery.reason}
    return shown


def open_connection(call: Call) -> Json:
    """`apps.connections.open`: an address that opens one socket."""
    ws = call.workspace
    if len(ws.tickets) >= CONNECTIONS:
        raise SlackError("too_many_websockets")
    ticket = secrets.token_urlsafe(16)
    ws.tickets.add(ticket)
    return {"url": f"{ws.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP}"}


METHODS = {"apps.connections.open": Method(open_connection, ("connections:write",), "app")}
