"""The composition root: the only file that names rooms and edges, and puts them together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette

from bot.catalog import load as load_catalog
from bot.clock import SystemClock
from bot.desk import Desk
from bot.going_on import Part, go_on
from bot.house.open_answering import open_answering
from bot.house.open_commands import open_commands
from bot.house.open_desk import open_desk
from bot.house.open_replica import open_replica, take_over
from bot.house.open_stories import Told, open_stories
from bot.house.open_storms import with_storms
from bot.house.open_traces import open_traces
from bot.house.what_is_open import House
from bot.incident_command import IncidentCommand
from bot.intake import Intake
from bot.keep_current import keep_current
from bot.life.digest import When, watch_weeks
from bot.life.mirror import heard_there
from bot.life.verbs import life_words
from bot.measures import Measures
from bot.memory.command import MemoryCommand
from bot.questions.budget_warning import watch_budget
from bot.questions.replies import Replies
from bot.runs.incident_action import IncidentAction
from bot.settings import Settings, SettingsError
from bot.slack.ears import Ears, EarSettings
from bot.state.database import migrate, open_database
from bot.state.entries import SqlEntries
from bot.state.journal import journal
from bot.state.links import SqlLinks
from bot.state.weeks import SqlWeeks
from bot.storms.keep_tables import keep_tables
from bot.web import health, webhooks
from bot.web.senders import senders
from integrations.trust import context as tls_context

log = structlog.get_logger(__name__)

FINISH_S = 20
"""How long a stop waits for stories in hand. What is not done by then is taken up at the next start."""
HANG_UP_S = 5
"""How long a stop waits for requests in hand, before it hangs up on a sender that is slow."""
_QUIET: dict[str, Any] = {
    "log_config": None,
    "access_log": False,
    "lifespan": "off",
    "timeout_graceful_shutdown": HANG_UP_S,
}


async def serve(settings: Settings) -> None:
    """Runs the bot until SIGTERM or SIGINT. Raises SettingsError, CatalogError, RoomError, or the database's own."""
    began = time.perf_counter()
    await asyncio.to_thread(migrate, settings.database_url)
    async with open_house(settings) as asgi:
        server = _Server(uvicorn.Config(asgi, settings.http_host, settings.http_port, **_QUIET))
        for stop in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(stop, server.stop)
        server.began = began
        await server.serve()
        log.info("stopping: finishing what is in hand")


@contextlib.asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[Starlette]:
    """The bot at work on a migrated database, as an ASGI app; closed again without losing anything."""
    clock, measures = SystemClock(), Measures()
    async with (
        open_database(settings.database_url) as database,
        open_traces(settings, clock) as tracing,
        open_replica(settings, database, measures) as replica,
        open_answering(settings, database, clock, measures, tracing.model) as answering,
    ):
        calls = load_catalog(settings.services_file).calls()
        record = journal(database, clock, _alert_rules(settings), calls, storm_threshold=settings.storm_threshold)
        links = SqlLinks(database)
        desk = open_desk(settings, record, answering.consult, measures, replica)
        desk = replace(with_storms(desk, settings, database), looking=tracing.looking(desk.looking))
        desk = replace(desk, links=links, entries=SqlEntries(database))
        async with _at_work(House(settings, database, desk, answering, replica, tracing)) as asgi:
            yield asgi


@contextlib.asynccontextmanager
async def _at_work(house: House) -> AsyncIterator[Starlette]:
    """Stories are told, people are heard. What is open is closed the other way round, however far it came."""
    desk, replica = house.desk, house.replica
    async with open_stories(house) as told, contextlib.AsyncExitStack() as end:
        end.push_async_callback(desk.chat.close)
        ears = Ears(_ear_settings(house.settings), _listeners(house, told))
        end.push_async_callback(desk.looking.close)
        desk.looking.open()
        shown = await end.enter_async_context(_beside())  # to the last: it shows what stories have come to
        end.push_async_callback(told.engine.close)
        await told.engine.launch()
        await take_over(told.engine)
        begun = await end.enter_async_context(_beside())  # until then: it begins stories
        end.push_async_callback(_finish, told, ears)
        await ears.open()
        end.callback(replica.tick(told.engine, told.ticks(), desk).shutdown, wait=False)
        begun(told.parts())
        shown(_parts(house))
        gc.freeze()  # what is loaded stays: to go through it again and again holds everything up for 0.1 s
        yield _asgi(house.settings, desk, told.intake, ears, heard_there(told.life))


