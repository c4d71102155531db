"""Inside the process that looks: opens the rooms, then answers question after question, several at once."""

from __future__ import annotations

import asyncio
import gc
import importlib
from asyncio.streams import FlowControlMixin
from collections.abc import Sequence
from typing import BinaryIO

import structlog

from bot.catalog import load as load_catalog
from bot.clock import SystemClock
from bot.domain.context import Report
from bot.gather import Gathering, Limits
from bot.house.rooms import open_rooms
from bot.looking import messages
from bot.looking.here import Here
from bot.looking.messages import (
    Answered,
    Asked,
    Draw,
    Drawn,
    Failed,
    Final,
    Glimpsed,
    LookInto,
    NotUsed,
    Question,
    Seen,
    Used,
    UseTool,
)
from bot.looking.remembered import Remembered
from bot.memory.team_notes import TeamNotes
from bot.rests import Rests
from bot.settings import Settings
from bot.sources import MatchingRunbooks, OtherAlerts, ServiceFacts
from bot.state.database import open_database
from bot.state.journal import journal
from bot.state.memories import SqlMemories, SqlReviews
from bot.state.rests import SqlRests
from bot.state.runs import SqlRuns
from bot.tools import own_tools
from integrations.contract import ContextSource, RoomError
from runbooks.loader import load as load_runbooks

log = structlog.get_logger(__name__)

IN_STEP_S = 300.0
"""How often vectors are made to follow the record where no look does it."""
HEAVY = ("drain3", "matplotlib.backends.backend_agg", "promql_parser")
CLIENTS = {
    "prometheus": "prometheus_api_client",
    "elasticsearch": "elasticsearch",
    "github": "github",
    "pagerduty": "pagerduty",
    "chromadb": "chromadb",
}
"""What takes long to load: for every look, and by source."""


async def answer_all(settings: Settings, questions: BinaryIO, answers: BinaryIO) -> None:
    """Answers what comes in on `questions` until it ends. What is in hand then is left: nobody waits for it."""
    gathering, here = _open(settings)
    await asyncio.to_thread(_load, [source.name for source in gathering.sources])
    gc.enable()
    reader, writer = await _reader(questions), await _writer(answers)
    at_work = {asyncio.create_task(warm_up(gathering, here)), asyncio.create_task(_keep_in_step(here))}
    answering = Answering(here, writer)
    while (asked := await messages.read(reader, Asked)) is not None:
        task = asyncio.create_task(answering.answer(asked))
        at_work.add(task)
        task.add_done_callback(at_work.discard)
    for task in at_work:
        task.cancel()
    await here.close()


class Answering:
    """Puts each answer under its question's number."""

    def __init__(self, here: Here, writer: asyncio.StreamWriter) -> None:
        self._here = here
        self._writer = writer

    async def answer(self, asked: Asked) -> None:
        """Says the answer, or that there is none."""
        (found,) = await asyncio.gather(self._found(asked.number, asked.question), return_exceptions=True)
        if isinstance(found, BaseException):
            log.error("no answer", question=asked.question.kind, exc_info=found)
        await self._say(Answered(asked.number, Failed() if isinstance(found, BaseException) else found))

    async def _found(self, number: int, question: Question) -> Final:
        async def glimpsed(report: Report) -> None:
            await self._say(Answered(number, Glimpsed(report)))

        match question:
            case LookInto(scope):
                with structlog.contextvars.bound_contextvars(incident=scope.incident_id):
                    return Seen(await self._here.look(scope, glimpsed))
            case Draw(report, incident):
                return Drawn.of(await self._here.draw(report, incident))
            case UseTool():
                return await self._used(question)

    async def _used(self, question: UseTool) -> Used | NotUsed:
        with structlog.contextvars.bound_contextvars(incident=question.scope.incident_id):
            try:
                return Used(await self._here.use(question.tool, question.arguments, question.scope))
            except RoomError as error:
                return NotUsed.of(error)

    async def _say(self, answered: Answered) -> None:
        self._writer.write(await asyncio.to_thread(messages.line, answered))
        await self._writer.drain()


def _open(settings: Settings) -> tuple[Gathering, Here]:
    catalog, library = load_catalog(settings.services_file), load_runbooks(settings.runbooks_dir)
    rules = (settings.service_labels, settings.env_labels, settings.reopen_window_s)
    database = open_database(settings.database_url)
    record = journal(database, SystemClock(), rules)
    rooms = open_rooms(settings, catalog.templates)
    team = TeamNotes(settings.memory_file, SqlReviews(database))
    own: tuple[ContextSource, ...] = (ServiceFacts(catalog, team), MatchingRunbooks(library), OtherAlerts(record))
    limits = Limits(settings.source_timeout_s, settings.gather_deadline_s, settings.interim_after_s)
    rests = Rests(SqlRests(database))
    gathering = Gathering((*rooms.open, *own), tuple(rooms.off), limits, rests)
    tools = own_tools(catalog, library, record, SqlRuns(database), rooms.open)
    return gathering, Here(gathering, library, tools, rests, Remembered(SqlMemories(database), rooms.vectors))


def _load(sources: Sequence[str]) -> None:
    """One after the other and before the first question: rooms load in threads of their own, and share libraries.

    Two threads that load the same one from two ends wait for each other, or see half of it.
    """
    for library in (*(CLIENTS[source] for source in sources if source in CLIENTS), *HEAVY):
        importlib.import_module(library)


async def warm_up(gathering: Gathering, here: Here) -> None:
    """Asks each source once whether it is there, so that the first incident does not wait for connections and TLS."""
    for source in gathering.sources:
        try:
            log.info("source ready", source=source.name, detail=(await source.ready()).detail)
        except RoomError as problem:
            log.warning("source not ready", source=source.name, reason=problem.reason, fix=problem.fix)
        except Exception:  # a bug in one source must not keep the others cold
            log.exception("source failed", source=source.name)
    await here.recall()
    gc.freeze()  # what is loaded by now stays, and need not be gone through again and again


async def _keep_in_step(here: Here) -> None:
    """What was removed from the record loses its vectors though nobody looks into anything."""
    while True:
        await asyncio.sleep(IN_STEP_S)
        await here.recall()


async def _reader(pipe: BinaryIO) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=messages.LONGEST)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


async def _writer(pipe: BinaryIO) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(FlowControlMixin, pipe)
    return asyncio.StreamWriter(transport, protocol, None, loop)
