"""Elasticsearch's search API over the playground's log records: one index, the clauses that the bot uses.

Not simulated: writing, aggregations, analysis of text beyond single words, weighing of scores, several shards.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playground.elasticsearch.app import App
from playground.serving import serving
from playground.world import World

INDEX = "logs-playground"


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    requests: list[str]
    """Method and path of each request so far."""


@asynccontextmanager
async def running(world: World, *, api_key: str, index: str = INDEX, port: int = 0) -> AsyncIterator[Running]:
    """Serves the world's logs for as long as one is inside; only `Authorization: ApiKey <api_key>` is let in."""
    app = App(world, api_key, index)
    async with serving(app, port=port) as url:
        yield Running(url, app.requests)
