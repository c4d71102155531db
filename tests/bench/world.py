"""A world to measure in: the playground's Slack with a latency for each call, and sources with a delay."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground import tls
from playground.alerting import Target
from playground.bot import free_port
from playground.director import Director, Settings, services_yaml
from playground.elasticsearch.app import App as Elasticsearch
from playground.github import GitHub
from playground.pagerduty import PagerDuty
from playground.pinned import Pinned
from playground.prometheus.app import Prometheus
from playground.scenarios import scenario
from playground.serving import serving
from playground.slack.rates import Rate
from playground.slack.serve import Slack
from playground.slack.serve import running as slack_running
from playground.slack.settings import SlackSettings
from playground.world import LogRecord, Person, Rollout, Sample, Shift
from tests.bench.again import TWIN, Again, Answers, service

SERVICES = 400
LAST = SERVICES - 1
TOKEN = "bench"
SOURCE_SETTINGS = ("PROMETHEUS_URL", "ELASTICSEARCH_URL", "GITHUB_TOKEN", "PAGERDUTY_API_KEY", "CHROMA_PATH")
NO_SOURCES = dict.fromkeys(SOURCE_SETTINGS, "")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of Slack's Web API, on this machine's monotonic clock."""

    method: str
    began: float
    ended: float


@dataclass
class Calls:
    """Every call that Slack got, by the app and at its files."""

    done: list[Call] = field(default_factory=list)
    under_way: int = 0
    limited: Counter[str] = field(default_factory=Counter)
    """How many of each method were answered 429."""

    def between(self, since: float, until: float) -> list[Call]:
        return [call for call in self.done if call.began >= since and call.ended <= until]


class _Counting:
    """An ASGI app around Slack's that notes each call."""

    def __init__(self, app: ASGIApp, calls: Calls) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        self._calls.under_way += 1

        async def counted(message: Message) -> None:
            if message.get("status") == 429:
                self._calls.limited[scope["path"].rpartition("/")[2]] += 1
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            self._calls.under_way -= 1
            method = scope["path"].rpartition("/")[2]
            self._calls.done.append(Call(method, began, time.perf_counter()))


class _Still:
    """The world of one scenario at the moment of its alert, for stand-ins: it does not move on."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._pinned = Pinned(scenario("wrong-endpoint"), now)
        self._director = Director(Settings(Target("", "")), self)

    def now(self) -> datetime:
        return self._now

    def samples(self) -> Sequence[Sample]:
        return self._pinned.samples(self._now)

    def logs(self) -> Sequence[LogRecord]:
        return self._pinned.logs(self._now)

    def rollouts(self) -> Sequence[Rollout]:
        return self._pinned.rollouts(self._now)

    def people(self) -> Sequence[Person]:
        return self._director.people()

    def shifts(self) -> Sequence[Shift]:
        return self._director.shifts()

    def history(self) -> str:
        """Past incidents as JSON lines for `first-responder learn`."""
        past = self._director.history()
        lines = ({**{k: getattr(p, k) for k in p.__slots__}, "opened_at": p.opened_at.isoformat()} for p in past)
        return "".join(json.dumps(line) + "\n" for line in lines)


@dataclass(frozen=True, slots=True)
class World:
    slack: Slack
    calls: Calls
    answers: Answers
    env: Mapping[str, str]
    """Settings of a bot; the database and the memory of past incidents are in `folder`."""
    folder: Path
    url: str
    """Where the bot, or the plain design, has to listen."""
    alerted: datetime

    def payload(self, number: int, fingerprint: str = "") -> dict[str, object]:
        """Alertmanager's webhook for an alert of the service of this number."""
        rule = scenario("wrong-endpoint").rule
        name = service(number)
        alert = {
            "status": "firing",
            "labels": {
                "alertname": rule.alertname,
                "env": "production",
                "namespace": "payments",
                "service": name,
                "severity": rule.severity,
            },
            "annotations": {"summary": rule.summary, "description": rule.description},
            "startsAt": self.alerted.isoformat(),
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example/graph",
            "fingerprint": fingerprint or name,
        }
        return {"version": "4", "status": "firing", "alerts": [alert], "groupKey": "{}", "receiver": "bot"}


@asynccontextmanager
async def running(
    folder: Path, *, slack_s: float, sources_s: float, rates: Mapping[str, Rate] | None = None
) -> AsyncIterator[World]:
    """Slack whose calls take `slack_s` seconds, and four sources whose answers take `sources_s`.

    `rates`: how many calls Slack takes; without, as many as come.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    still, calls, answers, port = _Still(_now()), Calls(), Answers(sources_s), free_port()
    certificates = tls.make(folder / "tls")
    async with AsyncExitStack() as stack:

        async def source(name: str, app: ASGIApp, *, secure: bool = False) -> str:
            served = serving(Again(name, app, answers), certificates if secure else None)
            return await stack.enter_async_context(served)

        settings = SlackSettings(latency=slack_s, rates=rates or {})
        slack = await stack.enter_async_context(slack_running(settings, still.people()))
        slack.app.add_middleware(_Counting, calls=calls)
        repos = frozenset(s.repo for s in _company() if s.repo)
        incidents = slack.workspace.named("incidents")
        (folder / "services.yaml").write_text(services_yaml(_company()))
        (folder / "history.jsonl").write_text(still.history())
        env = {
            "DATABASE_URL": f"sqlite:///{folder / 'bot.sqlite'}",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(port),
            "EXTRA_CA_FILE": str(certificates.ca_file),
            "SLACK_BOT_TOKEN": settings.bot_token,
            "SLACK_APP_TOKEN": settings.app_token,
            "SLACK_API_URL": slack.api_url,
            "SLACK_LIMITS": "none",  # incidents come one after another without a pause, more of them than Slack takes
            "SLACK_INCIDENTS_CHANNEL": incidents.id if incidents else "",
            "ALERTMANAGER_WEBHOOK_TOKEN": TOKEN,
            "PROMETHEUS_URL": await source("prometheus", Prometheus(still, TOKEN, []).app()),
            "PROMETHEUS_TOKEN": TOKEN,
            "ELASTICSEARCH_URL": await source("elasticsearch", Elasticsearch(still, TOKEN, "logs-bench")),
            "ELASTICSEARCH_API_KEY": TOKEN,
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_API_URL": await source("github", GitHub(still, TOKEN, repos).app()),
            "PAGERDUTY_API_KEY": TOKEN,
            "PAGERDUTY_API_URL": await source("pagerduty", PagerDuty(still, TOKEN).app(), secure=True),
            "CHROMA_PATH": str(folder / "chroma"),
            "SERVICES_FILE": str(folder / "services.yaml"),
            "STORM_THRESHOLD": "0",  # each incident is measured by itself
        }
        yield World(slack, calls, answers, env, folder, f"http://127.0.0.1:{port}", still.now())


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _company() -> tuple:
    """The services of the scenario, with as many twins of the one that fires as are measured."""
    known = [profile.service for profile in scenario("wrong-endpoint").profiles]
    twin = next(one for one in known if one.name == TWIN)
    twins = (replace(twin, name=service(n), repo=f"{twin.repo}-{n:03d}") for n in range(SERVICES))
    return (*known, *twins)
