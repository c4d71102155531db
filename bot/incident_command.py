"""`/incident`: a table of words that parts of the bot bring along, and who may use them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Protocol, TypeVar

from bot.command_words import NotDoneError, OnFilled, OnReacted, OnTap, Verb, Words, first_word
from bot.domain.briefing import DATABASE_DOWN, Briefing, Section, line
from bot.domain.said import Command, Filled, Form, Heard, Reacted, Tap
from bot.domain.text import code
from bot.hear_reaction import hear
from bot.ports import JournalDown
from bot.priority import Priority, done_as
from bot.runs.workshop import Workshop

T = TypeVar("T")

NAME = "/incident"
SHARED = "Not done: this channel is shared with others. SHARED_CHANNELS names where I may."
UNSAID = (
    "Not done: Slack does not say who reads along here; of private channels and direct messages it never does. "
    "Type it in the incident's channel, or try again in a minute."
)
OURS_ALONE = timedelta(seconds=30)
"""For so long a channel in which nobody from outside was is not asked for again: what is typed there costs no call."""
HELP = ("`/incident help` lists these words; `/incident-action help` those for runbooks",)


class Others(Protocol):
    """Who answers everything else: `/incident-action`, its buttons and forms, gates, questions."""

    async def command(self, command: Command) -> Briefing | Form: ...

    async def tapped(self, tap: Tap) -> Briefing | Form | None: ...

    async def filled(self, filled: Filled) -> Briefing | Mapping[str, str]: ...

    async def reacted(self, reacted: Reacted) -> None: ...

    async def heard(self, heard: Heard) -> Briefing | None: ...

    async def post(self, channel_id: str, thread: str, briefing: Briefing, key: str) -> None: ...

    async def whisper(self, channel_id: str, user_id: str, briefing: Briefing) -> None: ...


class IncidentCommand:
    """`bot.slack.listen.Replies`: `/incident` and what follows from it; the rest is left to the others."""

    def __init__(self, shop: Workshop, others: Others, parts: Iterable[Words] = ()) -> None:
        """Raises ValueError where two parts have the same word, or the same beginning of a button or form."""
        parts = tuple(parts)
        self._shop = shop
        self._others = others
        self._verbs: Mapping[str, Verb] = _joined(part.verbs for part in parts)
        self._taps: Mapping[str, OnTap] = _joined(part.taps for part in parts)
        self._forms: Mapping[str, OnFilled] = _joined(part.forms for part in parts)
        self._anywhere: Mapping[str, Callable[[str], bool]] = _joined(part.anywhere for part in parts)
        self._reactions: tuple[OnReacted, ...] = tuple(one for part in parts for one in part.reactions)
        self._help = (*(line for part in parts for line in part.help), *HELP)
        self._ours: Mapping[str, datetime] = {}
        """Channels in which nobody from outside was, and when that was asked."""
        self.heard = others.heard
        self.post = others.post
        self.whisper = others.whisper

    @done_as(Priority.APPROVAL)
    async def command(self, command: Command) -> Briefing | Form:
        """The answer to a slash command, only for the one who typed it."""
        if command.name != NAME:
            return await self._others.command(command)
        word, rest = first_word(command.text)
        word = word.lower()
        if word in ("help", "?") or (not word and "" not in self._verbs):
            return self._known("What `/incident` knows")
        verb = self._verbs.get(word)
        if verb is None:
            return self._unknown(word)
        place = self._place(word, rest, command.channel_id)
        return await _told(self._for_members(command.user_id, place, verb, command, rest))

    @done_as(Priority.APPROVAL)
    async def tapped(self, tap: Tap) -> Briefing | Form | None:
        """What a button does, and the answer for the one who tapped it."""
        part = _beginning(self._taps, tap.does)
        if part is None:
            return await self._others.tapped(tap)
        place = self._place(part, tap.value, tap.channel_id)
        return await _told(self._for_members(tap.user_id, place, self._taps[part], tap))

    @done_as(Priority.APPROVAL)
    async def filled(self, filled: Filled) -> Briefing | Mapping[str, str]:
        """What a form brings, or what is wrong with its fields."""
        part = _beginning(self._forms, filled.does)
        if part is None:
            return await self._others.filled(filled)
        place = self._place(part, filled.value, filled.channel_id)
        return await _told(self._for_members(filled.user_id, place, self._forms[part], filled))

    @done_as(Priority.APPROVAL)
    async def reacted(self, reacted: Reacted) -> None:
        """Everybody hears of it, side by side: a part that fails over it holds up no gate."""
        parts = (self._others.reacted, *self._reactions)
        await asyncio.gather(*(hear(part, reacted, self.whisper) for part in parts))

    def _place(self, word: str, behind: str, channel_id: str) -> str | None:
        """The channel in which it is to be done; None: it needs none."""
        needs_none = self._anywhere.get(word)
        return None if needs_none and needs_none(behind) else channel_id

    async def _for_members(
        self, user_id: str, place: str | None, act: Callable[..., Awaitable[T]], *given: object
    ) -> T:
        """Raises NotDoneError for guests, strangers, and where another company reads along."""
        person = await self._shop.people.person(user_id, (), "")
        if not person.full_member:
            why = person.why_not or "only full members of this workspace can change an incident"
            raise NotDoneError(f"Not done: {why}." + ("" if person.unread else " Ask a full member to type it."))
        if place is not None and place not in self._shop.rules.shared_channels:
            await self._check_ours(place)
        return await act(*given)

    async def _check_ours(self, channel_id: str) -> None:
        """Raises NotDoneError where another company reads along; a channel that was refused is asked for anew."""
        now = self._shop.desk.clock.now()
        self._ours = {id_: at for id_, at in self._ours.items() if now - at < OURS_ALONE}
        if channel_id not in self._ours:
            shared = await self._shop.people.shared(channel_id)
            if shared is not False:
                raise NotDoneError(SHARED if shared else UNSAID)
            self._ours = {**self._ours, channel_id: now}

    def _known(self, headline: str) -> Briefing:
        sections = (Section(self._help),)
        return Briefing(plain=headline.replace("`", ""), headline=f"*{headline}*", sections=sections)

    def _unknown(self, word: str) -> Briefing:
        near = get_close_matches(word, [known for known in self._verbs if known], 1)
        none = f"There is no {code(f'/incident {word}', 80)}"
        if near:
            return line(f"{none}. Did you mean {code(f'/incident {near[0]}')}? {code('/incident help')} lists all.")
        return self._known(none)


def _joined(tables: Iterable[Mapping[str, T]]) -> Mapping[str, T]:
    joined: dict[str, T] = {}
    for table in tables:
        if both := joined.keys() & table.keys():
            raise ValueError(f"two parts of /incident have {sorted(both)}")
        joined |= table
    return joined


def _beginning(table: Mapping[str, object], does: str) -> str | None:
    return next((beginning for beginning in table if does.startswith(beginning)), None)


async def _told(doing: Awaitable[T]) -> T | Briefing:
    try:
        return await doing
    except NotDoneError as refusal:
        return line(str(refusal))
    except JournalDown:
        return line(DATABASE_DOWN)