async def _finish(told: Told, ears: Ears) -> None:
    """Lets stories come to their end. Meanwhile people are heard: one of them may want to stop a run.

    What they said is done with while there is an engine, as it may begin a story, and that has its time as well. What
    they write later Slack brings to the next start; of a command it says that it failed.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + FINISH_S
    await told.engine.finish(FINISH_S, told.at_rest)
    await ears.close()
    await told.engine.finish(end - loop.time(), told.at_rest)


@contextlib.asynccontextmanager
async def _beside() -> AsyncIterator[Callable[[Sequence[Part]], None]]:
    """Takes parts that go on until the end of the block."""
    tasks: list[asyncio.Task[None]] = []
    try:
        yield lambda parts: tasks.extend(asyncio.create_task(go_on(part)) for part in parts)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _listeners(house: House, told: Told) -> IncidentCommand:
    """Whoever answers people, the commands' words of every part among them."""
    action = IncidentAction(told.shop, Replies(house.desk, told.talking), house.answering.to_spend)
    memory = MemoryCommand(told.archive, house.desk, told.shop.people)
    return open_commands(told.shop, action, (life_words(told.life), told.closing.words(), memory.words))


def _parts(house: House) -> tuple[Part, ...]:
    """What goes on beside the stories until the end."""
    desk, answering = house.desk, house.answering
    weeks, when = SqlWeeks(house.database), _digest_when(house.settings)
    return (
        Part("keep current", partial(keep_current, desk)),
        Part("keep tables", partial(keep_tables, desk)),
        Part("watch weeks", partial(watch_weeks, desk, weeks, answering.lines, when)),
        Part("watch budget", partial(watch_budget, desk, answering.purse, answering.lines)),
        Part("get ready", answering.get_ready),
    )


def _digest_when(settings: Settings) -> When | None:
    try:
        return When.read(settings.digest)
    except ValueError as wrong:
        raise SettingsError(f"DIGEST: {wrong}") from None


def _alert_rules(settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """By what an alert finds its incident."""
    return settings.service_labels, settings.env_labels, settings.reopen_window_s


def _asgi(settings: Settings, desk: Desk, intake: Intake, ears: Ears, acts: webhooks.Acts) -> Starlette:
    return Starlette(
        routes=[
            *webhooks.routes(senders(settings, desk.clock), intake.take, desk.measures, acts=acts),
            *health.routes(desk.journal.writable, desk.measures),
            *ears.routes(),
        ]
    )


def _ear_settings(settings: Settings) -> EarSettings:
    if settings.slack_bot_token is None:
        raise SettingsError("SLACK_BOT_TOKEN: not set; `first-responder doctor` says how to get one")
    app, signing = settings.slack_app_token, settings.slack_signing_secret
    return EarSettings(
        bot_token=settings.slack_bot_token.get_secret_value(),
        app_token=app.get_secret_value() if app else None,
        signing_secret=signing.get_secret_value() if signing else None,
        api_url=settings.slack_api_url,
        tls=tls_context("slack", settings.extra_ca_file),
    )


class _Server(uvicorn.Server):
    """uvicorn, which leaves the signals to us: it would end the process before the stories are done."""

    began = 0.0

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:  # why, is in the log by now
            raise SettingsError(
                "HTTP_HOST and HTTP_PORT: nothing can be served there; is it an address of this machine, its port free?"
            ) from None
        port = next((s.getsockname()[1] for server in self.servers for s in server.sockets), 0)
        log.info("ready", seconds=round(time.perf_counter() - self.began, 2), port=port)

    def stop(self) -> None:
        """Takes no more requests and finishes those in hand; asked a second time, it does not wait for them."""
        self.force_exit = self.should_exit
        self.should_exit = True
