"""A town with a briefed incident, and real programs of the tests that its runbooks call."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.run import Event
from bot.state.database import open_database
from bot.state.runs import SqlRuns
from playground import town as playground
from runbooks.loader import load
from tests.chaos.noting import Program
from tests.chaos.person import ALICE, DANA, LENA, STRANGER, Person, asked, gates, over, runs
from tests.end_to_end.watch import PATIENCE_S, briefed, channel_of

SERVICE = "payment-service"
LIMIT_S = 30.0


@dataclass
class Place:
    """The incident's channel, and the programs."""

    town: Any
    note: Program
    kubectl: Program
    aws: Program
    channel: Any
    psql: Program | None = None

    def person(self, user):
        return Person(self.town, user, self.channel)

    async def ask(self, book, user=DANA):
        """Types the command and waits for the gate."""
        before = {message.ts for message in gates(self.channel)}
        await self.wish(book, user)
        return await asked(self.channel, before)

    async def wish(self, book, user=DANA, *, prints=""):
        """Types the command; what the programs noted before is forgotten. `prints`: what kubectl says this time."""
        self.forget()
        if prints:
            self.kubectl.says(prints)
        await self.person(user).say(f"/incident-action run {book}")

    def forget(self):
        for program in (self.note, self.kubectl, self.aws):
            program.forget()

    async def ends(self):
        """How the newest run ended, and its message."""
        return await over(self.channel, len(runs(self.channel)) - 1)

    @property
    def ran(self):
        return [call.argv for call in self.note.calls]

    async def on_record(self, *kinds: type[Event]) -> tuple[Event, ...]:
        """The events of the run that goes on, once each of these kinds is among them."""
        database = open_database(self.town.env["DATABASE_URL"])
        try:
            record = SqlRuns(database)
            async with asyncio.timeout(LIMIT_S):
                while True:
                    for run in await record.unended():
                        events = await record.events(run.id)
                        if set(kinds) <= {type(event) for event in events}:
                            return events
                    await asyncio.sleep(0.05)
        finally:
            await database.dispose()


@asynccontextmanager
async def open_place(folder, books, *, scenario="wrong-endpoint", service=SERVICE, real=(), **more):
    """`books`: a file, or id → its YAML from the parameters on. The programs are note, kubectl, aws and the `real`."""
    programs = [Program(folder, name) for name in ("note", "kubectl", "aws")]
    allowed = ",".join([*(str(program.path) for program in programs), *real])
    settings = {"RUNBOOKS_DIR": str(library(folder / "books", books)), "RUNBOOK_ALLOWED_PROGRAMS": allowed, **more}
    async with playground.running(folder, more=settings, patience_s=PATIENCE_S) as town:
        await town.bot.start()
        await town.director.start(scenario)
        await briefed(town, service)
        place = Place(town, *programs, channel_of(town, service))
        for user in (DANA, ALICE, LENA, STRANGER):
            await place.person(user).join()
        yield place


def library(folder, books):
    """The books in a folder; a fault in one of them is an AssertionError."""
    folder.mkdir()
    if isinstance(books, Path):
        (folder / books.name).write_bytes(books.read_bytes())
    else:
        for name, text in books.items():
            (folder / f"{name}.yaml").write_text(f"id: {name}\ntitle: The {name} book\n{text}")
    assert [str(problem) for problem in load(folder).problems] == []
    return folder
