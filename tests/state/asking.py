"""One process that asks for turns as fast as it can: `python -m tests.state.asking URL REQUESTS TRIES`.

Its first turn it takes before it says that it is ready: so two such processes have each had one, whichever is quicker.
"""

import asyncio
import sys

from bot.state.model_pace import SqlPace
from tests.state.patient import open_patiently


async def main(url, requests, tries):
    database = open_patiently(url)
    pace = SqlPace(database, requests, 1_000_000)
    taken = await pace.take(1, 10) == 0
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for _ in range(tries):
        taken += await pace.take(1, 10) == 0
    print(taken, flush=True)
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
