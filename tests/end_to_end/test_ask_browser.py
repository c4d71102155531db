"""At the page: a question in the channel, its answer growing in the thread, a follow-up, a vote, and a human wanted.

Keeps screenshots in `var/screenshots`; with SCREENSHOTS=docs they are those of the README.
"""

import asyncio

import pytest

from tests.end_to_end.reader import Reader
from tests.end_to_end.test_browser import KEPT
from tests.end_to_end.watch import briefed, briefing, channel_of, until

pytestmark = pytest.mark.needs("chromium", "chromedriver")


async def test_a_person_asks_and_is_answered(open_town, browser):
    async with open_town(start=False, model="script") as town:
        await town.bot.run("learn", "history.jsonl")
        await town.bot.start()
        await town.director.start("wrong-endpoint")
        await briefed(town, "payment-service")
        await until(lambda: "Second opinion" in briefing(channel_of(town, "payment-service")), what="the opinion")
        reader = Reader(browser)
        await asyncio.to_thread(reader.go, town.slack.url)
        await asyncio.to_thread(_ask, reader)
        assert not [line for line in reader.complaints() if "favicon" not in line]


def _ask(reader):
    reader.sees("#banner", "script")
    reader.clicks("#channels a", "inc-payment-service-")
    reader.sees("#messages .message.pinned .said", "Second opinion")
    reader.clicks("#composer button", "Join")
    reader.types("#composer textarea", "did anything change in the gateway?\n")
    reader.sees("#messages .message:last-child", "1 reply")
    reader.clicks("#messages .message:last-child .bar .reply")
    reader.sees("#replies .message:last-child .said", "Sources")
    reader.sees("#replies .message:last-child .said", "claude-sonnet-5-5 · $")
    reader.keeps(KEPT / "answer.png", width=1440, height=1340)
    reader.keeps(KEPT / "answer-phone.png", width=400, height=900)
    reader.types("#thread textarea", "and what do the logs say?\n")
    reader.sees("#replies .message:last-child .said", "connection refused")
    reader.sees("#replies .message:last-child .said", "Sources")
    reader.clicks('#replies .message:last-child [data-action^="thumb.up"]', "👍")
    reader.sees(".message.whisper .said", "Noted.")
    reader.types("#thread textarea", "get me a human\n")
    reader.sees("#replies .message:last-child .said", "Page the on-call of payment-service?")
    reader.clicks('#replies [data-action^="page.person"]', "Page them")
    reader.sees("#replies .said", "Paged:")
