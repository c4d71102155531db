"""A storm's table on a phone: one row, thirty, three hundred. Keeps screenshots in `var/screenshots`."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.incident import Channel, Severity
from bot.domain.storm import Row, Storm
from bot.slack.chat import SlackChat
from bot.slack.web import Web
from bot.storms import compose_storm
from playground.slack.serve import running
from playground.slack.settings import SlackSettings
from tests.end_to_end.reader import Reader

pytestmark = pytest.mark.needs("chromium", "chromedriver")

NOW = datetime(2026, 11, 21, 3, 47, tzinfo=UTC)
KEPT = Path(__file__).parents[2] / "var/screenshots"
NAMES = ("payment", "checkout", "ledger", "inventory", "search", "mail", "auth", "gateway", "catalog", "shipping")
STATES = ("looked", "looked", "looking", "waiting", "waiting", "resolved", "resolved unseen")


def rows(count, channel):
    return [_row(number, channel) for number in range(count)]


def _row(number, channel):
    state = STATES[number % len(STATES)]
    over = NOW - timedelta(minutes=1) if state.startswith("resolved") else None
    return Row(
        incident_id=f"INC-{number:010d}",
        opening=1,
        service=f"{NAMES[number % len(NAMES)]}-service-{number:03d}",
        env="staging" if number % 11 == 0 else "production",
        severity=Severity(1 + number % 3),
        title=("HighErrorRate", "HighLatency", "PodCrashLooping")[number % 3],
        alerts=1 + number % 5,
        firing=0 if over else 1 + number % 3 % (1 + number % 5),
        since=NOW - timedelta(minutes=5) + timedelta(seconds=number % 60),
        opened_at=NOW - timedelta(minutes=5) + timedelta(seconds=number / 5),
        state=state,
        resolved_at=over,
        channel_id=channel.id if state == "looked" and number % 2 else None,
        lead="INC-0000000001" if number % 13 == 8 else None,
        suspect=("v2.34.1 (high)", "payment-db (medium)", "")[number % 3] if state == "looked" else "",
    )


@pytest.mark.parametrize("count", [1, 30, 300])
async def test_on_a_phone_the_worst_stand_first_and_the_rest_is_one_tap_away(browser, count):
    async with running(SlackSettings()) as slack:
        settings = slack.workspace.settings
        chat = SlackChat(Web(settings.bot_token, slack.api_url), lambda text: text)
        channel = await chat.open_channel("inc-storm-1121-0342", "STORM-A")
        storm = Storm("STORM-A", NOW - timedelta(minutes=5), channel=Channel(channel.id, channel.name))
        shown = rows(count, channel)
        posted = await chat.post(channel.id, compose_storm.table(storm, shown, NOW), key="table")
        for number, page in enumerate(compose_storm.pages(shown, NOW)):
            await chat.post(channel.id, page, key=f"page:{number}", thread=posted.ts)
        await chat.post(channel.id, compose_storm.over(storm, shown, NOW), key="over")
        await asyncio.to_thread(_read, Reader(browser), slack.url, count)
        await chat.close()


def _read(reader, url, count):
    reader.go(url)
    reader.clicks("#channels a", "inc-storm-")
    reader.sees("#messages .message .said", f"Storm · {count} incident")
    reader.sees("#messages .message .said", "The storm is over")
    reader.keeps(KEPT / f"storm-{count}-phone.png", width=400, height=1500)
    if count == 300:
        reader.clicks("#messages .message .replies, #messages .message .bar .reply")
        reader.sees("#replies .message:last-child .said", "INC-0000000299")
        reader.keeps(KEPT / f"storm-{count}-thread-phone.png", width=400, height=1500)
    assert not [line for line in reader.complaints() if "favicon" not in line]
