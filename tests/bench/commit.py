"""A bare webhook, to compare with: one commit of SQLite for each request, flushed to disk, then 202."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


class Bare:
    """One thread, one connection; each statement commits itself."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._database = sqlite3.connect(os.environ["DATABASE_FILE"], isolation_level=None, check_same_thread=False)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE deliveries (body BLOB)"):
            self._database.execute(statement)

    async def ready(self, _: Request) -> Response:
        return PlainTextResponse("ready")

    async def take(self, request: Request) -> Response:
        insert = ("INSERT INTO deliveries VALUES (?)", (await request.body(),))
        await asyncio.get_running_loop().run_in_executor(self._thread, self._database.execute, *insert)
        return Response(status_code=202)


if __name__ == "__main__":
    bare = Bare()
    routes = [Route("/readyz", bare.ready), Route("/webhooks/alertmanager", bare.take, methods=["POST"])]
    app = Starlette(routes=routes)
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["HTTP_PORT"]), log_config=None, lifespan="off")
