"""The composition of stories: what is told, by which engine, what begins it, and what takes it up again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import structlog

from bot import schedules
from bot.answer import answer, take_up_questions
from bot.desk import Telling
from bot.going_on import Part
from bot.house.open_archive import forgetting, open_archive
from bot.house.open_closing import Closing, open_closing
from bot.house.open_escalation import Escalating, open_escalation
from bot.house.open_life import open_life
from bot.house.open_mirror import PagerDutyMirror, open_mirror
from bot.house.open_pager import open_pager
from bot.house.open_watching import Watching
from bot.house.open_workshop import open_workshop
from bot.house.what_is_open import House
from bot.intake import Intake
from bot.life.mirror import reflect
from bot.life.reach import Life
from bot.life.tell_entries import tell_entries
from bot.memory.archive import Archive
from bot.ports import Steps
from bot.questions import reply
from bot.questions.replies import Talking
from bot.remediate import remediate, take_up_runs
from bot.respond import respond
from bot.runs.workshop import Workshop
from bot.schedules import Tick
from bot.state.database import engine_url
from bot.state.engine import Engine
from bot.state.runs import SqlRuns

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """The stories of this house, and what they stand on."""

    house: House
    engine: Engine
    intake: Intake
    shop: Workshop
    talking: Talking
    life: Life
    archive: Archive
    closing: Closing
    changes: Watching
    escalation: Escalating
    mirror: PagerDutyMirror | None

    def ticks(self) -> tuple[Tick, ...]:
        """What is done again and again, by one replica."""
        return (
            Tick("take up", schedules.TAKE_UP_S, self._take_up),
            Tick("forget", schedules.DAY_S, self._forget, schedules.SOON_S),
            Tick("put away", schedules.DAY_S, self.closing.put_away, schedules.SOON_S),
            forgetting(self.house.settings, self.archive, self.house.database),
            *self.changes.ticks(self.shop.runs, partial(self.engine.take_up, "watch")),
            *self.escalation.ticks(partial(self.engine.take_up, "escalate")),
        )

    def parts(self) -> tuple[Part, ...]:
        """What goes on until it is cancelled, and at once what was left at the last end."""
        return (
            Part("tell entries", partial(tell_entries, self.life)),
            Part("wrap up", self.closing.keep_on),
            Part("reflect", partial(reflect, self.life, self.mirror)),
            Part("take up", self._take_up),
            *self.changes.parts(self.shop.runs, partial(self.engine.take_up, "watch")),
        )

    def at_rest(self) -> int:
        """How many stories only wait: for a person, or for their turn."""
        return len(self.shop.resting) + len(self.house.desk.looks) + len(self.house.desk.channels)

    async def _take_up(self) -> None:
        await self._take_up_openings()
        await take_up_runs(self.shop, lambda run_id: self.engine.take_up("remediate", run_id, 1))
        await self._take_up_questions()

    async def _take_up_openings(self) -> None:
        """Goes on with every opening not told to its end; what stands of one that is given up is kept current."""
        journal = self.house.desk.journal
        for incident in await journal.unbriefed():
            if not await self.engine.take_up("respond", incident.id, incident.opening):
                await journal.keep_briefed(incident.id, incident.opening)
        self.house.desk.changed.set()

    async def _take_up_questions(self) -> None:
        answering, desk = self.house.answering, self.house.desk

        async def give_up(question_id: str) -> None:
            await reply.give_up(await answering.asking(desk, question_id))

        await take_up_questions(answering.questions, lambda id_: self.engine.take_up("answer", id_, 1), give_up)

    async def _forget(self) -> None:
        await self.house.replica.claims.forget(schedules.KEPT)
        before = self.house.desk.clock.now() - schedules.KEPT
        await self.life.outbox.forget_told(before)
        log.info("old stories forgotten", count=await self.engine.forget(before))


@asynccontextmanager
async def open_stories(house: House) -> AsyncIterator[Told]:
    """Nothing is told before the engine is launched. Raises SettingsError."""
    settings, database, desk, replica = house.settings, house.database, house.desk, house.replica

    async def tell(steps: Steps, incident_id: str, opening: int) -> None:
        await respond(Telling(desk, incident_id, opening, lambda: steps.taken_up), steps)

    async def work(steps: Steps, run_id: str, _once: int) -> None:
        await steps.once("run", partial(remediate, shop, run_id), bool)

    async def say(steps: Steps, question_id: str, _once: int) -> None:
        await answer(await house.answering.asking(desk, question_id), steps)

    async def run(run_id: str) -> None:
        await engine.start("remediate", run_id, 1)

    async def begin_answer(question_id: str) -> None:
        await engine.start("answer", question_id, 1)

    archive = open_archive(settings, database, desk.journal, desk.clock, desk.library)
    closing = open_closing(house, archive, lambda: engine)
    changes, escalation = Watching(desk, settings.watch_s), open_escalation(settings, desk, SqlRuns(database))
    stories = {"respond": tell, "remediate": work, "answer": say, "wrap_up": closing.tell}
    stories |= {"watch": changes.tell, "escalate": escalation.tell}
    engine = Engine(engine_url(settings.database_url), stories, replica.lease, replica.begun, house.tracing.traces)
    intake = Intake(desk.journal, lambda *opening: engine.start("respond", *opening), desk.changed, desk.measures)

    async with open_workshop(settings, desk, database, replica, run) as opened:
        rested = partial(engine.rests, "remediate", opening=1)
        shop = replace(opened, hands=house.tracing.hands(opened.hands), ended=changes.run_ended, rested=rested)
        questions, pager = house.answering.questions, open_pager(settings, desk.catalog)
        told = Told(
            house=house,
            engine=engine,
            intake=intake,
            shop=shop,
            talking=Talking(questions, begin_answer, settings.answer_mode, pager, shop.runs, replica.first),
            life=open_life(settings, shop, database, questions, intake),
            archive=archive,
            closing=closing,
            changes=changes,
            escalation=escalation,
            mirror=open_mirror(settings),
        )
        try:
            yield told
        finally:
            await closing.close()
