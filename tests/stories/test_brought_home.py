"""A message that comes home from where it stood first stands there once, whoever else would bring it."""

import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

from bot.keep_current import catch_up
from bot.state.claims import Claims
from bot.state.database import open_database
from bot.state.tables import leases
from tests.stories.world import OWN, FakeSlack, Source, desk_with, fire, telling


async def replica(desk, database, name):
    """Another process at the same desk, with a lease of its own."""
    row = {"executor_id": name, "story_version": "3", "beats": 1, "expires_at": datetime.now(UTC)}
    await database.write(lambda connection: connection.execute(leases.insert().values(**row)).close())
    own = {"changed": asyncio.Event(), "turns": defaultdict(asyncio.Lock)}
    return replace(desk, alone=Claims(database, name).held, **own)


async def test_while_its_story_brings_it_no_other_part_of_two_replicas_brings_it_too(tmp_path):
    slack = FakeSlack()
    slack.refuse("open_channel", "ratelimited", passing=True, times=1)  # so that it stands elsewhere first
    async with (
        desk_with(tmp_path, slack, Source()) as desk,
        open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}") as database,
        AsyncExitStack() as stack,
    ):
        one, two = [await replica(desk, database, name) for name in ("one", "two")]
        coming, go_on = slack.hold("post", about=f"{OWN} ")
        story = await stack.enter_async_context(telling(one, await fire(one)))
        async with asyncio.timeout(60):
            await coming.wait()
        await fire(two, "HighLatency")
        await catch_up(one)
        await fire(two, "SLOBurn")
        await catch_up(two)
        go_on.set()
        await story
        await catch_up(two)

        assert slack.in_(OWN) == ["1:briefing"]
        (told,) = [message.text for message in slack.messages if message.posted.channel_id == OWN]
        assert "SLOBurn" in told and "HighLatency" in told
