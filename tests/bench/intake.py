"""How fast webhooks are answered at a steady rate: alone, while stories are told, and by a bare endpoint."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from playground.bot import free_port
from tests.bench import process
from tests.bench.incidents import LIMIT_S, measure
from tests.bench.world import LAST, NO_SOURCES, TOKEN, World
from tests.bench.world import running as world_running

RATE = 100
SERVICES = 30
SLACK_S = 0.08
SOURCES_S = 0.2


@dataclass(frozen=True, slots=True)
class Answered:
    """One row: what was asked, and how long each answer took in seconds."""

    what: str
    took: Sequence[float]
    lag: Sequence[float]
    """How late each alert was sent: the measuring's own noise."""
    refused: dict[str, int]
    """Answers that were not 202, by status."""


async def rows(folder: Path, seconds: float) -> list[Answered]:
    """The bare endpoint, and the bot with nothing but intake to do."""
    count = int(RATE * seconds)
    return [
        await _bare(folder / "bare", count),
        await _told(folder / "told", [i % SERVICES for i in range(count)]),
    ]


async def rows_with_stories(folder: Path, seconds: float) -> list[Answered]:
    """The bot while it tells one story after another, and while it tells all at once."""
    count = int(RATE * seconds)
    every = count // SERVICES
    return [
        await _telling(
            folder / "telling",
            [(i * 7) % (i // every + 1) for i in range(count)],
            f"{SERVICES} stories begin meanwhile, one every {every / RATE:.2g} s",
        ),
        await _telling(
            folder / "storm",
            [i % SERVICES for i in range(count)],
            f"{SERVICES} stories begin in the first {SERVICES / RATE:g} s",
        ),
    ]


async def _told(folder: Path, numbers: Sequence[int]) -> Answered:
    """Nothing but intake: Slack answers at once and no source is configured."""
    async with world_running(folder, slack_s=0.0, sources_s=0.0) as world:
        env = {**world.env, **NO_SOURCES}
        async with process.running(process.BOT, env, world.folder, world.url):
            await _open(world)
            return await _fire(f"{SERVICES} incidents are open, their stories told", world.url, _alerts(world, numbers))


async def _telling(folder: Path, numbers: Sequence[int], what: str) -> Answered:
    async with (
        world_running(folder, slack_s=SLACK_S, sources_s=SOURCES_S) as world,
        process.running(process.BOT, world.env, world.folder, world.url),
    ):
        await measure(world, [LAST])  # one incident told, so that everything is loaded
        return await _fire(what, world.url, _alerts(world, numbers))


def _alerts(world: World, numbers: Sequence[int]) -> list[dict[str, object]]:
    return [world.payload(number, f"f{place}") for place, number in enumerate(numbers)]


_PATH = "/webhooks/alertmanager"


async def _bare(folder: Path, count: int) -> Answered:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {"HTTP_PORT": str(port), "DATABASE_FILE": str(folder / "bare.sqlite")}
    await asyncio.to_thread(folder.mkdir, parents=True)
    async with process.running(("-m", "tests.bench.commit"), env, folder, url):
        body = {"version": "4", "alerts": [{"labels": {"alertname": "HighErrorRate"}, "fingerprint": "f"}]}
        return await _fire("a bare endpoint: one SQLite commit, 202", url, [body] * count)


async def _open(world: World) -> None:
    """Opens the incidents and waits until each was told."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as client:
        for number in range(SERVICES):
            (await client.post(f"{world.url}{_PATH}", json=world.payload(number))).raise_for_status()
    for _ in range(int(LIMIT_S / 0.1)):
        if sum(call.method == "pins.add" for call in world.calls.done) >= SERVICES and not world.calls.under_way:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(2.0)


async def _fire(what: str, url: str, bodies: Sequence[dict[str, object]]) -> Answered:
    """From a process of its own, so that Slack's stand-in does not hold it up."""
    plan = json.dumps({"url": url + _PATH, "token": TOKEN, "rate": RATE, "bodies": bodies})
    load = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        told, _ = await asyncio.wait_for(load.communicate(plan.encode()), len(bodies) / RATE + 60)
    finally:
        if load.returncode is None:
            load.kill()
            await load.wait()
    answer = json.loads(told)
    refused = {status: count for status, count in answer["statuses"].items() if status != "202"}
    return Answered(what, answer["took"], answer["lag"], refused)
