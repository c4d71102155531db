"""Several bots on one PostgreSQL, in one playground: alerts in turn, and what then stands in Slack."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import bot
from playground import town as playground
from playground.alerting import NEVER, Target, deliver, fingerprint
from playground.bot import Bot, free_port
from playground.terminal import as_text
from tests.end_to_end.watch import PATIENCE_S, briefing, channel_of, incident_channels, said_by_bot

_SOURCES = ("PROMETHEUS_URL", "ELASTICSEARCH_URL", "GITHUB_TOKEN", "PAGERDUTY_API_KEY", "CHROMA_PATH", "EXTRA_CA_FILE")
NO_SOURCES = dict.fromkeys(_SOURCES, "")
"""What is looked at is not what these are about, and three bots start sooner without."""
LEASE_S = 9.0
"""Short, so that nobody waits long for what a dead one left; and longer than a busy machine holds up one that lives."""


class Replicas:
    """The town, and its bots by number. Each has a folder and a port of its own."""

    def __init__(self, town, folder):
        self.town, self.bots = town, []
        self._folder = folder
        self._turn = 0
        self._began = datetime.now(UTC)

    def add(self, tree=None, **more):
        """One more, not started; of another tree of sources where one is given."""
        number, port = len(self.bots), free_port()
        folder = self._folder / f"replica-{number}"
        folder.mkdir()
        if tree is not None:
            (folder / "bot").symlink_to(tree, target_is_directory=True)
        self.bots.append(Bot({**self.town.env, "HTTP_PORT": str(port), **more}, folder, port))
        return self.bots[-1]

    async def alert(self, service, *to, status="firing"):
        """One webhook about the service to each of these bots at once; without any, to the next in turn."""
        if not to:
            to, self._turn = (self.bots[self._turn % len(self.bots)],), self._turn + 1
        body = _alert(service, status, self._began)
        token = self.town.env["ALERTMANAGER_WEBHOOK_TOKEN"]
        sent = (deliver(body, Target(f"{one.url}/webhooks/alertmanager", token)) for one in to)
        await asyncio.gather(*sent)

    def channel(self, service):
        return channel_of(self.town, service)

    def told(self, service):
        """Whether its briefing stands."""
        return bool(briefing(self.channel(service)))

    def is_over(self, service):
        """Whether the channel and the message say that it is."""
        said = [as_text(message) for message in said_by_bot(self.channel(service))]
        return len(said) > 1 and "resolved" in said[0]

    def doubled(self):
        """What stands in Slack more than once, in words; empty: all is said once."""
        channels = Counter(channel.name.rpartition("-")[0] for channel in incident_channels(self.town))
        found = [f"{name}: {times} channels" for name, times in channels.items() if times > 1]
        for channel in [*incident_channels(self.town), self.town.slack.workspace.named("incidents")]:
            keys = Counter(_key(m) for m in channel.messages.values() if m.bot_id and _key(m))
            found += [f"{channel.name}: {key} × {times}" for key, times in keys.items() if times > 1]
        return found


@asynccontextmanager
async def open_replicas(folder, url, count=2, *, patience_s=PATIENCE_S, **more):
    """So many, started beside each other, on this database."""
    settings = {"DATABASE_URL": url, "REPLICA_LEASE_S": f"{LEASE_S:g}", **NO_SOURCES, **more}
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(playground.running(folder, more=settings, patience_s=patience_s))
        replicas = Replicas(town, folder)
        for _ in range(count):
            stack.push_async_callback(replicas.add().stop)
        await asyncio.gather(*(one.start() for one in replicas.bots))
        yield replicas


def freeze(one):
    """It stands still, as on a machine that is paused: nothing of it ends, nothing goes on."""
    os.kill(one.pid, signal.SIGSTOP)


def wake(one):
    os.kill(one.pid, signal.SIGCONT)


def other_version(folder, story_version, migration=""):
    """The same tree of sources as another version: of its stories, and with one migration more where one is given."""
    tree = folder / f"version-{story_version}"
    shutil.copytree(Path(bot.__file__).parent, tree, ignore=shutil.ignore_patterns("__pycache__"))
    engine = tree / "state" / "engine.py"
    lines = engine.read_text().splitlines()
    (at,) = [n for n, line in enumerate(lines) if line.startswith("STORY_VERSION = ")]
    lines[at] = f'STORY_VERSION = "{story_version}"'
    engine.write_text("\n".join(lines) + "\n")
    if migration:
        (tree / "state" / "migrations" / "versions" / "v9999_later.py").write_text(migration)
    return tree


def _alert(service, status, began):
    labels = {"alertname": "HighErrorRate", "env": "prod", "service": service, "severity": "critical"}
    ended = datetime.now(UTC).isoformat() if status == "resolved" else NEVER
    one = {
        "status": status,
        "labels": labels,
        "annotations": {"summary": f"{service} answers with errors"},
        "startsAt": began.isoformat(),
        "endsAt": ended,
        "generatorURL": "",
        "fingerprint": fingerprint(labels),
    }
    return {
        "version": "4",
        "receiver": "first-responder",
        "status": status,
        "alerts": [one],
        "truncatedAlerts": 0,
        "groupKey": f'{{}}:{{service="{service}"}}',
        "groupLabels": {"service": service},
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "",
    }


def _key(message):
    return (message.metadata or {}).get("event_payload", {}).get("key")
