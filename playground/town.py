"""The whole playground in one place: every stand-in on loopback, and a real bot that knows them only by settings."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from playground import cluster, elasticsearch, github, pagerduty, prometheus, tls
from playground.alerting import Target
from playground.bot import Bot, free_port
from playground.director import Director, Settings
from playground.scenarios import ALL
from playground.slack.serve import Slack
from playground.slack.serve import running as slack_running
from playground.slack.settings import Command, SlackSettings


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Town:
    """What the demo and the tests reach for."""

    slack: Slack
    director: Director
    bot: Bot
    env: Mapping[str, str]
    """The bot's settings, all of them addresses on loopback and tokens made up at the start."""


@asynccontextmanager
async def running(folder: Path, *, port: int = 0, more: Mapping[str, str] | None = None) -> AsyncIterator[Town]:
    """Every stand-in, and the settings of a bot that is not started yet. `folder` holds what the bot writes.

    `port` is the page's; `more` are settings over those of the town, an empty one turning something off.
    """
    doors = ("alerts", "prometheus", "elastic", "github", "pagerduty", "cluster")
    tokens = {name: secrets.token_urlsafe(24) for name in doors}
    bot_port = free_port()
    clock = WallClock()
    async with AsyncExitStack() as stack:
        certificates = tls.make(folder / "tls")
        slack_settings = _as_the_manifest_says()
        figures_port = free_port()  # known before it serves: alerts link to it
        target = Target(
            f"http://127.0.0.1:{bot_port}/webhooks/alertmanager", tokens["alerts"], f"http://127.0.0.1:{figures_port}"
        )
        director = Director(Settings(target), clock)
        figures = await stack.enter_async_context(
            prometheus.running(director, token=tokens["prometheus"], port=figures_port)
        )
        repos = [p.service.repo for s in ALL for p in s.profiles if p.service.repo]
        logs = await stack.enter_async_context(elasticsearch.running(director, api_key=tokens["elastic"]))
        code = await stack.enter_async_context(github.running(director, token=tokens["github"], repos=repos))
        rota = await stack.enter_async_context(
            pagerduty.running(director, token=tokens["pagerduty"], certificates=certificates)
        )
        pods = await stack.enter_async_context(cluster.running(director, token=tokens["cluster"]))
        slack = await stack.enter_async_context(
            slack_running(slack_settings, director.people(), director, clock.now, port=port)
        )
        (folder / "services.yaml").write_text(director.services_yaml())
        _write_history(folder / "history.jsonl", director)
        env = {
            **_own_settings(folder, bot_port, certificates.ca_file),
            **_slack_settings(slack),
            **_runbook_settings(pods),
            "ALERTMANAGER_WEBHOOK_TOKEN": tokens["alerts"],
            "GENERIC_WEBHOOK_TOKEN": tokens["alerts"],
            "PROMETHEUS_URL": figures.url,
            "PROMETHEUS_TOKEN": tokens["prometheus"],
            "ELASTICSEARCH_URL": logs.url,
            "ELASTICSEARCH_API_KEY": tokens["elastic"],
            "GITHUB_TOKEN": tokens["github"],
            "GITHUB_API_URL": code.url,
            "PAGERDUTY_API_KEY": tokens["pagerduty"],
            "PAGERDUTY_API_URL": rota.url,
            **(more or {}),
        }
        bot = Bot(env, folder, bot_port)
        try:
            yield Town(slack, director, bot, env)
        finally:
            await bot.stop()


def _own_settings(folder: Path, port: int, ca_file: Path) -> dict[str, str]:
    """What the bot keeps, and where it listens."""
    return {
        "DATABASE_URL": f"sqlite:///{folder / 'first-responder.sqlite'}",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
        "EXTRA_CA_FILE": str(ca_file),
        "CHROMA_PATH": str(folder / "chroma"),
        "SERVICES_FILE": str(folder / "services.yaml"),
    }


def _slack_settings(slack: Slack) -> dict[str, str]:
    """How the bot reaches Slack, by socket or by signed HTTP."""
    settings, incidents = slack.workspace.settings, slack.workspace.named("incidents")
    return {
        "SLACK_BOT_TOKEN": settings.bot_token,
        "SLACK_APP_TOKEN": settings.app_token,
        "SLACK_SIGNING_SECRET": settings.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "SLACK_INCIDENTS_CHANNEL": incidents.id if incidents else "",
    }


def _runbook_settings(pods: cluster.Cluster) -> dict[str, str]:
    """Who approves, and a kubectl that reaches the playground's cluster and no other."""
    return {
        "PATH": f"{cluster.PROGRAMS}:{os.environ.get('PATH', os.defpath)}",
        "RUNBOOK_ALLOWED_PROGRAMS": "kubectl,aws",
        "RUNBOOK_ENV": "PLAYGROUND_CLUSTER,PLAYGROUND_CLUSTER_TOKEN",
        "PLAYGROUND_CLUSTER": pods.url,
        "PLAYGROUND_CLUSTER_TOKEN": pods.token,
        "APPROVERS": "S0PAYMENTS,S0SRELEADS,oncall",
        "AUDIT_KEY": secrets.token_hex(32),
    }


def _as_the_manifest_says() -> SlackSettings:
    """A Slack that grants the bot exactly what `slack-manifest.yaml` asks for, with tokens of its own."""
    asked = yaml.safe_load((Path(__file__).parents[1] / "slack-manifest.yaml").read_text())
    return SlackSettings(
        bot_token=f"xoxb-{secrets.token_urlsafe(16)}",
        app_token=f"xapp-{secrets.token_urlsafe(16)}",
        signing_secret=secrets.token_hex(16),
        bot_scopes=frozenset(asked["oauth_config"]["scopes"]["bot"]),
        events=frozenset(asked["settings"]["event_subscriptions"]["bot_events"]),
        commands=tuple(
            Command(command["command"], command.get("usage_hint", ""), command.get("description", ""))
            for command in asked["features"]["slash_commands"]
        ),
    )


def _write_history(path: Path, director: Director) -> None:
    """The company's past incidents, in the form that `first-responder learn` reads."""
    lines = (
        json.dumps(
            {
                "id": past.id,
                "service": past.service,
                "title": past.title,
                "opened_at": past.opened_at.isoformat(),
                "minutes": past.minutes,
                "cause": past.cause,
                "resolution": past.resolution,
                "summary": past.summary,
            }
        )
        for past in director.history()
    )
    path.write_text("\n".join(lines) + "\n")
