"""The composition root: the only file that names rooms and edges, and puts them together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette

from bot import reply, schedules
from bot.answer import answer, take_up_questions
from bot.budget_warning import watch_budget
from bot.catalog import load as load_catalog
from bot.clock import SystemClock
from bot.desk import Desk, Telling
from bot.digest import When, watch_weeks
from bot.incident_action import IncidentAction
from bot.intake import Intake
from bot.keep_current import keep_current
from bot.measures import Measures
from bot.memory_command import MemoryCommand
from bot.mirror import heard_there, reflect
from bot.open_answering import Answering, open_answering
from bot.open_archive import forgetting, open_archive
from bot.open_closing import open_closing
from bot.open_commands import open_commands
from bot.open_desk import open_desk
from bot.open_escalation import open_escalation
from bot.open_life import open_life
from bot.open_mirror import open_mirror
from bot.open_pager import open_pager
from bot.open_replica import Replica, open_replica, take_over
from bot.open_storms import with_storms
from bot.open_traces import Tracing, open_traces
from bot.open_watching import Watching
from bot.open_workshop import open_workshop
from bot.ports import Clock, Steps
from bot.remediate import remediate, take_up_runs
from bot.replies import Replies, Talking
from bot.respond import respond
from bot.schedules import Tick
from bot.settings import Settings, SettingsError
from bot.slack.ears import Ears, EarSettings
from bot.state.database import Database, engine_url, migrate, open_database
from bot.state.engine import Engine
from bot.state.entries import SqlEntries
from bot.state.journal import journal
from bot.state.links import SqlLinks
from bot.state.runs import SqlRuns
from bot.state.weeks import SqlWeeks
from bot.storm_table import keep_tables
from bot.tell_entries import tell_entries
from bot.verbs import life_words
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
    """Runs the bot until SIGTERM or SIGINT. Raises SettingsError, CatalogError, or what the database raised."""
    began = time.perf_counter()
    await asyncio.to_thread(migrate, settings.database_url)
    async with open_house(settings) as asgi:
        server = _Server(uvicorn.Config(asgi, settings.http_host, settings.http_port, **_QUIET))
        for stop in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(stop, server.stop)
        server.began = began
        await server.serve()
        log.info("stopping: finishing what is in hand")


@dataclass(frozen=True, slots=True)
class _House:
    """What is open while the bot is at work."""

    settings: Settings
    database: Database
    desk: Desk
    answering: Answering
    replica: Replica
    tracing: Tracing


@contextlib.asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[Starlette]:
    """The bot at work on a migrated database, as an ASGI app; closed again without losing anything."""
    clock, measures = SystemClock(), Measures()
    database = open_database(settings.database_url)
    async with (
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
        async with _at_work(_House(settings, database, desk, answering, replica, tracing)) as asgi:
            yield asgi
    await database.dispose()


@contextlib.asynccontextmanager
async def _at_work(house: _House) -> AsyncIterator[Starlette]:
    """Stories are told, people are heard."""
    settings, database, desk, answering, replica = (
        house.settings,
        house.database,
        house.desk,
        house.answering,
        house.replica,
    )

    async def tell(steps: Steps, incident_id: str, opening: int) -> None:
        await respond(Telling(desk, incident_id, opening, steps.taken_up), steps)

    async def work(steps: Steps, run_id: str, _once: int) -> None:
        await steps.once("run", partial(remediate, shop, run_id), bool)

    async def say(steps: Steps, question_id: str, _once: int) -> None:
        await answer(await answering.asking(desk, question_id), steps)

    archive = open_archive(settings, database, desk.journal, desk.clock)
    changes = Watching(desk, settings.watch_s)
    escalation = open_escalation(settings, desk, SqlRuns(database))
    closing = open_closing(settings, desk, database, archive, lambda: engine)
    mirror = open_mirror(settings)
    stories = {"respond": tell, "remediate": work, "answer": say, "wrap_up": closing.tell}
    stories |= {"watch": changes.tell, "escalate": escalation.tell}
    engine = Engine(engine_url(settings.database_url), stories, replica.lease, replica.begun, house.tracing.traces)
    intake = Intake(desk.journal, lambda *opening: engine.start("respond", *opening), desk.changed, desk.measures)

    async def take_up() -> None:
        await _take_up_openings(desk, engine)
        await take_up_runs(shop, lambda run_id: engine.take_up("remediate", run_id, 1))
        await _take_up_questions(desk, answering, engine)

    async def run(run_id: str) -> None:
        await engine.start("remediate", run_id, 1)

    async with open_workshop(settings, desk, database, replica, run) as opened:
        shop = replace(opened, hands=house.tracing.hands(opened.hands))
        pager, begin = open_pager(settings, desk.catalog), partial(_begin_answer, engine)
        talking = Talking(answering.questions, begin, settings.answer_mode, pager, shop.runs)
        action = IncidentAction(shop, Replies(desk, talking), answering.to_spend)
        life = open_life(settings, shop, database, answering.questions, intake)
        parts = (life_words(life), closing.words(), MemoryCommand(archive, desk, shop.people).words)
        ears = Ears(_ear_settings(settings), open_commands(shop, action, parts))
        desk.looking.open()
        await engine.launch()
        await take_over(engine)
        await ears.open()
        ticks = (
            Tick("take up", schedules.TAKE_UP_S, take_up),
            Tick("forget", schedules.DAY_S, partial(_forget, engine, desk.clock, replica), schedules.SOON_S),
            forgetting(settings, archive, database),
            *changes.ticks(shop.runs, partial(engine.take_up, "watch")),
            *escalation.ticks(partial(engine.take_up, "escalate")),
        )
        ticking = replica.tick(engine, ticks, desk)
        acts = (
            *(keep_current(desk), keep_tables(desk), tell_entries(life), closing.keep_on(), reflect(life, mirror)),
            watch_weeks(desk, SqlWeeks(database), answering.lines, _digest_when(settings)),
            watch_budget(desk, answering.purse, answering.lines),
            *(take_up(), answering.get_ready()),
        )
        beside = [asyncio.create_task(act) for act in acts]
        gc.freeze()  # what is loaded stays: to go through it again and again holds everything up for 0.1 s
        try:
            yield _asgi(settings, desk, intake, ears, heard_there(life))
        finally:
            ticking.shutdown(wait=False)
            await engine.close(FINISH_S, lambda: len(shop.resting) + len(desk.looks) + len(desk.channels))
            await _cancelled(beside)
            await ears.close()
            await desk.looking.close()
            await desk.chat.close()


async def _begin_answer(engine: Engine, question_id: str) -> None:
    await engine.start("answer", question_id, 1)


async def _take_up_questions(desk: Desk, answering: Answering, engine: Engine) -> None:
    async def give_up(question_id: str) -> None:
        await reply.give_up(await answering.asking(desk, question_id))

    await take_up_questions(answering.questions, lambda id_: engine.take_up("answer", id_, 1), give_up)


async def _take_up_openings(desk: Desk, engine: Engine) -> None:
    """Goes on with every opening that is not told to its end; of one that is given up, what stands is kept current."""
    for incident in await desk.journal.unbriefed():
        if not await engine.take_up("respond", incident.id, incident.opening):
            await desk.journal.keep_briefed(incident.id, incident.opening)
    desk.changed.set()


def _digest_when(settings: Settings) -> When | None:
    try:
        return When.read(settings.digest)
    except ValueError as wrong:
        raise SettingsError(f"DIGEST: {wrong}") from None


def _alert_rules(settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """By what an alert finds its incident."""
    return settings.service_labels, settings.env_labels, settings.reopen_window_s


async def _forget(engine: Engine, clock: Clock, replica: Replica) -> None:
    await replica.claims.forget(schedules.KEPT)
    log.info("old stories forgotten", count=await engine.forget(clock.now() - schedules.KEPT))


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


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
        await super().startup(sockets)
        port = next((s.getsockname()[1] for server in self.servers for s in server.sockets), 0)
        log.info("ready", seconds=round(time.perf_counter() - self.began, 2), port=port)

    def stop(self) -> None:
        """Takes no more requests and finishes those in hand; asked a second time, it does not wait for them."""
        self.force_exit = self.should_exit
        self.should_exit = True
