"""What a person does in the demo: starts an incident, reads the briefing, reacts, asks, and types the command.

Keeps screenshots in `var/screenshots`; with SCREENSHOTS=docs they are those of the README.
"""

import asyncio
import os
from pathlib import Path

import pytest

from tests.end_to_end.reader import Reader
from tests.end_to_end.watch import briefed

pytestmark = pytest.mark.needs("chromium", "chromedriver")

KEPT = Path(__file__).parents[2] / os.environ.get("SCREENSHOTS", "var/screenshots")


async def test_a_person_starts_an_incident_and_works_with_its_briefing(open_town, browser):
    async with open_town(start=False) as town:
        code, printed = await town.bot.run("learn", "history.jsonl")
        assert code == 0, printed
        await town.bot.start()
        reader = Reader(browser)
        await asyncio.to_thread(reader.go, town.slack.url)
        await asyncio.to_thread(reader.sees, "#banner", "Simulated")
        await asyncio.to_thread(reader.clicks, ".scenario[data-id=wrong-endpoint] .start")
        await briefed(town, "payment-service")
        await asyncio.to_thread(_work, reader)
        await asyncio.to_thread(_keep, reader)
        assert not [line for line in reader.complaints() if "favicon" not in line]


def _work(reader):
    reader.clicks("#channels a", "inc-payment-service-")
    reader.sees("#topic", "SEV1")
    reader.sees("#messages .message.pinned .said", "Likely cause")
    reader.sees("#messages .message.pinned .said", "v2.34.1, deployed")
    row = ".message.pinned "
    reader.clicks(row + '.bar [data-quick="eyes"]')
    reader.sees(row + ".reaction.mine .count", "1")
    reader.sees("#composer .join, #composer button", "Join")
    reader.clicks("#composer button", "Join")
    reader.types("#composer textarea", "/incident-action\n")
    reader.sees(".message.whisper .said", "rollback-deployment")
    reader.clicks(row + ".bar .reply")
    reader.sees("#replies figure img")
    reader.types("#thread textarea", "what changed?\n")
    reader.sees("#replies .message:last-child .said", "no model was used")


def _keep(reader):
    reader.keeps(KEPT / "screenshot.png", width=1440, height=1420)
    reader.keeps(KEPT / "screenshot-phone.png", width=400, height=1100)
