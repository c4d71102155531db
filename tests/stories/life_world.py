"""The world around an incident's life: its channel, its record, and what people type there."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count

from bot.domain.incident import Posted
from bot.domain.plain import as_text
from bot.domain.said import Command, Filled, Form, Reacted, Tap
from bot.incident_command import IncidentCommand
from bot.intake import Intake
from bot.keep_current import catch_up
from bot.life.lifecycle import standing
from bot.life.reach import Life
from bot.life.tell_entries import remind, tell
from bot.life.verbs import life_words
from bot.state.entries import SqlEntries
from tests.stories.workshop_world import BOOK, DANA, Town, town_with

MATCHING = BOOK + "trigger: {alert: 'High*'}\n"


@dataclass
class Days:
    """One incident's channel, day after day."""

    town: Town
    life: Life
    begun: list[tuple[str, int]]
    triggers: count = field(default_factory=count)

    @property
    def chat(self):
        return self.town.chat

    async def says(self, text, user=DANA, channel=None, trigger=None):
        """What somebody is answered who types `/incident <text>`; a form as it is."""
        trigger = trigger or f"T{next(self.triggers)}"
        command = Command(channel or self.town.channel_id, user, text, trigger, "/incident")
        answer = await self._commands().command(command)
        return answer if isinstance(answer, Form) else as_text(answer)

    async def taps(self, does, value, user=DANA, message=None):
        answer = await self._commands().tapped(Tap(does, value, self.town.channel_id, user, "T", message))
        return answer if answer is None or isinstance(answer, Form) else as_text(answer)

    async def fills(self, form, user=DANA, **texts):
        answer = await self._commands().filled(Filled(form.does, form.value, user, texts, self.town.channel_id))
        return answer if isinstance(answer, dict) else as_text(answer)

    async def reacts(self, posted, emoji, user, *, off=False):
        """The reaction stands in Slack, and an event tells of it."""
        people = self.chat.reacting.setdefault(posted, {}).setdefault(emoji, [])
        people.remove(user) if off else people.append(user)
        await self.hears(posted, emoji, user, off=off)

    async def hears(self, posted, emoji, user, *, off=False):
        """Only the event, late or a second time."""
        await self._commands().reacted(Reacted(posted, emoji, user, added=not off))

    async def passes(self, minutes=0.0):
        """Time passes, and everything that is due is done."""
        self.town.clock.forward(minutes * 60)
        await remind(self.life)
        await tell(self.life)
        await catch_up(self.life.desk)

    async def incident(self):
        return await self.life.desk.journal.incident(self.town.incident_id)

    async def entries(self, *kinds):
        entries = await self.life.desk.entries.of_incident(self.town.incident_id)
        return [entry for entry in entries if not kinds or entry.kind in kinds]

    async def stands(self):
        return standing(await self.entries(), (await self.incident()).last_opened_at)

    async def briefing(self):
        """Its message and what it says by now."""
        await self.passes()
        posted = (await self.incident()).message
        (message,) = (one for one in self.chat.messages if one.posted == posted)
        return message.text

    def told(self):
        """What was said in the channel out of the record."""
        return [message.text for message in self.chat.messages if message.key.startswith("entry:")]

    def somebody_writes(self, text, user):
        self.chat.posted += 1
        posted = Posted(self.town.channel_id, f"{self.chat.posted}.0")
        self.chat.messages.append(_message(posted, text))
        self.chat.authors[posted] = user
        return posted

    def _commands(self):
        return IncidentCommand(self.town.shop, self.town.action, (life_words(self.life),))


def _message(posted, text):
    from tests.stories.world import Message

    return Message(posted, f"{posted.ts}:of a person", None, [text])


@asynccontextmanager
async def days_with(tmp_path, *, catalog=None, books=(MATCHING,), **more):
    """A briefed incident of payment-service, SEV1, and the life after it."""
    async with town_with(tmp_path, *books) as town:
        desk = town.shop.desk if catalog is None else replace(town.shop.desk, catalog=catalog)
        begun = []

        async def begin(*opening):
            begun.append(opening)

        intake = Intake(desk.journal, begin, desk.changed, desk.measures)
        outbox = SqlEntries(desk.entries._database)
        life = Life(desk, outbox, town.people, town.shop.runs, town.questions, intake.take, **more)
        yield Days(town, life, begun)
