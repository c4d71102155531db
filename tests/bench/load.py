"""Alerts at a steady rate, whether or not the answers keep up: `python -m tests.bench.load`, its plan on stdin.

An answer's time counts from the moment at which its alert was due, so that one slow answer cannot hide those that had
to wait behind it. At most `MOST` are under way; the plan is a list of bodies. With `until_taken` each is sent as
Alertmanager does: again where it is not answered 202, and of each group one after another.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from typing import Any

import aiohttp

MOST = 500
GIVE_UP_S = 30.0
AGAIN_S = 1.0


async def fire(plan: dict[str, Any]) -> dict[str, Any]:
    """Seconds each answer took, how often each status came, and how late the alerts themselves were sent."""
    took: list[float] = []
    lag: list[float] = []
    statuses: Counter[str] = Counter()
    room = asyncio.Semaphore(MOST)
    groups: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
    headers = {"Authorization": f"Bearer {plan['token']}", "Content-Type": "application/json"}
    limits = aiohttp.ClientTimeout(total=GIVE_UP_S)
    connector = aiohttp.TCPConnector(limit=MOST)

    async with aiohttp.ClientSession(headers=headers, timeout=limits, connector=connector) as session:

        async def posted(body: bytes) -> str:
            try:
                async with session.post(plan["url"], data=body) as answer:
                    await answer.read()
                    return str(answer.status)
            except (aiohttp.ClientError, TimeoutError) as problem:
                return type(problem).__name__

        async def one(body: bytes, due: float) -> None:
            async with room:
                lag.append(time.perf_counter() - due)
                statuses[status := await posted(body)] += 1
            took.append(time.perf_counter() - due)
            while status != "202" and plan.get("until_taken"):
                await asyncio.sleep(AGAIN_S)
                statuses[status := await posted(body)] += 1

        async def in_turn(body: dict[str, Any], due: float) -> None:
            """Of a group the next is due only once the last was taken."""
            if not plan.get("until_taken"):
                await one(json.dumps(body).encode(), due)
                return
            async with groups[body["groupKey"]]:
                await one(json.dumps(body).encode(), max(due, time.perf_counter()))

        began = time.perf_counter() + 0.1
        async with asyncio.TaskGroup() as group:
            for number, body in enumerate(plan["bodies"]):
                due = began + number / plan["rate"]
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(in_turn(body, due))
    return {"began": began, "took": took, "lag": lag, "statuses": dict(statuses)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(fire(json.load(sys.stdin)))))
