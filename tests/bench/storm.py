"""`python -m tests.bench.storm`: alerts by the thousand in a minute, and what becomes of each.

Alertmanager's payloads go to the bot as a process, between the playground's stand-ins, with Slack's own limits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from playground.slack.rates import REAL
from tests.bench import machine, process
from tests.bench.storm_alerts import Storm, storm
from tests.bench.storm_watch import Record, Seen, State, Weight, until, weighed
from tests.bench.table import both, markdown, percentile
from tests.bench.world import TOKEN, World
from tests.bench.world import running as world_running
from tests.real.postgres import cluster, fresh_database

SLACK_S = 0.08
SOURCES_S = 0.2
THRESHOLD = "10"
AIM_S = 60.0
"""By then every headline is to be seen, in its channel or in the storm's table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One storm, and what is asked of it."""

    alerts: int
    services: int
    seconds: float
    minutes: float
    """So long at most is waited for looks, after the last alert."""
    postgres: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    row: Row
    sent: int
    distinct: int
    stored: int
    lost: int
    doubled: int
    """Alerts that stand with another service's incident, and incidents beyond one a service."""
    unfindable: int
    """Alerts whose incident no message in Slack names."""
    incidents: int
    answered: Sequence[float]
    refused: dict[str, int]
    visible: Sequence[float]
    """Seconds from each service's first alert to its first sight in Slack."""
    unseen: int
    told_s: float | None
    """Seconds after the last alert until each was looked into; None where that took longer than was waited for."""
    state: State
    weight: Weight
    limited: Counter[str]
    """429s by method."""


async def measure(row: Row, folder: Path, database_url: str = "", **settings: str) -> Outcome:
    """`settings`: over those of the world."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(world_running(folder, slack_s=SLACK_S, sources_s=SOURCES_S, rates=REAL))
        own = {"DATABASE_URL": database_url} if database_url else {}
        env = {**world.env, "STORM_THRESHOLD": THRESHOLD, "SLACK_LIMITS": "published", **own, **settings}
        program = await stack.enter_async_context(process.running(process.BOT, env, folder, world.url))
        record, seen, made = Record(env["DATABASE_URL"]), Seen(), storm(row.alerts, row.services)
        stack.callback(record.close)
        stack.callback(world.slack.workspace.hear(seen.hear))
        weight = await stack.enter_async_context(weighed(program))
        told = await _fire(world, made, row.seconds)
        sent_at = time.perf_counter()
        await _all_seen(seen, made, sent_at + AIM_S)
        passed = time.perf_counter() - sent_at
        told_s, _ = await until(lambda s: s.untold == 0, record, row.minutes * 60 - passed)
        return await _outcome(row, world, made, seen, told, record, weight, None if told_s is None else told_s + passed)


async def _fire(world: World, made: Storm, seconds: float) -> dict:
    """From a process of its own; it ends when the last was taken."""
    rate = len(made.bodies) / seconds
    url = f"{world.url}/webhooks/alertmanager"
    plan = json.dumps({"url": url, "token": TOKEN, "rate": rate, "bodies": made.bodies, "until_taken": True})
    argv = (sys.executable, "-m", "tests.bench.load")
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    load = await asyncio.create_subprocess_exec(*argv, **pipes, cwd=Path(__file__).parents[2])
    try:
        told, _ = await asyncio.wait_for(load.communicate(plan.encode()), seconds + 300)
    finally:
        if load.returncode is None:
            load.kill()
            await load.wait()
    return json.loads(told) | {"rate": rate}


async def _all_seen(seen: Seen, made: Storm, limit: float) -> None:
    while len(seen.at) < len(made.first_of) and time.perf_counter() < limit:  # noqa: ASYNC110 - plain objects
        await asyncio.sleep(0.2)


async def _outcome(row, world, made, seen, told, record, weight, told_s) -> Outcome:
    on_record = await record.alerts()
    state = await record.state()
    stored = {(fingerprint, start): firing for fingerprint, start, firing, *_ in on_record}
    elsewhere = sum(own != home for *_, own, home, _ in on_record)
    due = {name: told["began"] + number / told["rate"] for name, number in made.first_of.items()}
    return Outcome(
        row=row,
        sent=made.sent,
        distinct=len(made.firing),
        stored=len(stored),
        lost=sum(stored.get(one) != firing for one, firing in made.firing.items()),
        doubled=len(on_record) - len(stored) + elsewhere + state.incidents - len(made.first_of),
        unfindable=sum(home not in seen.at for *_, home, _ in on_record),
        incidents=state.incidents,
        answered=told["took"],
        refused={status: count for status, count in told["statuses"].items() if status != "202"},
        visible=[seen.at[name] - due[name] for name in due if name in seen.at],
        unseen=len(due.keys() - seen.at.keys()),
        told_s=told_s,
        state=state,
        weight=weight,
        limited=world.calls.limited,
    )


HEAD = (
    "storm",
    "alerts sent (distinct)",
    "stored / lost / doubled / not findable",
    "incidents (storms)",
    "webhook p50 / p99 ms",
    "visible after p50 / max s (not in 60 s)",
    "all looked into after s (left)",
    "channels to come",
    "RSS max MB, bot / looking",
    "429s",
)


def report(outcomes: Sequence[Outcome]) -> str:
    """The table that is printed, and stands in docs/RELIABILITY.md."""
    return markdown(HEAD, map(_cells, outcomes))


def _cells(one: Outcome) -> tuple[str, ...]:
    where = ", PostgreSQL" if one.row.postgres else ""
    visible = f"{percentile(one.visible, 50):.1f} / {max(one.visible):.1f}" if one.visible else "-"
    told = f"more than {one.row.minutes * 60:.0f}" if one.told_s is None else f"{one.told_s:.0f}"
    refused = "".join(f", {count} × {status}" for status, count in one.refused.items())
    return (
        f"{one.row.alerts:,} in {one.row.seconds:.0f} s over {one.row.services}{where}",
        f"{one.sent:,} ({one.distinct:,})",
        f"{one.stored:,} / {one.lost} / {one.doubled} / {one.unfindable}",
        f"{one.incidents} ({one.state.storms})",
        both(one.answered, 99) + refused,
        f"{visible} ({one.unseen + sum(s > AIM_S for s in one.visible)})",
        f"{told} ({one.state.untold})",
        str(one.state.without_channel),
        f"{one.weight.bot:.0f} / {one.weight.looking:.0f}",
        ", ".join(f"{count} {method}" for method, count in one.limited.most_common(4)) or "none",
    )


async def _bench(rows: Sequence[Row]) -> None:
    print("\n".join(f"- {fact}" for fact in machine.facts()), flush=True)
    outcomes: list[Outcome] = []
    for row in rows:
        with tempfile.TemporaryDirectory(prefix="storm-", ignore_cleanup_errors=True) as name:
            if row.postgres:
                with cluster() as url, fresh_database(url) as database:
                    outcomes.append(await measure(row, Path(name), database))
            else:
                outcomes.append(await measure(row, Path(name)))
        print("\n" + report(outcomes[-1:]), flush=True)
    print("\n" + report(outcomes))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.storm", description=__doc__.partition("\n")[0])
    parser.add_argument("--alerts", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--services", type=int, nargs="+", default=[1, 30, 300])
    parser.add_argument("--seconds", type=float, default=60.0, help="in which they are sent")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long looks are waited for")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    asked = parser.parse_args()
    rows = [Row(a, s, asked.seconds, asked.minutes, asked.postgres) for a in asked.alerts for s in asked.services]
    asyncio.run(_bench(rows))


if __name__ == "__main__":
    main()
