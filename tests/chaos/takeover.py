"""How long it takes until another replica goes on: `python -m tests.chaos.takeover`, its figures printed.

A process that is stopped (SIGSTOP) and never goes on is to the others what a machine is that is gone for good: its
process is still there, its connections are open, and only its lease tells. A killed one of the same machine is known
to be gone at once.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from pathlib import Path

from playground.slack.faults import Fault
from tests.end_to_end.replicas import freeze, open_replicas
from tests.end_to_end.watch import until
from tests.real.postgres import cluster, fresh_database

LIMIT_S = 60.0


async def takeovers(folder: Path, url: str, tries: int, how: str, lease_s: str) -> list[float]:
    """Seconds from its end to the briefing that another tells, each time in the middle of a headline."""
    found = []
    async with open_replicas(folder, url, REPLICA_LEASE_S=lease_s) as replicas:
        for number in range(tries):
            ends, service = replicas.bots[number % 2], f"shop-{number}"
            replicas.town.slack.workspace.faults.add(Fault("chat.postMessage", drop=True, times=None))
            await replicas.alert(service, ends)
            await until(lambda one=service: replicas.channel(one), what="its channel")
            await (ends.kill() if how == "kill" else asyncio.to_thread(freeze, ends))
            began = time.monotonic()
            replicas.town.slack.workspace.faults.clear()
            await until(lambda one=service: replicas.told(one), limit=2 * LIMIT_S, what="its briefing")
            found.append(time.monotonic() - began)
            await ends.kill()
            await ends.start()
        assert replicas.doubled() == [], replicas.doubled()
    return found


def main() -> int:
    """Exit 1 where one took longer than a minute, or something stands in Slack twice."""
    words = argparse.ArgumentParser(prog="python -m tests.chaos.takeover", description=__doc__)
    words.add_argument("--tries", type=int, default=5)
    words.add_argument("--how", choices=("freeze", "kill"), default="freeze")
    words.add_argument("--lease", default="20")
    asked = words.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=Path.home())))
        url = stack.enter_context(fresh_database(stack.enter_context(cluster())))
        found = asyncio.run(takeovers(folder, url, asked.tries, asked.how, asked.lease))
    print(f"{asked.how}, lease {asked.lease} s: seconds until another replica's briefing stood")
    print("  ".join(f"{seconds:.1f}" for seconds in found), f" longest {max(found):.1f}")
    return 1 if max(found) > LIMIT_S else 0


if __name__ == "__main__":
    sys.exit(main())
