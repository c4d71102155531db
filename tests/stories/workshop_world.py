"""The world around runs: people with and without a say, hands that note what they were told, a clock that moves."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.domain.approval import Person
from bot.domain.move import Choose
from bot.domain.said import Command, Reacted, Tap
from bot.guard.autonomy import Approvers
from bot.questions.replies import Replies, Talking
from bot.remediate import remediate
from bot.runs.autonomy_file import Grants
from bot.runs.incident_action import IncidentAction
from bot.runs.next_move import next_move
from bot.runs.workshop import Rules, Workshop
from bot.slack.people import UNREADABLE
from bot.state.audit import ChainedAudit
from bot.state.database import open_database
from bot.state.purse import SqlPurse
from bot.state.questions import SqlQuestions
from bot.state.runs import SqlRuns
from bot.state.switch import SqlSwitch
from runbooks.commands import Program
from runbooks.loader import load
from runbooks.prepare import House
from runbooks.prepared import Exec, Outcome
from tests.stories.incident_sample import NOW, series
from tests.stories.pager import FakePager
from tests.stories.world import FakeSlack, Source, desk_with, fire, stopped, tell

DANA, ERIN, STRANGER, GUEST = "U0DANA", "U0ERIN", "U0STRANGER", "U0GUEST"
KEY = "0" * 64
BOOK = """
id: restart
title: Restart it
steps:
  - name: look
    action: exec
    command: kubectl get pods
  - name: restart
    action: exec
    command: kubectl rollout restart deployment/{{service}}
    approval: required
    verify: {command: "kubectl rollout status deployment/{{service}} --timeout=60s"}
    rollback: kubectl rollout undo deployment/{{service}}
"""


class MovingClock:
    """Stands still until it is moved."""

    def __init__(self):
        self.moment = NOW

    def now(self):
        return self.moment

    def forward(self, seconds):
        self.moment += timedelta(seconds=seconds)


@dataclass
class FakePeople:
    """`bot.runs.action_ports.People`. Whoever is not named is a full member without a say."""

    approvers: set[str] = field(default_factory=lambda: {DANA, ERIN})
    unreadable: bool = False
    unread: set[str] = field(default_factory=set)
    """Those of whom Slack does not say who they are."""
    nameless: bool = False
    """Whether Slack does not say how anybody is called."""
    blinks: int = 0
    """So many times yet Slack does not say who somebody is."""
    outside: bool | None = False
    asked_for: list[str] = field(default_factory=list)
    """Channels of which was asked whether they are shared."""

    async def person(self, user_id, approvers, service):
        if user_id == GUEST:
            return Person(user_id, full_member=False, may=False, why_not="guests cannot run or approve anything")
        blinked, self.blinks = self.blinks > 0, max(0, self.blinks - 1)
        if self.unreadable or user_id in self.unread or blinked:
            return Person(user_id, full_member=False, may=None, why_not=UNREADABLE)  # as SlackPeople has it
        may = user_id in self.approvers
        return Person(user_id, full_member=True, may=may, why_not="" if may else "you are not one of its approvers")

    async def name(self, user_id):
        return "" if self.unreadable or self.nameless else user_id.removeprefix("U0").title()

    async def shared(self, channel_id):
        self.asked_for.append(channel_id)
        return self.outside


class FakeHands:
    """`bot.runs.action_ports.Hands`: notes each deed, answers as it was told, and can be held in the middle of one."""

    def __init__(self):
        self.ran: list[str] = []
        self.answers: dict[str, list[Outcome]] = defaultdict(list)
        self.held: dict[str, asyncio.Event] = {}

    def answer(self, words, outcome):
        """The next deed whose command holds these words ends so."""
        self.answers[words].append(outcome)

    def hold(self, words):
        """A deed whose command holds these words does not end by itself."""
        self.held[words] = asyncio.Event()

    async def perform(self, deed, stop):
        text = " ".join(deed.argv) if isinstance(deed, Exec) else deed.kind
        if stop.is_set():
            return Outcome("refused", note="not begun: stopped before")
        self.ran.append(text)
        for words in self.held:
            if words in text:
                await stop.wait()
                return Outcome("stopped", seconds=1.0)
        for words, outcomes in self.answers.items():
            if words in text and outcomes:
                return outcomes.pop(0)
        return Outcome("done", exit=0, output="fine\n", seconds=0.4)


@dataclass
class Town:
    """One incident's channel, its workshop, and what people do there."""

    shop: Workshop
    chat: FakeSlack
    hands: FakeHands
    people: FakePeople
    clock: MovingClock
    incident_id: str
    channel_id: str
    questions: SqlQuestions
    asked: list[str] = field(default_factory=list)
    """Questions whose story was begun."""
    pager: FakePager = field(default_factory=FakePager)
    stories: dict[str, asyncio.Task] = field(default_factory=dict)
    purse: SqlPurse | None = None
    """None: no model key is set."""

    @property
    def action(self):
        async def begin(question_id):
            self.asked.append(question_id)

        talk = Replies(self.shop.desk, Talking(self.questions, begin, "questions", self.pager, self.shop.runs))
        return IncidentAction(self.shop, talk, self.purse)

    async def say(self, text, user=DANA, channel=None):
        return await self.action.command(Command(channel or self.channel_id, user, text))

    async def begin(self, run_id):
        self.stories[run_id] = asyncio.create_task(remediate(self.shop, run_id))

    async def react(self, gate_id, emoji, user, *, off=False):
        """As Slack does it: the reaction stands, and an event tells of it."""
        self.chat.tap(gate_id, emoji, user, off=off)
        await self.action.reacted(Reacted(self.chat.of(gate_id).posted, emoji, user, added=not off))

    async def choose(self, run, choice, step=2):
        """Dana taps a button below a step of the run; what she is told."""
        return await self.action.tapped(Tap(f"choose.{choice}", f"{run.id} {step}", self.channel_id, DANA))

    async def die(self):
        """The process ends at once; what lay only in it is gone."""
        for story in self.stories.values():
            await stopped(story)
        self.stories.clear()
        self.shop = replace(self.shop, pokes=defaultdict(asyncio.Event), resting=set(), begin=self.begin)

    async def live_again(self):
        for run in await self.shop.runs.unended():
            await self.begin(run.id)

    async def run(self):
        """The newest run of the incident."""
        return (await self.shop.runs.of_incident(self.incident_id))[0]

    async def events(self):
        return [type(event).__name__ for event in await self.shop.runs.events((await self.run()).id)]

    async def last_gate(self):
        events = await self.shop.runs.events((await self.run()).id)
        gates = [event.gate for event in events if type(event).__name__ == "GateOpened"]
        return gates[-1] if gates else None

    async def waits(self):
        """The id of the gate that the newest run waits at, once it does."""
        async with asyncio.timeout(60):
            while True:
                runs = await self.shop.runs.of_incident(self.incident_id)
                gate = await self.last_gate() if runs else None
                rests = bool(runs) and runs[0].id in self.shop.resting and not self.shop.pokes[runs[0].id].is_set()
                if gate and rests and (await self.shop.runs.gate(gate.id)).message:
                    return gate.id
                await asyncio.sleep(0.005)

    async def chooses(self):
        """The newest run, once it waits for somebody to say how to go on."""
        async with asyncio.timeout(60):
            while True:
                run = await self.run()
                waits = run.id in self.shop.resting and not self.shop.pokes[run.id].is_set()
                if waits and isinstance(next_move(run, await self.shop.runs.events(run.id)), Choose):
                    return run
                await asyncio.sleep(0.005)

    async def ended(self):
        """How the newest run ended, once it has."""
        run = await self.run()
        async with asyncio.timeout(60):
            await self.stories[run.id]
        return (await self.shop.runs.events(run.id))[-1]


