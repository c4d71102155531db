"""What one part of the bot understands of `/incident`: its words, and the buttons, forms and reactions that follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.domain.briefing import Briefing
from bot.domain.incident import Incident
from bot.domain.said import Command, Filled, Form, Reacted, Tap
from bot.ports import Journal
from bot.runs.action_ports import People

Verb = Callable[[Command, str], Awaitable[Briefing | Form]]
"""Gets the command and what stands behind the verb, without blanks around it. Raises NotDoneError, JournalDown."""
OnTap = Callable[[Tap], Awaitable[Briefing | Form | None]]
OnFilled = Callable[[Filled], Awaitable[Briefing | Mapping[str, str]]]
OnReacted = Callable[[Reacted], Awaitable[None]]
"""Raises UncountedError, JournalDown: it is asked again then. What counts is what stands by now, however late."""


class NotDoneError(Exception):
    """Why nothing is done, as a sentence in mrkdwn that says what to do."""


class UncountedError(Exception):
    """Why somebody's reaction cannot be weighed just now, as half a sentence; a little later it may be."""


@dataclass(frozen=True, slots=True)
class Words:
    """One part's words. No two parts may have the same word, nor the same beginning of a button or form.

    Whoever types a word, taps or fills in a form is a full member, in a channel that no other company shares, or what
    they do needs no channel: that is seen to before these are called. Reactions come from anybody, and each part looks
    for itself.
    """

    verbs: Mapping[str, Verb]
    """By their word, in small letters; the empty one is `/incident` alone."""
    help: tuple[str, ...]
    """Lines of mrkdwn for `/incident help`."""
    taps: Mapping[str, OnTap] = field(default_factory=lambda: MappingProxyType({}))
    """By how `Button.does` begins, such as `close.`."""
    forms: Mapping[str, OnFilled] = field(default_factory=lambda: MappingProxyType({}))
    """By how `Form.does` begins."""
    anywhere: Mapping[str, Callable[[str], bool]] = field(default_factory=lambda: MappingProxyType({}))
    """By a word, or by how a button or a form begins: whether it needs no channel, from what stands behind the word or
    is the value. In direct messages, private channels and shared ones too: whoever asks sees the answer alone."""
    reactions: tuple[OnReacted, ...] = ()
    """Each of them hears of every reaction, as often as it takes to weigh it."""


def always(_behind: str) -> bool:
    """For `Words.anywhere`: whatever stands behind it."""
    return True


def first_word(text: str) -> tuple[str, str]:
    """The first word of what was typed, and what stands behind it; on a phone a line break is a blank too."""
    word, rest, *_ = (*text.split(maxsplit=1), "", "")
    return word, rest.strip()


async def by_member(people: People, reacted: Reacted) -> bool:
    """Whether a full member reacted. Raises UncountedError where Slack does not say who they are."""
    person = await people.person(reacted.user_id, (), "")
    if person.unread:
        raise UncountedError("Slack did not say who you are")
    return person.full_member


async def here(journal: Journal, channel_id: str) -> Incident:
    """The incident of this channel. Raises NotDoneError, JournalDown."""
    incident = await journal.in_channel(channel_id)
    if incident is None:
        raise NotDoneError("Not done: this is not an incident's channel. `/incident-action` lists where those are.")
    return incident
