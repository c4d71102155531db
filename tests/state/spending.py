"""A process with 25 stories at once that reserve and settle against one small limit; it is told when to begin.

Run as `python -m tests.state.spending URL NAME`; prints as JSON how many calls were let through and how many refused.
One call it has let through before it says that it is ready, and settles it at its end: so two such processes have money
set aside at the same time whatever share of the machine and of the database's lock each of them gets.
"""

import asyncio
import json
import random
import sys

from bot.clock import SystemClock
from bot.domain.money import Account, Money, Usage
from bot.questions.budget import Limits
from bot.questions.model_ports import OverBudget
from bot.state.purse import SqlPurse
from tests.state.patient import open_patiently

STORIES = 25
CALLS = 6
"""Tries of each story."""
LIMIT = Money.dollars("1.00")
MOST = Money.dollars("0.13")
"""What a call sets aside: seven fit into the limit, and the eighth would pass it by a little."""
COST = Money.dollars("0.004")
WIDE = Money.dollars(1_000)


async def story(purse, incident_id, dice):
    """Its calls, one after another; one in forty ends without being settled, as in a crash."""
    let_through = 0
    for number in range(CALLS):
        account = Account("answer", incident_id, f"U{dice.randrange(3)}", f"{incident_id}-{number}")
        try:
            reservation = await purse.reserve(account, "claude", MOST)
        except OverBudget as over:
            assert over.window == "day", over
            continue
        let_through += 1
        await asyncio.sleep(dice.random() / 100)
        if dice.random() > 1 / 40:
            await purse.settle(reservation, Usage(100, 10), COST)
    return let_through


async def main(url, name):
    database, dice = open_patiently(url), random.Random(name)
    purse = SqlPurse(database, SystemClock(), Limits(WIDE, WIDE, WIDE, day=LIMIT, month=WIDE))
    held = await purse.reserve(Account("answer", name, "U0", name), "claude", MOST)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    made = sum(await asyncio.gather(*(story(purse, f"{name}-{number}", dice) for number in range(STORIES))))
    await purse.settle(held, Usage(100, 10), COST)
    await database.dispose()
    print(json.dumps({"made": 1 + made, "refused": STORIES * CALLS - made}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
