"""What a story needs from the world. The composition root hands in the real ones, tests their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from bot.domain.briefing import Briefing
from bot.domain.context import Report
from bot.domain.incident import Channel, Incident, Posted
from integrations.contract import Alert, OpenAlert, Scope, ToolAnswer, ToolSpec

T = TypeVar("T")


class Clock(Protocol):
    def now(self) -> datetime:
        """Now, timezone-aware UTC."""
        ...


class ChatError(Exception):
    """Slack did not do what was asked. `code` is Slack's own word (`missing_scope`, `ratelimited`, …).

    `passing` tells whether trying again later can help.
    """

    def __init__(self, code: str, *, passing: bool) -> None:
        super().__init__(code)
        self.code = code
        self.passing = passing


@dataclass(frozen=True, slots=True)
class Doing:
    """Something that is being done for a reply while it is written, such as one use of a tool."""

    id: str
    title: str
    state: Literal["in_progress", "complete", "error"]


@dataclass(frozen=True, slots=True)
class Marked:
    """A message as somebody marked it with a reaction: who wrote it, what it says, and who reacts to it now."""

    user_id: str
    """Empty where it was no person."""
    text: str
    """As Slack gives it: data from outside, not masked."""
    link: str
    reactions: Mapping[str, tuple[str, ...]]
    """As in `Chat.reactions`."""


class Chat(Protocol):
    """The one door to Slack. Every call but `post` may be repeated after a crash without doing its work twice."""

    async def open_channel(self, name: str, incident_id: str) -> Channel:
        """A public channel of this incident, by this name or by the name with -2, -3, … behind it.

        A channel of that name is adopted only if this bot created it and its purpose holds `incident_id`, or is
        still empty minutes after it was created. Raises ChatError.
        """
        ...

    async def post(self, channel_id: str, briefing: Briefing, *, key: str, thread: str | None = None) -> Posted:
        """Posts under `key`, for `find` to find it by. One call: whoever may have posted before calls `stand`.

        What does not fit into Slack's limits goes into the thread behind it. Raises ChatError.
        """
        ...

    async def stand(self, channel_id: str, briefing: Briefing, *, key: str, thread: str | None = None) -> Posted:
        """Posts it unless it stands there; of one that stands in part, what is missing is said. Raises ChatError."""
        ...

    async def find(self, channel_id: str, key: str, thread: str | None = None) -> Posted | None:
        """The message of this bot that was posted there under `key`, among the newest thousand. Raises ChatError."""
        ...

    async def edit(self, posted: Posted, briefing: Briefing) -> None:
        """Makes the message, and what follows it in its thread, say this instead. Raises ChatError."""
        ...

    async def topic(self, channel_id: str, text: str) -> None:
        """Plain text of at most 250 characters; nothing happens where it is the topic already. Raises ChatError."""
        ...

    async def archive(self, channel_id: str) -> None:
        """Puts the channel away: it can be read, and nobody speaks there. One that is stays so. Raises ChatError.

        The bot cannot take that back: Slack lets no bot do so (docs.slack.dev, conversations.unarchive).
        """
        ...

    async def pin(self, posted: Posted) -> None: ...

    async def invite(self, channel_id: str, emails: Sequence[str], user_ids: Sequence[str] = ()) -> tuple[str, ...]:
        """Invites the people behind these addresses and these ids; gives back the addresses that nobody in Slack has.

        Who cannot come in keeps nobody else out. Raises ChatError.
        """
        ...

    async def picture(self, posted: Posted, png: bytes, *, title: str, alt: str, key: str) -> None:
        """A picture in the thread of a message, once by its key. Raises ChatError."""
        ...

    async def file(self, posted: Posted, text: str, *, name: str, title: str, key: str) -> None:
        """A text file in the thread of a message, masked, once by its key. Raises ChatError."""
        ...

    async def react(self, posted: Posted, *emoji: str) -> None:
        """The bot's own reactions, in this order; those that are there already stay. Raises ChatError."""
        ...

    async def reactions(self, posted: Posted) -> Mapping[str, tuple[str, ...]]:
        """Emoji name (without skin tone) → ids of everybody else who reacts with it now. Raises ChatError."""
        ...

    async def marked(self, posted: Posted) -> Marked:
        """A message of anybody's, in a channel or a thread. Raises ChatError."""
        ...

    async def whisper(self, channel_id: str, user_id: str, briefing: Briefing, thread: str | None = None) -> None:
        """Says it to one person only (ephemeral; lost when they are away). Raises ChatError."""
        ...

    async def begin_reply(self, channel_id: str, thread: str, *, reader: str, key: str) -> Posted:
        """A reply in a thread that grows while it is written, for the one who asked (`reader`, a user id).

        Begun again under the same key, also after a crash, it is the same reply. Raises ChatError.
        """
        ...

    async def grow_reply(self, posted: Posted, text: str, doing: Sequence[Doing] = ()) -> None:
        """Shows all of the text so far, and what is being done. A courtesy: it keeps Slack's pace, leaves steps out
        where they come too fast, and never raises.
        """
        ...

    async def end_reply(self, posted: Posted, briefing: Briefing) -> None:
        """From now on it says this, whatever it showed before. May be repeated. Raises ChatError."""
        ...

    async def said_since(self, channel_id: str, since: datetime) -> Mapping[str, str]:
        """Messages of people (no bots) in the channel itself, not in threads, since then: ts → user id.

        The newest hundred. Raises ChatError.
        """
        ...

    async def close(self) -> None:
        """Gives back every connection."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one committed alert."""

    incident_id: str
    opening: int
    effect: Literal["opened", "reopened", "joined", "resolved", "repeated", "unmatched"]
    """`repeated`: nothing new in it. `unmatched`: a resolution of an alert that was never seen."""


