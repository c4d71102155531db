"""The world around the end of an incident: a clock that moves, and everything that closing needs, over SQLite."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from bot.closing.command import ClosingCommand
from bot.closing.desk import ClosingDesk, Wrapping
from bot.closing.later import Later
from bot.closing.next_closing import Rules
from bot.closing.until_closed import look
from bot.domain.said import Command, Tap
from bot.state.closings import SqlClosings
from bot.state.entries import SqlEntries
from bot.state.postmortems import SqlPostmortems
from bot.state.runs import SqlRuns
from bot.wrap_up import wrap_up
from tests.stories.incident_sample import NOW, series
from tests.stories.world import OWN, Life, Source, desk_with, fire, resolve, tell

QUIET, PATIENCE = timedelta(minutes=15), timedelta(days=1)
ERRORS = series("error_rate", 0.004, 0.2)


class MovingClock:
    def __init__(self):
        self.moment = NOW

    def now(self):
        return self.moment

    def pass_(self, **span):
        self.moment += timedelta(**span)


class World:
    """One incident that was told, and what happens after it."""

    def __init__(self, desk, slack, clock, database, **rules):
        self.slack, self.clock = slack, clock
        self.told, self.begun, self.remembered = [], [], []
        self.lives = {}
        self.given_up = False
        self.at = ClosingDesk(
            desk=desk,
            closings=SqlClosings(database),
            postmortems=SqlPostmortems(database),
            entries=SqlEntries(database),
            runs=SqlRuns(database),
            rules=Rules(QUIET, PATIENCE, **rules),
            take_up=self._take_up,
            respond=self._respond,
            remember=self._remember,
            later=Later(lambda: clock.now().timestamp()),
        )
        self.command = ClosingCommand(self.at)

    async def _take_up(self, incident_id, opening):
        if self.given_up:
            return False
        life = self.lives.setdefault((incident_id, opening), Life())
        self.told.append((incident_id, opening))
        await wrap_up(Wrapping(self.at, incident_id, opening), life)
        return True

    async def _respond(self, incident_id, opening):
        self.begun.append((incident_id, opening))

    async def _remember(self, incident_id, opening):
        self.remembered.append((incident_id, opening))

    # ── what a test does ──

    async def look(self, **passed):
        """Time passes, and then it is looked at what is due."""
        self.clock.pass_(**passed)
        await look(self.at)

    async def say(self, text, user="U1", channel=OWN):
        """`/incident <text>`; what the bot answers."""
        word, _, rest = text.partition(" ")
        words = self.command.words()
        return (await words.verbs[word](Command(channel, user, text), rest)).headline

    async def tap(self, does, incident_id, opening=1, user="U1"):
        words = self.command.words()
        return (await words.taps["close."](Tap(does, f"{incident_id} {opening}", OWN, user))).headline

    def postmortems(self):
        return [text for key, text in self.slack.files.items() if ":" in key]


@asynccontextmanager
async def world_with(tmp_path, slack, publisher=None, **rules):
    clock = MovingClock()
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS)) as desk:
        desk = replace(desk, clock=clock)
        world = World(desk, slack, clock, desk.entries._database, **rules)
        world.at = replace(world.at, publisher=publisher)
        world.command = ClosingCommand(world.at)
        yield world


async def told(world, name="HighErrorRate"):
    """An incident with its briefing; it still fires."""
    taken = await fire(world.at.desk, name)
    await tell(world.at.desk, taken)
    return taken.incident_id


async def over(world):
    """The same, once its alert is resolved."""
    incident_id = await told(world)
    await resolve(world.at.desk)
    return incident_id
