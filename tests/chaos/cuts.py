"""Connections to the database that are cut during whole incidents, at random moments; then all of it is counted.

The bot lives on. Each transaction may end without an answer: not carried out, or carried out and nobody was told.
"""

from __future__ import annotations

import asyncio
import random
import time

import psycopg

from tests.chaos.count import Tally, count
from tests.chaos.incidents import open_crowd

CUTS_S = (0.05, 1.2)
"""Between one cut and the next, at random."""
CUT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> %s"
GO_ON_S = 1.0


async def chaos(folder, kills, seed, **settings) -> Tally:
    """So many cuts of every connection that the bot has, of one bot that is never started again. Needs PostgreSQL."""
    draw, began = random.Random(seed), time.monotonic()
    async with open_crowd(folder, draw, **settings) as crowd:
        await crowd.town.bot.start()
        pid = crowd.town.bot.pid
        async with asyncio.TaskGroup() as group:
            cutting = group.create_task(_cut(settings["DATABASE_URL"], kills, draw))
            while not cutting.done():
                crowd.go_on(group)
                await asyncio.sleep(GO_ON_S)
            await crowd.over()
        lived = crowd.town.bot.pid == pid
        await crowd.town.bot.stop()
        tally = await count(crowd)
    tally.stages, tally.seconds = {"every connection cut": kills}, time.monotonic() - began
    if not lived:
        tally.unstored.append("the bot ended")
    return tally


async def _cut(url, times, draw) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for _ in range(times):
            await asyncio.sleep(draw.uniform(*CUTS_S))
            await connection.execute(CUT, [connection.info.backend_pid])
