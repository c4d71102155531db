"""A storm over real processes: killed with -9 and started again, and over two replicas: one storm, one table, once."""

import asyncio
import re
from datetime import UTC, datetime

import pytest

from playground.alerting import NEVER, Target, deliver, fingerprint
from playground.slack.faults import Fault
from playground.slack.rates import REAL
from playground.terminal import as_text
from tests.end_to_end.replicas import NO_SOURCES, open_replicas
from tests.end_to_end.watch import incident_channels, said_by_bot, until

COUNT = 8
STORMY = {"STORM_THRESHOLD": "3", "SLACK_LIMITS": "none", **NO_SOURCES}


def storm_channels(town):
    return [channel for channel in incident_channels(town) if channel.name.startswith("inc-storm-")]


def tables(town):
    """Every table that stands, in whatever channel."""
    return [
        message
        for channel in town.slack.workspace.channels.values()
        for message in channel.messages.values()
        if key(message).endswith(":table")
    ]


def key(message):
    return str((message.metadata or {}).get("event_payload", {}).get("key", ""))


def seen(town):
    """The services that some message of the bot names."""
    everywhere = (m for c in town.slack.workspace.channels.values() for m in c.messages.values() if m.bot_id)
    return set(re.findall(r"service-\d+", " ".join(as_text(message) for message in everywhere)))


def settled(town):
    """Whether each incident has a channel of its own, and the table says so."""
    own = [channel for channel in incident_channels(town) if channel.name.startswith("inc-service-")]
    briefed = [channel for channel in own if said_by_bot(channel) and "looking at" not in first(channel)]
    return len(briefed) == COUNT and all("waits" not in as_text(table) for table in tables(town))


def first(channel):
    return as_text(said_by_bot(channel)[0])


def doubled(town):
    keys = [key(m) for c in town.slack.workspace.channels.values() for m in c.messages.values() if key(m)]
    names = [re.sub(r"-\d{4}-\d{4}(-\d)?$", "", channel.name) for channel in incident_channels(town)]
    return [one for every in (keys, names) for one in set(every) if every.count(one) > 1]


async def fire(town, *urls):
    """An alert about each of so many services, to these bots in turn; each until it is taken."""
    began, token = datetime.now(UTC), town.env["ALERTMANAGER_WEBHOOK_TOKEN"]
    targets = [Target(f"{url}/webhooks/alertmanager", token) for url in urls]
    await asyncio.gather(*(deliver(alert(n, began), targets[n % len(targets)]) for n in range(COUNT)))


def alert(number, began):
    labels = {"alertname": "Down", "env": "prod", "service": f"service-{number}", "severity": "critical"}
    one = {"status": "firing", "labels": labels, "annotations": {}, "startsAt": began.isoformat(), "endsAt": NEVER}
    one |= {"generatorURL": "", "fingerprint": fingerprint(labels)}
    head = {"version": "4", "receiver": "first-responder", "status": "firing", "truncatedAlerts": 0, "groupKey": "{}"}
    return {
        **head,
        "alerts": [one],
        "groupLabels": {},
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "",
    }


STAGES = {
    "alerts taken": (None, lambda town: True),
    "channel created, answer lost": (Fault("conversations.create", when="after", delay=20.0, times=20), storm_channels),
    "table posted, answer lost": (Fault("chat.postMessage", when="after", delay=20.0, times=40), tables),
    "table edited, answer lost": (
        Fault("chat.update", when="after", delay=20.0, times=40),
        lambda town: any(table.edited for table in tables(town)),
    ),
    "channels being opened": (None, lambda town: len(incident_channels(town)) > 4),
}


ON_POSTGRESQL = [pytest.param("postgresql", stage, marks=pytest.mark.needs("postgres")) for stage in list(STAGES)[2:3]]


@pytest.mark.parametrize(("database", "stage"), [*(("sqlite", stage) for stage in STAGES), *ON_POSTGRESQL])
async def test_killed_in_a_storm_it_goes_on_with_one_channel_and_one_table(open_town, database, stage, request):
    more = {"DATABASE_URL": request.getfixturevalue("postgres_url")} if database == "postgresql" else {}
    fault, reached = STAGES[stage]
    async with open_town(CHANNEL_TIMEOUT_S="30", **STORMY, **more) as town:
        if fault:
            town.slack.workspace.faults.add(fault)
        await fire(town, town.bot.url)
        await until(lambda: reached(town), what=stage)
        await town.bot.kill()
        town.slack.workspace.faults.clear()

        await town.bot.start()
        await until(lambda: settled(town), what="every channel")
        assert len(seen(town)) == COUNT
        assert (len(storm_channels(town)), len(tables(town)), doubled(town)) == (1, 1, [])


@pytest.mark.needs("postgres")
async def test_two_replicas_see_one_storm_and_keep_one_table(tmp_path, postgres_url):
    async with open_replicas(tmp_path, postgres_url, CHANNEL_TIMEOUT_S="30", **STORMY) as replicas:
        town = replicas.town
        await fire(town, *(one.url for one in replicas.bots))
        await until(lambda: settled(town), what="every channel")

        assert len(seen(town)) == COUNT
        assert (len(storm_channels(town)), len(tables(town)), doubled(town)) == (1, 1, [])


async def test_with_slacks_own_limits_every_headline_is_seen_at_once(open_town):
    async with open_town(**{**STORMY, "SLACK_LIMITS": "published"}) as town:
        town.slack.workspace.meter.rates |= REAL
        await fire(town, town.bot.url)
        await until(lambda: len(seen(town)) == COUNT, what="every headline")
        assert len(tables(town)) == 1
