"""Claude as far as the bot asks it: Anthropic's Messages API over a socket, answered by a script and by no model.

The script reads the prompt's facts, uses the tools that it is offered and quotes what they found. It understands
nothing: it is there so that everything around a model can be tried without one. The page says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playground.claude.faults import Faults
from playground.serving import Droppable, serving


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was not taken: the answer, and the body as far as it was read."""

    status: int
    kind: str
    message: str
    body: Any


@dataclass
class Running:
    url: str = ""
    """Without `/v1`, as the SDK wants it."""
    key: str = field(default="", repr=False)
    """Who sends this is let in."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    """The body of each valid request for a message so far, those that met a fault too."""
    spans: list[tuple[float, float]] = field(default_factory=list)
    """When each request came and when its answer was out, on this machine's monotonic clock."""
    refused: list[Refused] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)


@asynccontextmanager
async def running(
    *, key: str, faults: Faults | None = None, port: int = 0, pace: float = 0.0
) -> AsyncIterator[Running]:
    """Serves the API on loopback for those who send this key; port 0 takes a free one.

    `pace` is the pause between two events of a stream, in seconds.
    """
    from playground.claude.app import Claude

    seen = Running(key=key, faults=faults or Faults())
    async with serving(Claude(seen, pace).app(), port=port, http=Droppable) as url:
        seen.url = url
        yield seen
