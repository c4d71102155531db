"""The composition of runs: the one place beside `bot/app.py` that names edges and rooms, and puts them together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.catalog import Catalog
from bot.desk import Desk
from bot.guard.autonomy import Approvers
from bot.house.open_replica import Replica
from bot.runs.autonomy_file import load_grants
from bot.runs.workshop import Rules, Workshop
from bot.settings import Settings, SettingsError
from bot.slack.people import SlackPeople
from bot.slack.web import Web
from bot.state.audit import ChainedAudit
from bot.state.database import Database
from bot.state.runs import SqlRuns
from bot.state.switch import SqlSwitch
from integrations import pagerduty, prometheus
from integrations.pagerduty.client import PagerDuty
from integrations.prometheus.instant import instant
from integrations.trust import context as tls_context
from runbooks.prepare import House
from runbooks.running import HandsSettings, open_hands

Begin = Callable[[str], Awaitable[None]]


@asynccontextmanager
async def open_workshop(
    settings: Settings, desk: Desk, database: Database, replica: Replica, begin: Begin
) -> AsyncIterator[Workshop]:
    """Everything that a run needs. Raises SettingsError."""
    if settings.slack_bot_token is None:
        raise SettingsError("SLACK_BOT_TOKEN: not set; `first-responder doctor` says how to get one")
    web = Web(
        settings.slack_bot_token.get_secret_value(),
        settings.slack_api_url,
        tls_context("slack", settings.extra_ca_file),
        governor=replica.governor,
    )
    hands, on_call = open_hands(_hands(settings)), _OnCall(settings, desk.catalog)
    key = settings.audit_key
    try:
        yield Workshop(
            desk=desk,
            runs=SqlRuns(database),
            audit=ChainedAudit(database, key.get_secret_value()) if key else None,
            switch=SqlSwitch(database),
            people=SlackPeople(web, on_call.emails),
            hands=hands,
            house=House(hands.program, settings.runbook_allowed_hosts, settings.runbook_env),
            rules=Rules(
                profile=settings.autonomy_profile,
                approvers=Approvers.of(settings),
                grants=load_grants(settings.autonomy_file),
                approval_timeout_s=settings.approval_timeout_s,
                shared_channels=settings.shared_channels,
            ),
            begin=begin,
            bell=replica.bell,
        )
    finally:
        await hands.close()
        await on_call.close()
        await web.close()


def _hands(settings: Settings) -> HandsSettings:
    token = settings.prometheus_token
    asks = (
        instant(
            prometheus.Settings(
                settings.prometheus_url, token.get_secret_value() if token else None, settings.extra_ca_file
            )
        )
        if settings.prometheus_url
        else None
    )
    return HandsSettings(
        programs=settings.runbook_allowed_programs,
        env=settings.runbook_env,
        hosts=settings.runbook_allowed_hosts,
        sandbox=settings.runbook_sandbox,
        prometheus=asks,
        ca_file=settings.extra_ca_file,
    )


class _OnCall:
    """Addresses of who is on call for a service now, at any level, asked of PagerDuty each time."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._pagerduty: PagerDuty | None = None
        if key := settings.pagerduty_api_key:
            room = pagerduty.Settings(key.get_secret_value(), settings.pagerduty_api_url, settings.extra_ca_file)
            self._pagerduty = PagerDuty(room)
        self._catalog = catalog

    async def emails(self, service: str) -> tuple[str, ...]:
        """Raises RoomError."""
        policy = self._catalog.service(service).oncall
        if self._pagerduty is None or not policy:
            return ()
        return tuple(duty.email for duty in await self._pagerduty.on_call(policy) if duty.email)

    async def close(self) -> None:
        if self._pagerduty is not None:
            await self._pagerduty.close()
