"""kill -9 at random moments of runs of five steps: what then ran is held against what people were asked and said.

The steps are real processes that each note that they began. People answer the gates that they see, some late and some
only after somebody without a say did; where a step may have run they have it asked again, and a gate that nobody
answered in time too. What people did is noted here, not taken from the bot.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field

from bot.domain.approval import Approved, Expired, Waiting
from bot.domain.run import Chosen, DeedBegun, GateDecided, GateOpened, MayHaveRun
from bot.state.database import open_database
from bot.state.runs import SqlRuns
from playground import town as playground
from playground.bot import NotStarted
from playground.slack.errors import SlackError
from playground.terminal import as_text
from tests.chaos.noting import Program
from tests.chaos.person import DANA, STRANGER, YES, Person, ended, gates, result, runs
from tests.end_to_end.watch import briefed, channel_of, said_by_bot

SERVICE = "payment-service"
LONGEST_LIFE_S = 2.5
STEP_S = 0.3
STEPS = 5
EXPIRY_S = 6.0
"""So short that gates expire while the bot is away."""
RUN_S = 240.0
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
    """Steps whose process began."""
    said_yes: int = 0
    """Gates at which somebody with a say set ✅."""
    approvals: int = 0
    """Gates that were approved, as the bot's record has it."""
    expired: int = 0
    may_have_run: int = 0
    seconds: float = 0.0
    unasked: list[str] = field(default_factory=list)
    """Steps that began more often than people said yes to a gate that showed them."""
    twice: list[str] = field(default_factory=list)
    """Steps that began once more although nobody had chosen to run them again."""
    lost: list[str] = field(default_factory=list)
    """Approvals that were read before the expiry, and let nothing run."""
    unrecorded: list[str] = field(default_factory=list)
    """Steps that began without the record saying so first."""
    doubled: list[str] = field(default_factory=list)
    """Runs and gates that stand in Slack more than once."""
    audit: str = ""
    """What `audit verify` says where it finds fault."""

    @property
    def faults(self) -> list[str]:
        """Empty: everything held."""
        found = [*self.unasked, *self.twice, *self.lost, *self.unrecorded, *self.doubled]
        return [*found, self.audit] if self.audit else found

    def lines(self) -> list[str]:
        """For people."""
        figures = {
            "kills": self.kills,
            "runs begun / done": f"{self.runs} / {self.done}",
            "steps whose program began": self.begun,
            "gates that people approved": self.said_yes,
            "approvals on record": self.approvals,
            "gates that expired": self.expired,
            "shown as «may have run»": self.may_have_run,
            "steps run twice": len(self.twice),
            "gates passed unasked": len(self.unasked),
            "approvals lost": len(self.lost),
            "begun without a record": len(self.unrecorded),
            "said twice in Slack": len(self.doubled),
            "audit": self.audit or "whole",
            "seconds": f"{self.seconds:.0f}",
        }
        return [f"{name:<28} {figure}" for name, figure in figures.items()]


async def chaos(folder, kills, seed, **settings) -> Tally:
    """Kills a bot so many times during runs of five steps, one run after another, each brought to its end."""
    draw, tally, began = random.Random(seed), Tally(), time.monotonic()
    note = Program(folder, "note")
    (folder / "books").mkdir()
    (folder / "books" / "five.yaml").write_text(BOOK)
    more = {"RUNBOOKS_DIR": str(folder / "books"), "RUNBOOK_ALLOWED_PROGRAMS": str(note.path)}
    async with playground.running(folder, more=more | {"APPROVAL_TIMEOUT_S": f"{EXPIRY_S}"} | settings) as town:
        await town.bot.start()
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        crowd = Crowd(town, channel_of(town, SERVICE), draw)
        while tally.kills < kills:
            note.forget()
            note.takes(STEP_S)
            async with asyncio.timeout(RUN_S):
                await _one_run(crowd, tally, kills)
            await _count(crowd, tally, Counter(call.argv[0] for call in note.calls))
        code, printed = await town.bot.run("audit", "verify")
        tally.audit = printed if code else ""
    tally.seconds = time.monotonic() - began
    return tally


class Crowd:
    """The people around one incident, and what they said yes to."""

    def __init__(self, town, channel, draw):
        self.town, self.channel, self.draw = town, channel, draw
        self.dana, self._stranger = Person(town, DANA, channel), Person(town, STRANGER, channel)
        self.yes: Counter[str] = Counter()
        """Step → gates showing it at which Dana said yes, in this run."""
        self._met: set[str] = set()

    async def ask(self):
        """Types the command; when the bot is away Slack says so, and it is typed again."""
        with contextlib.suppress(SlackError):
            await self.dana.say("/incident-action run five")
        await asyncio.sleep(0.5)

    async def answer(self):
        """Answers whatever is asked, until it is cancelled."""
        while True:
            await asyncio.sleep(self.draw.uniform(0.05, 0.4))
            for message in gates(self.channel):
                await self._meet(message)
            for message in runs(self.channel):
                if not ended(message):
                    await self.dana.press(message, "Run again (asks first)")
                    await self.dana.press(message, "Run again")
                    await self.dana.press(message, "Ask again")

    async def _meet(self, gate):
        """One in five meets a stranger first, one in ten nobody who may before it expires."""
        if gate.ts not in self._met:
            self._met.add(gate.ts)
            chance = self.draw.random()
            if chance < 0.2:
                await self._stranger.react(gate, YES)
                return
            if chance < 0.3:
                await asyncio.sleep(EXPIRY_S)
                return
        if DANA not in gate.reactions.get(YES, []):
            self.yes[re.search(r"note (\d)", as_text(gate))[1]] += 1
            await self.dana.react(gate, YES)


