"""Serves a stand-in on loopback: an ASGI app on a free port, with or without TLS, as long as one is inside."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from playground.tls import Certificates

START_LIMIT = 10.0
FINISH_S = 1.0
"""How long, at the end, an answer under way may still take that somebody waits for."""


def listen(port: int) -> socket.socket:
    """A socket on loopback that answers at once: asyncio itself only spares its own sockets the wait for more."""
    listener = socket.create_server(("127.0.0.1", port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class StandIn(uvicorn.Server):
    """One of several servers in a process: the signals belong to the program around it, and it goes when it is told.

    uvicorn's own looks for that in steps of a tenth of a second, which adds up where hundreds come and go.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def leave(self) -> None:
        self.should_exit = True
        self._told.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # which also sets the date of its answers
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Hangs up; an answer that nobody waits for any more is not waited for here either."""
        state, end = self.server_state, time.monotonic() + FINISH_S
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(state.connections):
            connection.shutdown()
        while state.connections and time.monotonic() < end:  # noqa: ASYNC110  # uvicorn tells it in no other way
            await asyncio.sleep(0.002)
        left = list(state.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class Droppable(H11Protocol):
    """Lets a request drop its own connection, with `request.state.drop()`: for faults on purpose."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.app_state = self.app_state | {"drop": transport.abort}


@asynccontextmanager
async def serving(
    app: ASGIApp, certificates: Certificates | None = None, port: int = 0, **settings: Any
) -> AsyncIterator[str]:
    """The app's base URL, without a slash at its end; port 0 takes a free one. Gone on leaving.

    `settings` are uvicorn's, over those of a plain stand-in.
    """
    with listen(port) as listener:
        server = StandIn(uvicorn.Config(app, **_settings(certificates) | settings))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(START_LIMIT):
                while not server.started:
                    if task.done():
                        task.result()
                        raise RuntimeError("the server ended before it began")
                    await asyncio.sleep(0.002)
            yield f"{'https' if certificates else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.leave()
            await task


def _settings(certificates: Certificates | None) -> dict[str, Any]:
    return {
        "log_config": None,
        "access_log": False,
        "lifespan": "off",
        "ws": "none",
        "ssl_certfile": str(certificates.server_file) if certificates else None,
    }
