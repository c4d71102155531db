"""The room: asks everything at once, in threads, and keeps what came in time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from integrations import trust
from integrations.contract import Look, Ready, RoomError, Scope, Tool
from integrations.prometheus import NAME, Settings
from integrations.prometheus.address import bare
from integrations.prometheus.answers import Row, silent
from integrations.prometheus.asking import Asking
from integrations.prometheus.findings import link, look_of
from integrations.prometheus.questions import Question, questions
from integrations.prometheus.templates import labels_of, templates_of
from integrations.prometheus.tools import Forecast, QueryMetrics
from integrations.threads import Threads

if TYPE_CHECKING:
    from integrations.prometheus.client import Client

T = TypeVar("T")

THREADS = 32
"""All questions of one look in one round: they wait for the network. Prometheus itself runs 20 at a time by default."""


class Metrics:
    """Figures of every service of the scope, each with its normal."""

    name = NAME

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._labels = labels_of(settings.templates)
        self._templates = templates_of(settings.templates)
        self._threads = Threads(NAME, THREADS)
        self._trusted: ssl.SSLContext | None = None
        self._live: set[Client] = set()
        asking = Asking(self.ask, self._labels, self._templates, settings.url)
        self.tools: tuple[Tool, ...] = (QueryMetrics(asking), Forecast(asking))

    async def look(self, scope: Scope) -> Look:
        """A Series for each signal of each service. Raises RoomError when not one question was answered."""
        asked = questions(scope, self._labels, self._templates)
        client = await self._threads.run(self._connect)
        try:
            answers = await self._answers(client, asked)
        finally:
            self._live.discard(client)
            client.cut()
        return look_of(scope, self._labels, answers, partial(link, bare(self._settings.url)))

    async def ready(self) -> Ready:
        """Asks for the version."""
        return Ready(await self.ask(lambda client: client.version()))

    async def ask(self, read: Callable[[Client], T]) -> T:
        """What is read with a client of its own, within the room's limit. Raises RoomError."""
        client = await self._threads.run(self._connect)
        try:
            async with asyncio.timeout(self._settings.limit_s):
                return await self._threads.run(partial(read, client))
        except TimeoutError:
            raise silent(self._settings.limit_s) from None
        finally:
            self._live.discard(client)
            client.cut()

    async def close(self) -> None:
        """Cuts what still waits, so that its threads end."""
        self._threads.close()
        for client in tuple(self._live):
            client.cut()

    async def _answers(
        self, client: Client, asked: tuple[Question, ...]
    ) -> dict[Question, tuple[Row, ...] | RoomError]:
        """An answer or a failure for each question, in order. What is late is a failure."""
        tasks = {question: asyncio.create_task(self._answer(client, question)) for question in asked}
        try:
            await asyncio.wait(tasks.values(), timeout=self._settings.limit_s)
            late = silent(self._settings.limit_s)
            return {question: task.result() if task.done() else late for question, task in tasks.items()}
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _answer(self, client: Client, question: Question) -> tuple[Row, ...] | RoomError:
        try:
            return await self._threads.run(partial(client.range, question.query, question.window, question.step_s))
        except RoomError as error:
            return error

    def _connect(self) -> Client:
        """In a thread, since the library takes a while to import and TLS to read its authorities."""
        from integrations.prometheus.client import Client

        if self._trusted is None and self._settings.url.startswith("https"):
            self._trusted = trust.context(NAME, self._settings.ca_file)
        client = Client(self._settings, self._trusted)
        self._live.add(client)
        return client
