"""`make chaos`: the long form of the kill tests, with its figures printed."""

import argparse
import asyncio
import contextlib
import sys
import tempfile
from pathlib import Path

from tests.chaos.runs import chaos
from tests.real.postgres import cluster, fresh_database


def main() -> int:
    """Exit 1 where something ran twice or unasked, or an approval was lost."""
    words = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    words.add_argument("--kills", type=int, default=100)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    asked = words.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=Path.home())))
        more = {}
        if asked.postgres:
            more["DATABASE_URL"] = stack.enter_context(fresh_database(stack.enter_context(cluster())))
        tally = asyncio.run(chaos(folder, asked.kills, asked.seed, **more))
    where = "PostgreSQL" if asked.postgres else "SQLite"
    print(f"kill -9 during runs of five steps, on {where}, seed {asked.seed}")
    print("\n".join([*tally.lines(), *tally.faults]))
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
