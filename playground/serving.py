"""Serves a stand-in on loopback: an ASGI app on a free port, with or without TLS, as long as one is inside."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from playground.tls import Certificates

START_LIMIT = 10.0


def listen(port: int) -> socket.socket:
    """A socket on loopback that answers at once: asyncio itself only spares its own sockets the wait for more."""
    listener = socket.create_server(("127.0.0.1", port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Quiet(uvicorn.Server):
    """One of several servers in a process: the signals belong to the program around it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, certificates: Certificates | None = None, port: int = 0) -> AsyncIterator[str]:
    """The app's base URL, without a slash at its end; port 0 takes a free one. Gone on leaving."""
    listener = listen(port)
    server = _Quiet(_config(app, certificates))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(START_LIMIT):
            while not server.started:
                if task.done():
                    task.result()
                    raise RuntimeError("the server ended before it began")
                await asyncio.sleep(0.005)
        yield f"{'https' if certificates else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


def _config(app: ASGIApp, certificates: Certificates | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
        ssl_certfile=str(certificates.server_file) if certificates else None,
    )
