"""The least that a bot like this could be: imports what every Slack bot imports, and answers /readyz."""

from __future__ import annotations

import os

import slack_bolt.async_app  # noqa: F401
import sqlalchemy.ext.asyncio  # noqa: F401
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


async def ready(_: Request) -> Response:
    return PlainTextResponse("ready")


if __name__ == "__main__":
    app = Starlette(routes=[Route("/readyz", ready)])
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["HTTP_PORT"]), log_config=None, lifespan="off")
