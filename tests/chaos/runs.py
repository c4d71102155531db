"""kill -9 at random moments of a run of five steps: nothing runs twice unasked, no gate is passed unasked.

The steps are real processes that each note in a file that they began. People answer every gate they see, and where a
step may have run they choose: sometimes a look, sometimes once more, which asks again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa

from bot.domain.approval import Approved
from bot.domain.run import DeedBegun, GateDecided, GateOpened, MayHaveRun, Stopped
from bot.state.database import open_database
from bot.state.runs import SqlRuns
from bot.state.tables import runs as runs_table
from playground import town as playground
from playground.slack.errors import SlackError
from tests.chaos.person import DANA, YES, Person, gates, runs
from tests.end_to_end.watch import briefed, channel_of

SERVICE = "payment-service"
LONGEST_LIFE_S = 2.5
STEPS = 5
NOTE = """#!/bin/sh
echo "$1" >> {file}
sleep 0.3
"""
BOOK = "id: five\ntitle: Five steps\nrisk: medium\nsteps:\n" + "".join(
    f"  - name: step {number}\n    action: exec\n    command: note {number}\n    approval: required\n"
    for number in range(1, STEPS + 1)
)


@dataclass
class Tally:
    """What happened over all runs."""

    kills: int = 0
    runs: int = 0
    done: int = 0
    begun: int = 0
    """Deeds whose process began."""
    approvals: int = 0
    """Gates that somebody approved, as the bot's record has it."""
    twice: list[str] = field(default_factory=list)
    """Steps that began more often than they were approved."""
    lost: int = 0
    """Approvals on record that let nothing run, and nobody was asked again."""
    may_have_run: int = 0
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"kills                          {self.kills}",
            f"runs begun / done              {self.runs} / {self.done}",
            f"steps whose program began      {self.begun}",
            f"approvals on record            {self.approvals}",
            f"shown as «may have run»        {self.may_have_run}",
            f"steps run twice unasked        {len(self.twice)}",
            f"approvals lost                 {self.lost}",
            f"seconds                        {self.seconds:.0f}",
        ]


async def chaos(folder, kills, seed, **settings) -> Tally:
    """Kills a bot so many times during runs of five steps, one run after another, each brought to its end."""
    draw, tally, began = random.Random(seed), Tally(), time.monotonic()
    bin_, notes = folder / "bin", folder / "notes"
    bin_.mkdir()
    (folder / "books").mkdir()
    (folder / "books" / "five.yaml").write_text(BOOK)
    note = bin_ / "note"
    note.write_text(NOTE.format(file=notes))
    note.chmod(0o755)
    more = {"RUNBOOKS_DIR": str(folder / "books"), "RUNBOOK_ALLOWED_PROGRAMS": str(note), **settings}
    async with playground.running(folder, more=more) as town:
        await town.bot.start()
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        channel = channel_of(town, SERVICE)
        while tally.kills < kills:
            tally.runs += 1
            notes.write_text("")
            await _one_run(town, channel, tally, draw, kills)
            await _count(town, tally, notes.read_text().split())
    tally.seconds = time.monotonic() - began
    return tally


async def _one_run(town, channel, tally, draw, kills) -> None:
    """One run from its command to its end, with as many kills in it as chance has it."""
    before = len(runs(channel))
    person = Person(town, DANA, channel)
    people = asyncio.create_task(_answer(person, channel, draw))
    try:
        while not (len(runs(channel)) > before and _ended(runs(channel)[-1])):
            if len(runs(channel)) == before:
                await _ask(person)
            if tally.kills < kills:
                await asyncio.sleep(draw.uniform(0.0, LONGEST_LIFE_S))
                await town.bot.kill()
                tally.kills += 1
                await town.bot.start()
            else:
                await asyncio.sleep(0.2)
    finally:
        people.cancel()
        await asyncio.gather(people, return_exceptions=True)
    tally.done += "✅ done" in str(runs(channel)[-1].blocks)


async def _ask(person) -> None:
    """Types the command; when the bot is away Slack says so, and it is typed again."""
    try:
        await person.say("/incident-action run five")
    except SlackError:
        return
    await asyncio.sleep(0.5)


def _ended(message) -> bool:
    return " ends it" not in str(message.blocks)


async def _answer(person, channel, draw) -> None:
    """Approves what is asked, and chooses where something may have run."""
    while True:
        await asyncio.sleep(draw.uniform(0.05, 0.4))
        for message in gates(channel):
            if DANA not in message.reactions.get(YES, []):
                await person.react(message, YES)
        for message in runs(channel):
            if "may have run" in str(message.blocks) and not _ended(message):
                await person.press(message, "Run again (asks first)")


async def _count(town, tally, notes) -> None:
    """Holds what the steps' own notes say against what the record says was approved."""
    began = Counter(notes)
    database = open_database(town.env["DATABASE_URL"])
    try:
        record = SqlRuns(database)
        (newest, *_) = await record.of_incident(await _incident(database))
        events = await record.events(newest.id)
    finally:
        await database.dispose()
    gates_ = {event.gate.id: event.gate.path for event in events if isinstance(event, GateOpened)}
    yes = [event for event in events if isinstance(event, GateDecided) and isinstance(event.verdict, Approved)]
    approved = Counter(gates_[event.gate_id] for event in yes)
    tally.begun += sum(began.values())
    tally.approvals += len(yes)
    tally.may_have_run += sum(isinstance(event, MayHaveRun) for event in events)
    tally.twice += [
        f"step {step}: began {n}, approved {approved[step]}" for step, n in began.items() if n > approved[step]
    ]
    tally.lost += sum(not _went_on(events, event) for event in yes)


def _went_on(events, decided) -> bool:
    """Whether the approved step began, or people were asked about it again, or the run was ended by somebody."""
    behind = events[events.index(decided) + 1 :]
    return any(isinstance(event, DeedBegun | GateOpened | Stopped) for event in behind)


async def _incident(database) -> str:
    return await database.read(lambda connection: connection.scalar(sa.select(runs_table.c.incident_id)))
