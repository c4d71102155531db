"""One instant query, for steps of a runbook: the figures as they are now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from integrations import trust
from integrations.prometheus import NAME, Settings
from integrations.threads import Threads

Figures = tuple[tuple[str, float], ...]
"""Labels in words, and the figure."""


def instant(settings: Settings) -> Callable[[str, float], Awaitable[Figures]]:
    """A function that asks `query` within so many seconds, in a thread of its own. It raises RoomError."""
    threads = Threads(f"{NAME}-steps", 4)

    async def ask(query: str, seconds: float) -> Figures:
        return await threads.run(lambda: _asked(replace(settings, limit_s=seconds), query))

    return ask


def _asked(settings: Settings, query: str) -> Figures:
    from integrations.prometheus.client import Client

    trusted = trust.context(NAME, settings.ca_file) if settings.url.startswith("https") else None
    client = Client(settings, trusted)
    try:
        rows = client.now(query)
    finally:
        client.cut()
    return tuple((_named(row.labels), row.values[-1]) for row in rows if row.values)


def _named(labels: object) -> str:
    pairs = dict(labels) if isinstance(labels, dict) else {}
    return " ".join(f"{name}={value}" for name, value in sorted(pairs.items()) if name != "__name__")
