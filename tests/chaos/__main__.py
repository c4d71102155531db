"""`make chaos`: the long form of the kill tests, with its figures printed."""

import argparse
import asyncio
import contextlib
import sys
import tempfile
from pathlib import Path

from tests.chaos import cuts, incidents, runs
from tests.real.postgres import cluster, fresh_database

BOTH = ("sqlite", "postgres")
HARNESSES = {
    "incidents": ("kill -9 during whole incidents", incidents.chaos, BOTH, BOTH),
    "runs": ("kill -9 during runs of five steps", runs.chaos, BOTH, ("sqlite",)),
    "cuts": ("connections cut during whole incidents", cuts.chaos, ("postgres",), ("postgres",)),
}
"""Name → what it is, the harness, the databases that it can be run on, and those it is run on where none is named."""


def main() -> int:
    """Exit 1 where anything was lost, doubled, ran twice or ran unasked."""
    words = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    words.add_argument("--kills", type=int, default=100, help="or cuts, of each harness on each database")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--only", choices=tuple(HARNESSES), help="one harness; all are run where it is not said")
    words.add_argument("--sqlite", dest="on", action="append_const", const="sqlite")
    words.add_argument("--postgres", dest="on", action="append_const", const="postgres")
    asked = words.parse_args()
    faults = 0
    for name in [asked.only] if asked.only else HARNESSES:
        what, harness, can, usual = HARNESSES[name]
        for database in asked.on or usual:
            if database not in can:
                print(f"{what}: not on {database}", end="\n\n", flush=True)
                continue
            print(f"{what}, on {database}, seed {asked.seed}", flush=True)
            tally = _run(harness, asked, database)
            print("\n".join([*tally.lines(), *tally.faults]), end="\n\n", flush=True)
            faults += len(tally.faults)
    return 1 if faults else 0


def _run(harness, asked, database):
    """In a folder and a database of its own."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=Path.home())))
        more = {}
        if database == "postgres":
            more["DATABASE_URL"] = stack.enter_context(fresh_database(stack.enter_context(cluster())))
        return asyncio.run(harness(folder, asked.kills, asked.seed, **more))


if __name__ == "__main__":
    sys.exit(main())