def library(tmp_path, *books):
    folder = tmp_path / "books"
    folder.mkdir(exist_ok=True)
    for number, book in enumerate(books):
        (folder / f"{number}.yaml").write_text(book)
    found = load(folder)
    assert [str(problem) for problem in found.problems] == []
    return found


@asynccontextmanager
async def town_with(tmp_path, *books, profile="production", approvers=None, key=KEY, **rules):
    """A briefed incident with everything that a run needs, on the real record."""
    chat, people, hands, clock = FakeSlack(), FakePeople(), FakeHands(), MovingClock()
    source = Source("prometheus", series("error_rate", 0.004, 0.2))
    async with desk_with(tmp_path, chat, source, library=library(tmp_path, *(books or (BOOK,)))) as desk:
        taken = await fire(desk)
        await tell(desk, taken)
        incident = await desk.journal.incident(taken.incident_id)
        database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
        everyone = approvers if approvers is not None else ("S0PAYMENTS",)
        shop = Workshop(
            desk=replace(desk, clock=clock),
            runs=SqlRuns(database),
            audit=ChainedAudit(database, key) if key else None,
            switch=SqlSwitch(database),
            people=people,
            hands=hands,
            house=House(lambda name: Program(f"/usr/bin/{name}", "f" * 64)),
            rules=Rules(
                profile=profile,
                approvers=rules.pop("who", None) or Approvers(everyone, everyone, everyone, everyone, everyone),
                grants=Grants(),
                approval_timeout_s=300.0,
                shared_channels=(),
            ),
            begin=lambda run_id: town.begin(run_id),
        )
        town = Town(shop, chat, hands, people, clock, incident.id, incident.channel.id, SqlQuestions(database))
        try:
            yield town
        finally:
            await town.die()
            await database.dispose()
