"""The plain design, to compare with: for an alert create the channel, ask six at a time, analyse, post.

It is given what the bot has: the same rooms, so the same questions over the same wire and as many at once, the same
analysis, the same words. What it lacks is the bot's order of things, its record and its care: no headline before the
evidence, nothing durable, nothing masked, no channel that is found again.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from threading import Thread

import structlog
import uvicorn
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import compose
from bot.analyse import analyse
from bot.catalog import load as load_catalog
from bot.domain.context import Context, Report
from bot.domain.incident import Incident, Severity, incident_id
from bot.domain.names import channel_name
from bot.fit_runbooks import fit_runbooks
from bot.house.rooms import open_rooms
from bot.look import scope_of
from bot.settings import Settings, load
from bot.slack.blocks import render
from bot.sources import MatchingRunbooks, ServiceFacts
from integrations.alertmanager.alerts import parse
from integrations.contract import Alert, ContextSource, Gap, Look, RoomError, Scope
from runbooks.loader import load as load_runbooks

SIX = 6
log = structlog.get_logger(__name__)


class Plain:
    def __init__(self, settings: Settings) -> None:
        assert settings.slack_bot_token
        self._slack = WebClient(settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url)
        self._catalog = load_catalog(settings.services_file)
        self._library = load_runbooks(settings.runbooks_dir)
        self._loop = asyncio.new_event_loop()
        Thread(target=self._loop.run_forever, daemon=True).start()
        rooms = asyncio.run_coroutine_threadsafe(_opened(settings, self._catalog.templates), self._loop).result()
        self._sources: tuple[ContextSource, ...] = (
            *rooms,
            ServiceFacts(self._catalog),
            MatchingRunbooks(self._library),
        )
        for source in self._sources:
            asyncio.run_coroutine_threadsafe(source.ready(), self._loop).result()

    def tell(self, alert: Alert) -> None:
        """From the alert to the briefing, one thing after another."""
        now = datetime.now(UTC)
        incident = _incident(alert, now)
        name = channel_name(incident.service, incident.started_at)
        channel = str(self._slack.conversations_create(name=name)["channel"]["id"])
        scope = scope_of(incident, self._catalog.scope_of(incident.service), now)
        context = self._gather(scope)
        report = fit_runbooks(Report(context, analyse(context)), self._library)
        message = render(compose.brief(incident, report, datetime.now(UTC)))
        self._slack.chat_postMessage(channel=channel, text=message.text, blocks=list(message.blocks))

    def _gather(self, scope: Scope) -> Context:
        began = time.perf_counter()
        with ThreadPoolExecutor(SIX) as pool:
            looks = dict(zip(self._sources, pool.map(partial(self._ask, scope), self._sources), strict=True))
        return Context(
            scope,
            findings=tuple(finding for look in looks.values() for finding in look.findings),
            gaps=tuple(gap for look in looks.values() for gap in look.gaps),
            seconds=time.perf_counter() - began,
        )

    def _ask(self, scope: Scope, source: ContextSource) -> Look:
        try:
            return asyncio.run_coroutine_threadsafe(source.look(scope), self._loop).result(timeout=10)
        except RoomError as error:
            return Look(gaps=(Gap(source.name, error.reason),))


async def _opened(settings: Settings, templates: dict[str, str]) -> tuple[ContextSource, ...]:
    """On the loop on which the rooms are to live."""
    return open_rooms(settings, templates).open


def _incident(alert: Alert, now: datetime) -> Incident:
    return Incident(
        id=incident_id(alert),
        service=alert.labels["service"],
        env=alert.labels["env"],
        severity=Severity.of(alert.severity),
        title=alert.name,
        status="open",
        started_at=alert.starts_at,
        opened_at=now,
        alerts=(alert,),
    )


def main() -> None:
    settings = load()
    plain = Plain(settings)

    async def take(request: Request) -> Response:
        for alert in parse(await request.json()).alerts:
            Thread(target=plain.tell, args=(alert,), daemon=True).start()
        return Response(status_code=202)

    async def ready(_: Request) -> Response:
        return PlainTextResponse("ready")

    routes = [Route("/webhooks/alertmanager", take, methods=["POST"]), Route("/readyz", ready)]
    uvicorn.run(Starlette(routes=routes), host=settings.http_host, port=settings.http_port, log_config=None)


if __name__ == "__main__":
    main()
