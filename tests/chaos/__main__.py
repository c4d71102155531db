"""`make chaos`: the long form of the kill tests, with its figures printed."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.chaos.runs import chaos


def main() -> int:
    """Exit 1 where something ran twice unasked or an approval was lost."""
    words = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    words.add_argument("--kills", type=int, default=100)
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        tally = asyncio.run(chaos(Path(folder), asked.kills, asked.seed))
    print(f"kill -9 during runs of five steps, on SQLite, seed {asked.seed}")
    print("\n".join(tally.lines()))
    print("\n".join(tally.twice))
    return 1 if tally.twice or tally.lost else 0


if __name__ == "__main__":
    sys.exit(main())
