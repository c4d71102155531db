"""`python -m tests.bench`: how fast the bot is, on this machine, beside what it is to be measured against."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench import intake, machine, model_report, process, redaction, report
from tests.bench.answers import answers
from tests.bench.incidents import NoBriefing, Timing, measure
from tests.bench.prompt import sizes
from tests.bench.report import Measured
from tests.bench.starts import starts
from tests.bench.world import LAST
from tests.bench.world import running as world_running
from tests.real.postgres import cluster, fresh_database
from tests.real.programs import FINDERS

SLACK_S = 0.08
"""What each call of Slack's Web API takes: about what the real one takes for a small call over a good line."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    incidents: int
    starts: int
    load_s: float
    questions: int
    delays: tuple[float, ...] = (0.005, 0.2, 1.0)
    postgres: bool = True


PARTS = ("incidents", "starts", "webhooks", "answers", "redaction")
PASSES = 5
"""Over the same lines, of each way of masking them."""
FULL = Plan(50, 3, 20.0, 25)
QUICK = Plan(3, 1, 2.0, 5, delays=(0.2,), postgres=False)
SIDE_BY_SIDE = 2
"""In how many parts, each with a world and a program of its own, a row is told whose sources take a second."""


def main() -> int:
    arguments = _arguments()
    plan = QUICK if arguments.quick else FULL
    try:
        asyncio.run(_bench(plan, arguments.only))
    except (NoBriefing, process.NotStarted) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look in under a minute: few of everything")
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    return parser.parse_args()


async def _bench(plan: Plan, only: str | None) -> None:
    began = time.perf_counter()
    print("\n".join(f"- {fact}" for fact in machine.facts()), flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if only in (None, "incidents"):
            print("\n" + report.incidents(await _incidents(plan, folder), SLACK_S), flush=True)
        if only in (None, "starts"):
            print("\n" + report.starts(await starts(folder, plan.starts, SLACK_S)), flush=True)
        if only in (None, "webhooks"):
            rows = await intake.rows(folder, plan.load_s)
            rows += await intake.rows_with_stories(folder, plan.load_s) if plan is not QUICK else []
            print("\n" + report.webhooks(rows, plan.load_s), flush=True)
        if only in (None, "answers"):
            print("\n" + model_report.prompts(sizes()), flush=True)
            print("\n" + model_report.answers(await answers(folder / "answers", plan.questions)), flush=True)
        if only in (None, "redaction"):
            print("\n" + redaction.report(redaction.speeds(PASSES)), flush=True)
    print(f"\nAll of it took {time.perf_counter() - began:.0f} s.")


async def _incidents(plan: Plan, folder: Path) -> list[Measured]:
    found: list[Measured] = []
    for delay in plan.delays:
        if delay >= 1:  # they wait nearly all of the time, so they may wait side by side
            found += await asyncio.gather(*(_in_parts(folder, who, delay, plan.incidents) for who in ("bot", "plain")))
        else:
            found += [
                await _told(folder / f"{who}-{delay:g}", who, delay, range(plan.incidents)) for who in ("bot", "plain")
            ]
    if plan.postgres and FINDERS["postgres"]() is not None:
        found.append(await _on_postgres(folder, plan))
    return found


async def _in_parts(folder: Path, who: str, delay: float, incidents: int) -> Measured:
    """One row, told by several programs side by side; the heaviest of them is weighed."""
    parts = [range(first, incidents, SIDE_BY_SIDE) for first in range(SIDE_BY_SIDE)]
    told = await asyncio.gather(
        *(_told(folder / f"{who}-{delay:g}-{number}", who, delay, part) for number, part in enumerate(parts))
    )
    warm, after = (max(getattr(one, what) for one in told) for what in ("warm_mb", "after_mb"))
    return Measured(who, delay, [timing for one in told for timing in one.timings], warm, after, SIDE_BY_SIDE)


async def _told(here: Path, who: str, delay: float, numbers: Collection[int], database: str = "") -> Measured:
    """These incidents by the bot or the plain design, after one that is not counted."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(world_running(here, slack_s=SLACK_S, sources_s=delay))
        env = {**world.env, "DATABASE_URL": database or world.env["DATABASE_URL"]}
        await _learn(env, here)
        argv = process.BOT if who == "bot" else process.PLAIN
        program = await stack.enter_async_context(process.running(argv, env, here, world.url))
        chores = () if who == "plain" else None
        await _some(world, [LAST], chores)
        idle = program.rss_mb()
        timings = await _some(world, numbers, chores)
        return Measured(f"{who}{', PostgreSQL' if database else ''}", delay, timings, idle, program.rss_mb())


async def _some(world, numbers, chores) -> list[Timing]:
    return await (measure(world, numbers) if chores is None else measure(world, numbers, chores))


async def _learn(env: dict[str, str], folder: Path) -> None:
    """The company's history goes into the memory of past incidents."""
    await process.once(("-m", "bot", "learn", "history.jsonl"), env, folder)


async def _on_postgres(folder: Path, plan: Plan) -> Measured:
    with cluster() as url, fresh_database(url) as database:
        return await _told(folder / "bot-postgres", "bot", 0.2, range(plan.incidents), database)


if __name__ == "__main__":
    sys.exit(main())
