"""How long a start takes until /readyz says yes, and what it weighs then, beside the least that a bot could be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.bot import free_port
from tests.bench import process
from tests.bench.incidents import measure
from tests.bench.world import running as world_running

SETTLED_S = 1.0
"""After the last source has said that it is ready, or after a bare start, until the program is weighed."""
WARM_S = 20.0
_WARM = '"source": "alerts"'
"""The last source that the bot asks after its start."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds to ready, megabytes when idle."""

    ready_s: float
    idle_mb: float


@dataclass(frozen=True, slots=True)
class Starts:
    fresh: list[Start]
    """On an empty database, which is made first."""
    again: list[float]
    """Seconds to ready on the same one, once more."""
    bare: list[Start]
    first: list[tuple[float, float]]
    """Headline and whole briefing of an incident that comes the moment the bot is ready, in seconds."""


async def starts(folder: Path, times: int, slack_s: float) -> Starts:
    found = Starts([], [], [], [])
    for number in range(times):
        async with world_running(folder / f"{number}", slack_s=slack_s, sources_s=0.005) as world:
            found.fresh.append(await _start(process.BOT, world.env, world.folder, world.url, _WARM))
            async with process.running(process.BOT, world.env, world.folder, world.url) as program:
                found.again.append(program.ready_s)
                (timing,) = await measure(world, [0])
                found.first.append((timing.headline, timing.briefing))
        port = free_port()
        here = folder / f"bare-{number}"
        await asyncio.to_thread(here.mkdir)
        found.bare.append(await _start(process.BARE, {"HTTP_PORT": str(port)}, here, f"http://127.0.0.1:{port}"))
    return found


async def _start(argv: tuple[str, ...], env: Mapping[str, str], folder: Path, url: str, warm: str = "") -> Start:
    log = folder / "log"
    before = log.stat().st_size if log.exists() else 0
    async with process.running(argv, env, folder, url) as program:
        for _ in range(int(WARM_S / 0.1)):
            if warm in await asyncio.to_thread(_since, log, before):
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(SETTLED_S)
        return Start(program.ready_s, program.rss_mb())


def _since(log: Path, place: int) -> str:
    return log.read_bytes()[place:].decode(errors="replace")
