"""Slack is down for as long as it likes: alerts are taken all the while, and everything is said once afterwards."""

from collections import Counter

import httpx
import pytest

from playground.slack.faults import Fault
from tests.end_to_end.watch import briefed, channel_of, incident_channels, said_by_bot, until

SERVICES = ("basket", "search", "mailer")
OUTAGES = {
    "hangs up": Fault("*", drop=True, times=None),
    "answers with a web page": Fault("*", status=502, times=None),
    "asks to come again after longer than one call waits": Fault(
        "*", status=429, error="ratelimited", retry_after=31, times=None
    ),
}


async def alert(town, service, status="firing"):
    headers = {"authorization": f"Bearer {town.env['GENERIC_WEBHOOK_TOKEN']}"}
    body = {"title": "HighErrorRate", "service": service, "status": status}
    async with httpx.AsyncClient(timeout=20) as client:
        return (await client.post(f"{town.bot.url}/webhooks/alert", json=body, headers=headers)).status_code


def keys(channel):
    return Counter((m.metadata or {}).get("event_payload", {}).get("key") for m in said_by_bot(channel))


@pytest.mark.parametrize(
    ("outage", "restarts"),
    [
        ("hangs up", False),
        ("answers with a web page", True),
        ("asks to come again after longer than one call waits", False),
    ],
)
async def test_slack_is_down_for_long(open_town, outage, restarts):
    async with open_town(CHROMA_PATH="") as town:
        faults = town.slack.workspace.faults
        assert await alert(town, SERVICES[0]) == 202
        await briefed(town, SERVICES[0])

        faults.add(OUTAGES[outage])
        for service in SERVICES[1:]:
            assert await alert(town, service) == 202
        assert await alert(town, SERVICES[0], "resolved") == 202
        await until(lambda: town.bot.log.read_text().count("no channel yet") >= 2, what="what Slack says to it")
        if restarts:
            await town.bot.kill()
            await town.bot.start()
            assert await alert(town, SERVICES[1]) == 202
        code, printed = await town.bot.run("doctor")
        assert code == 1
        assert "✗ slack" in printed
        faults.clear()

        for service in SERVICES[1:]:
            await briefed(town, service)
        first, incidents = channel_of(town, SERVICES[0]), town.slack.workspace.named("incidents")
        await until(lambda: len(said_by_bot(first)) == 2, what="that it is over")
        await until(lambda: len(said_by_bot(incidents)) == len(SERVICES), what="a line for each")
        assert len(incident_channels(town)) == len(SERVICES)
        for channel in (*incident_channels(town), incidents):
            assert set(keys(channel).values()) == {1}, keys(channel)