class Journal(Protocol):
    """The record of what happened: committed before anything is answered or done."""

    async def take(self, alerts: Sequence[Alert]) -> tuple[Taken, ...]:
        """Commits the alerts in one transaction and says what each did. Raises JournalDown."""
        ...

    async def incident(self, incident_id: str) -> Incident: ...

    async def in_channel(self, channel_id: str) -> Incident | None:
        """The newest incident of this channel."""
        ...

    async def writable(self) -> None:
        """Writes a row that says nothing, as a writer would: a full disk shows only then. Raises JournalDown."""
        ...

    async def open_incidents(self, resolved_since: datetime | None = None) -> tuple[Incident, ...]:
        """Those that are open; with a moment those too that were resolved since then."""
        ...

    async def count_open(self) -> int:
        """How many incidents are open."""
        ...

    async def firing_elsewhere(self, scope: Scope) -> tuple[OpenAlert, ...]:
        """What fires on the scope's services in other incidents, none known to be of another environment.

        The oldest incidents first, and of their alerts the first; at most 200.
        """
        ...

    async def report(self, incident_id: str, opening: int) -> Report | None:
        """The newest look into this opening of the incident."""
        ...

    async def keep_report(self, incident_id: str, opening: int, report: Report, *, first: bool = False) -> None:
        """People should see it: the revision goes up with it. A `first` one replaces none that is kept."""
        ...

    async def keep_channel(self, incident_id: str, channel: Channel) -> None: ...

    async def keep_message(self, incident_id: str, message: Posted) -> None: ...

    async def revision(self, incident_id: str) -> int:
        """Goes up with each change to the incident that people should see."""
        ...

    async def keep_shown(self, incident_id: str, revision: int) -> None:
        """This revision stands in Slack now."""
        ...

    async def show_again(self, incident_id: str) -> None:
        """What stands in Slack may be behind, also what is being shown right now: the revision goes up."""
        ...

    async def keep_briefed(self, incident_id: str, opening: int) -> None:
        """The story of this opening has ended."""
        ...

    async def stale(self) -> tuple[str, ...]:
        """Ids of briefed incidents with a change that Slack does not show yet; what is open and most severe first."""
        ...

    async def unbriefed(self) -> tuple[Incident, ...]:
        """Incidents whose story for the present opening has not ended."""
        ...


class JournalDown(Exception):
    """The database cannot be written: the sender has to try again."""


class Looking(Protocol):
    """Who looks into incidents: asks the sources, makes sense of what they say, and draws it."""

    sources: tuple[str, ...]
    """The names of those that are asked."""
    tools: tuple[ToolSpec, ...]
    """What a model may ask them besides, sorted by name."""

    def open(self) -> None:
        """Gets ready to look, without waiting for it."""
        ...

    async def look(self, scope: Scope, first_impression: Callable[[Report], Awaitable[None]]) -> Report:
        """What the sources know by the deadline, and what it means; what could not be seen is a gap in it.

        `first_impression` gets what is there where some source is silent for long; it runs beside the waiting and is
        finished or cancelled before this returns.
        """
        ...

    async def use(self, tool: str, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        """What one of the tools answers, masked. Raises RoomError, whose reason may be shown to the model."""
        ...

    async def draw(self, report: Report, incident: Incident) -> bytes | None:
        """A picture of the incident, as PNG; None where there is nothing to draw, or nobody to draw it."""
        ...

    async def close(self) -> None:
        """Gives back every connection, thread and process."""
        ...


class Steps(Protocol):
    """A durable story's steps."""

    taken_up: bool
    """Whether some of it was done before: by another process, in an earlier life of this one, or in a step that is
    tried once more because the database went away. Its effects may be there."""

    def once(self, name: str, act: Callable[[], Awaitable[T]], kind: type[T]) -> Awaitable[T]:
        """Runs `act` and records its result; after a restart the recorded result is given back instead.

        A step's place in the story is taken when this is called, not when it is awaited: steps may run side by
        side. At least once, not exactly once: an act that a crash cuts short runs again, so it must find its own
        earlier effect.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Sleeps through restarts: it ends when it would have ended."""
        ...
