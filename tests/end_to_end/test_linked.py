"""Two services of one cause and a third of another, over real sockets: two channels; people put it right by command."""

import httpx

from playground.slack import channels
from playground.slack.settings import YOU
from playground.terminal import as_text
from tests.end_to_end.watch import channel_of, incident_channels, said_by_bot, until

LEAD, LINKED, APART = "booking-api", "rates-store", "payment-service"
WHY = "booking-api depends on rates-store through fare-engine"


async def fires(town, service):
    alert = {"title": "Down", "service": service, "severity": "critical"}
    headers = {"authorization": f"Bearer {town.env['GENERIC_WEBHOOK_TOKEN']}"}
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(f"{town.bot.url}/webhooks/alert", json=alert, headers=headers)
    assert answer.status_code == 202, answer.text


async def says(town, channel, text):
    """What the bot whispers to a command."""
    channels.join(town.slack.workspace, channel, YOU.slack_id)
    before = len(town.slack.workspace.whispers)
    await town.slack.interactions.command(YOU.slack_id, channel, text)

    def answered():
        """What came after the word that it takes longer, if that came."""
        told = map(as_text, town.slack.workspace.whispers[before:])
        return next((words for words in told if "Still at it" not in words), None)

    return await until(answered, what=f"an answer to {text}")


def telling_of(channel, service):
    """The text of the message in this channel that is about the service; empty where none is."""
    texts = [as_text(m) for m in said_by_bot(channel)] if channel else []
    return next((text for text in texts if f" {service} " in text.partition("\n")[0]), "")


async def test_one_channel_for_one_cause_and_people_put_it_right(open_town):
    async with open_town() as town:
        for service in (LEAD, LINKED, APART):
            await fires(town, service)
        home = await until(lambda: channel_of(town, LEAD), what="the lead's channel")
        await until(lambda: WHY in telling_of(home, LINKED), what="the linked one in the lead's channel")
        await until(lambda: WHY in telling_of(home, LEAD), what="the lead's list of those linked")
        await until(lambda: telling_of(channel_of(town, APART), APART), what="the independent one")
        assert len(incident_channels(town)) == 2
        await until(lambda: "First steps" in telling_of(home, LINKED) or "cause" in telling_of(home, LINKED))

        assert "channel of its own" in await says(town, home, "/incident split")
        own = await until(lambda: channel_of(town, LINKED), what="a channel of its own")
        await until(lambda: telling_of(own, LINKED), what="the message that moved")
        await until(lambda: "moved to its own channel" in telling_of(home, LINKED), what="the pointer")
        await until(lambda: WHY not in telling_of(home, LEAD), what="the lead without it")

        assert "from now on" in await says(town, own, f"/incident merge {APART}")
        there = channel_of(town, APART)
        await until(
            lambda: "told with payment-service" in telling_of(there, LINKED), what="the message at its new lead"
        )
        await until(lambda: "told with payment-service" in telling_of(own, LINKED), what="the second pointer")
        await until(lambda: "told with" in own.topic["value"], what="the topic that points there")
        assert len(incident_channels(town)) == 3
