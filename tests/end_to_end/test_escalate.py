"""Nobody acknowledges an incident: PagerDuty calls level 1, then level 2, and the channel says so, once each."""

import asyncio
import ssl

import httpx

from playground.terminal import as_text
from tests.chaos.person import ALICE, Person
from tests.end_to_end.watch import briefed, channel_of, said_by_bot, until

SERVICE = "payment-service"


def called(town):
    return [text for text in map(as_text, said_by_bot(channel_of(town, SERVICE))) if "📟" in text]


async def pages(town):
    """Every incident that PagerDuty has."""
    trusted = ssl.create_default_context(cafile=town.env["EXTRA_CA_FILE"])
    key = {"Authorization": f"Token token={town.env['PAGERDUTY_API_KEY']}"}
    url = town.env["PAGERDUTY_API_URL"]
    async with httpx.AsyncClient(base_url=url, verify=trusted, headers=key, timeout=30) as there:
        return (await there.get("/incidents")).json()["incidents"]


async def test_each_level_is_called_until_somebody_acknowledges_also_after_kill_9(open_town):
    switched = {"ESCALATE_ON": "unacknowledged", "ESCALATE_AFTER_S": "6", "PAGERDUTY_ACKNOWLEDGE": "true"}
    async with open_town(**switched) as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        await until(lambda: called(town), what="the first call")
        (made,) = await pages(town)
        assert "nobody acknowledged it" in made["title"]
        await town.bot.kill()
        await town.bot.start()
        await until(lambda: len(called(town)) == 2, what="the second call")
        assert "Level 2 called" in called(town)[1]
        alice = Person(town, ALICE, channel_of(town, SERVICE))
        await alice.join()
        await alice.say("/incident ack")
        await alice.hears("no further level is called")
        async with asyncio.timeout(30):
            while [one["status"] for one in await pages(town)] != ["acknowledged"]:  # noqa: ASYNC110 - a page elsewhere
                await asyncio.sleep(0.1)
        await town.bot.stop()
        assert len(called(town)) in (2, 3)  # the third level may have been due at that very moment


async def test_as_shipped_nobody_is_called(open_town):
    async with open_town(ESCALATE_AFTER_S="1") as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        await town.bot.stop()
        assert await pages(town) == []
