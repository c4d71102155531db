"""Prometheus as far as the bot asks it: a world's series over its HTTP API, behind a bearer token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playground.serving import serving
from playground.world import World


@dataclass
class Running:
    url: str = ""
    requests: list[str] = field(default_factory=list)
    """The path of each request to the API so far."""


@asynccontextmanager
async def running(world: World, *, token: str, port: int = 0) -> AsyncIterator[Running]:
    """Serves the world's series on loopback for those who send this bearer token; port 0 takes a free one."""
    from playground.prometheus.app import Prometheus

    seen = Running()
    async with serving(Prometheus(world, token, seen.requests).app(), port=port) as url:
        seen.url = url
        yield seen
