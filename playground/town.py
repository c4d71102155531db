"""The whole playground in one place: every stand-in on loopback, and a real bot that knows them only by settings."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import yaml

from playground import claude, cluster, elasticsearch, github, pagerduty, prometheus, tls
from playground.alerting import Target
from playground.bot import Bot, free_port
from playground.director import Director, Settings
from playground.scenarios import ALL
from playground.slack.serve import Slack
from playground.slack.serve import running as slack_running
from playground.slack.settings import Command, SlackSettings
from playground.tls import Certificates

Env = dict[str, str]
"""Settings of the bot, by the names of its environment variables."""
Model = Literal["none", "script", "real"]
"""Who answers the bot's questions to a model: nobody, the playground's script, or Anthropic."""
POSTMORTEMS = "acme/postmortems"
"""A repository that the bot may write to, once POSTMORTEM_GITHUB says so."""
PATIENCE_S = 3.0
"""How long Slack waits for an acknowledgement, and lets a form be opened."""
MODEL_PACE_S = 0.01
"""Between two words or so of the script's, so that an answer is seen to grow."""


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Town:
    """What the demo and the tests reach for."""

    slack: Slack
    director: Director
    bot: Bot
    env: Mapping[str, str] = field(repr=False)
    """The bot's settings: addresses on loopback and tokens made up at the start, but for a real model's key."""
    claude: claude.Running | None = None
    """What was asked of the script, and its faults; None where no script answers."""


@asynccontextmanager
async def running(
    folder: Path,
    *,
    port: int = 0,
    more: Mapping[str, str] | None = None,
    model: Model = "none",
    patience_s: float = PATIENCE_S,
) -> AsyncIterator[Town]:
    """Every stand-in, and the settings of a bot that is not started yet. `folder` holds what the bot writes.

    `port` is the page's; `more` are settings over those of the town, an empty one turning something off. With the
    `model` "real", which costs money, `more` holds its key: nothing is taken from this process's own environment.
    For `patience_s` seconds Slack waits for the bot: tests have more of it than Slack, as their machine may be busy.
    """
    certificates = tls.make(folder / "tls")
    bot_port = free_port()
    figures_port = free_port()  # known before it serves: alerts link to it
    alerts = _token()
    target = Target(f"http://127.0.0.1:{bot_port}/webhooks/alertmanager", alerts, f"http://127.0.0.1:{figures_port}")
    director = Director(Settings(target), WallClock())
    _write_what_the_bot_reads(folder, director)
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(_slack(director, port, _as_the_manifest_says(model, patience_s)))
        script = await stack.enter_async_context(_script(model))
        env = {
            **_own_settings(folder, bot_port, certificates.ca_file),
            **_slack_settings(slack),
            "ALERTMANAGER_WEBHOOK_TOKEN": alerts,
            "GENERIC_WEBHOOK_TOKEN": alerts,
            **_model_settings(script),
        }
        figures, rota = _figures(director, figures_port), _rota(director, certificates)
        for stand_in in (figures, _logs(director), _code(director), rota, _pods(director)):
            env |= await stack.enter_async_context(stand_in)
        env |= more or {}
        bot = Bot(env, folder, bot_port)
        stack.push_async_callback(bot.stop)
        yield Town(slack, director, bot, env, script)


# ── each stand-in, as long as one is inside, and how the bot reaches it ──


@asynccontextmanager
async def _figures(director: Director, port: int) -> AsyncIterator[Env]:
    token = _token()
    async with prometheus.running(director, token=token, port=port) as there:
        yield {"PROMETHEUS_URL": there.url, "PROMETHEUS_TOKEN": token}


@asynccontextmanager
async def _logs(director: Director) -> AsyncIterator[Env]:
    key = _token()
    async with elasticsearch.running(director, api_key=key) as there:
        yield {"ELASTICSEARCH_URL": there.url, "ELASTICSEARCH_API_KEY": key}


@asynccontextmanager
async def _code(director: Director) -> AsyncIterator[Env]:
    token = _token()
    repos = [profile.service.repo for one in ALL for profile in one.profiles if profile.service.repo]
    writes = _token()
    async with github.running(director, token=token, repos=repos, writes={POSTMORTEMS: writes}) as there:
        env = {"GITHUB_API_URL": there.url, "GITHUB_TOKEN": token}
        yield env | {"POSTMORTEM_REPO": POSTMORTEMS, "GITHUB_WRITE_TOKEN": writes}


@asynccontextmanager
async def _rota(director: Director, certificates: Certificates) -> AsyncIterator[Env]:
    key = _token()
    async with pagerduty.running(director, token=key, certificates=certificates) as there:
        sender = next((person.email for person in director.people()), "")
        yield {"PAGERDUTY_API_URL": there.url, "PAGERDUTY_API_KEY": key, "PAGERDUTY_FROM": sender}


@asynccontextmanager
async def _pods(director: Director) -> AsyncIterator[Env]:
    async with cluster.running(director, token=_token()) as there:
        yield _runbook_settings(there)


@asynccontextmanager
async def _script(model: Model) -> AsyncIterator[claude.Running | None]:
    if model != "script":
        yield None
        return
    async with claude.running(key=_token(), pace=MODEL_PACE_S) as there:
        yield there


def _slack(director: Director, port: int, settings: SlackSettings) -> AbstractAsyncContextManager[Slack]:
    return slack_running(settings, director.people(), director, director.now, port=port)


def _token() -> str:
    return secrets.token_urlsafe(24)


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
        "SLACK_LIMITS": "published" if settings.rates else "none",
        "SLACK_INCIDENTS_CHANNEL": incidents.id if incidents else "",
    }


def _model_settings(script: claude.Running | None) -> dict[str, str]:
    """How the bot reaches the script; without it no key, and so no model."""
    return {"ANTHROPIC_BASE_URL": script.url, "ANTHROPIC_API_KEY": script.key} if script else {}


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


def _as_the_manifest_says(model: Model, patience_s: float) -> SlackSettings:
    """A Slack that grants the bot exactly what `slack-manifest.yaml` asks for, with tokens of its own."""
    asked = yaml.safe_load((Path(__file__).parents[1] / "slack-manifest.yaml").read_text())
    return SlackSettings(
        bot_token=f"xoxb-{secrets.token_urlsafe(16)}",
        app_token=f"xapp-{secrets.token_urlsafe(16)}",
        signing_secret=secrets.token_hex(16),
        bot_scopes=frozenset(asked["oauth_config"]["scopes"]["bot"]),
        events=frozenset(asked["settings"]["event_subscriptions"]["bot_events"]),
        commands=tuple(
            Command(
                command["command"],
                command.get("usage_hint", ""),
                command.get("description", ""),
                escapes=command.get("should_escape", False),
            )
            for command in asked["features"]["slash_commands"]
        ),
        model=model,
        ack_within=patience_s,
        trigger_life=patience_s,
    )


def _write_what_the_bot_reads(folder: Path, director: Director) -> None:
    (folder / "services.yaml").write_text(director.services_yaml())
    _write_history(folder / "history.jsonl", director)


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
