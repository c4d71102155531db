"""`/incident`: a table of words that parts of the bot bring along, and who may use them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Protocol, TypeVar

import structlog

from bot.command_words import NotDoneError, OnFilled, OnReacted, OnTap, Verb, Words, first_word
from bot.domain.briefing import DATABASE_DOWN, Briefing, Section, line
from bot.domain.said import Command, Filled, Form, Heard, Reacted, Tap
from bot.domain.text import code
from bot.ports import JournalDown
from bot.priority import Priority, done_as
from bot.runs.workshop import Workshop

log = structlog.get_logger(__name__)

T = TypeVar("T")

NAME = "/incident"
SHARED = "Not done: this channel is shared with others, or Slack did not say. SHARED_CHANNELS names where I may."
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
        return await _told(self._for_members(command.user_id, command.channel_id, verb, command, rest))

    @done_as(Priority.APPROVAL)
    async def tapped(self, tap: Tap) -> Briefing | Form | None:
        """What a button does, and the answer for the one who tapped it."""
        act = _by_beginning(self._taps, tap.does)
        if act is None:
            return await self._others.tapped(tap)
        return await _told(self._for_members(tap.user_id, tap.channel_id, act, tap))

    @done_as(Priority.APPROVAL)
    async def filled(self, filled: Filled) -> Briefing | Mapping[str, str]:
        """What a form brings, or what is wrong with its fields."""
        act = _by_beginning(self._forms, filled.does)
        if act is None:
            return await self._others.filled(filled)
        return await _told(self._for_members(filled.user_id, filled.channel_id, act, filled))

    @done_as(Priority.APPROVAL)
    async def reacted(self, reacted: Reacted) -> None:
        """Everybody hears of it: a part that fails over it holds up no gate."""
        await self._others.reacted(reacted)
        for hear in self._reactions:
            try:
                await hear(reacted)
            except (NotDoneError, JournalDown) as problem:
                log.warning("a reaction went by", problem=str(problem))

    async def _for_members(self, user_id: str, channel_id: str, act: Callable[..., Awaitable[T]], *given: object) -> T:
        """Raises NotDoneError for guests, strangers, and where another company reads along."""
        person = await self._shop.people.person(user_id, (), "")
        if not person.full_member:
            why = person.why_not or "only full members of this workspace can change an incident"
            raise NotDoneError(f"Not done: {why}. Ask a full member to type it.")
        if channel_id not in self._shop.rules.shared_channels and not await self._is_ours(channel_id):
            raise NotDoneError(SHARED)
        return await act(*given)

    async def _is_ours(self, channel_id: str) -> bool:
        """Whether no other company reads along; a channel that was refused is asked for anew."""
        now = self._shop.desk.clock.now()
        self._ours = {id_: at for id_, at in self._ours.items() if now - at < OURS_ALONE}
        if channel_id not in self._ours:
            if await self._shop.people.shared(channel_id) is not False:
                return False
            self._ours = {**self._ours, channel_id: now}
        return True

    def _known(self, headline: str, *first: str) -> Briefing:
        sections = (Section((*first, *self._help)),)
        return Briefing(plain=headline.replace("`", ""), headline=f"*{headline}*", sections=sections)

    def _unknown(self, word: str) -> Briefing:
        near = get_close_matches(word, [known for known in self._verbs if known], 1)
        meant = (f"Did you mean `/incident {near[0]}`?",) if near else ()
        return self._known(f"There is no {code(f'/incident {word}', 80)}", *meant)


def _joined(tables: Iterable[Mapping[str, T]]) -> Mapping[str, T]:
    joined: dict[str, T] = {}
    for table in tables:
        if both := joined.keys() & table.keys():
            raise ValueError(f"two parts of /incident have {sorted(both)}")
        joined |= table
    return joined


def _by_beginning(table: Mapping[str, T], does: str) -> T | None:
    return next((act for beginning, act in table.items() if does.startswith(beginning)), None)


async def _told(doing: Awaitable[T]) -> T | Briefing:
    try:
        return await doing
    except NotDoneError as refusal:
        return line(str(refusal))
    except JournalDown:
        return line(DATABASE_DOWN)