async def _one_run(crowd, tally, kills) -> None:
    """One run from its command to its end, with as many kills in it as chance has it."""
    channel, bot, before = crowd.channel, crowd.town.bot, len(runs(crowd.channel))
    crowd.yes.clear()
    people = asyncio.create_task(crowd.answer())
    try:
        while not (len(runs(channel)) > before and ended(runs(channel)[-1])):
            if len(runs(channel)) == before:
                await crowd.ask()
            if tally.kills < kills:
                await asyncio.sleep(crowd.draw.uniform(0.0, LONGEST_LIFE_S))
                await bot.kill()
                tally.kills += 1 + await _start(bot, crowd.draw)
            else:
                await asyncio.sleep(0.2)
    finally:
        people.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await people
    tally.runs += 1
    tally.done += result(runs(channel)[-1]) == "done"


async def _start(bot, draw) -> int:
    """Starts it; one in six is killed while it still starts. How many kills that were."""
    if draw.random() > 1 / 6:
        await bot.start()
        return 0
    starting = asyncio.create_task(bot.start())
    await asyncio.sleep(draw.uniform(0.5, 3.0))
    await bot.kill()
    with contextlib.suppress(NotStarted):
        await starting
    await bot.start()
    return 1


async def _count(crowd, tally, began) -> None:
    """Holds what the steps' own notes say against what people did, and against the record."""
    database = open_database(crowd.town.env["DATABASE_URL"])
    try:
        record = SqlRuns(database)
        run = await _newest(record, crowd.channel)
        events = await record.events(run.id)
        asked = [event.gate for event in events if isinstance(event, GateOpened)]
        votes = {gate.id: await record.votes(gate.id) for gate in asked}
    finally:
        await database.dispose()
    tally.begun += began.total()
    tally.said_yes += crowd.yes.total()
    tally.may_have_run += sum(isinstance(event, MayHaveRun) for event in events)
    again = Counter(e.path for e in events if isinstance(e, Chosen) and e.choice == "again" and after_a_loss(events, e))
    on_record = Counter(event.path for event in events if isinstance(event, DeedBegun))
    for step, times in began.items():
        told = f"{run.id} step {step}: began {times} times"
        tally.unasked += [f"{told}, asked for {crowd.yes[step]}"] if times > crowd.yes[step] else []
        tally.twice += [f"{told}, again chosen {again[step]}"] if times > 1 + again[step] else []
        tally.unrecorded += [f"{told}, on record {on_record[step]}"] if times > on_record[step] else []
    count_gates(tally, events, asked, votes)
    tally.doubled += _said_twice(crowd.channel)


def count_gates(tally, events, asked, votes) -> None:
    """An approval that was read in time has to come to a decision, and that to a beginning or another question."""
    for gate in asked:
        decided = next((e for e in events if isinstance(e, GateDecided) and e.gate_id == gate.id), None)
        verdict = decided.verdict if decided else Waiting(1)
        tally.approvals += isinstance(verdict, Approved)
        tally.expired += isinstance(verdict, Expired)
        in_time = [v for v in votes[gate.id] if v.person.may and v.answer == "approve" and v.at < gate.expires_at]
        if in_time and not isinstance(verdict, Approved):
            tally.lost.append(f"{gate.id} was approved in time and is {verdict}")
        if isinstance(verdict, Approved) and not _went_on(events, decided):
            tally.lost.append(f"{gate.id} is approved and nothing followed")


def _went_on(events, decided) -> bool:
    """Whether the approved step began, or people were asked about it again."""
    behind = events[events.index(decided) + 1 :]
    return any(isinstance(event, DeedBegun | GateOpened) for event in behind)


def after_a_loss(events, chosen) -> bool:
    """Whether it was chosen after the step may have run, and not after a gate that nobody answered."""
    before = events[: events.index(chosen)]
    last = next(e for e in reversed(before) if isinstance(e, MayHaveRun | GateDecided))
    return isinstance(last, MayHaveRun)


async def _newest(record, channel):
    """The run of the newest message."""
    (run_id,) = re.findall(r"`(R[A-Z2-7]{6})`", as_text(runs(channel)[-1]))[:1]
    return await record.run(run_id)


def _said_twice(channel) -> list[str]:
    footers = [as_text(message).rpartition("\n")[2] for message in said_by_bot(channel)]
    ids = Counter(found[1] for text in footers if (found := re.match(r"`([RG][A-Z2-7]{6})`", text)))
    return [f"{one} stands in Slack {times} times" for one, times in ids.items() if times > 1]
