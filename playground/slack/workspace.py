"""The state of one workspace, and the only ways to find something in it."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from playground.slack.cast import ELSEWHERE
from playground.slack.changes import Change
from playground.slack.errors import SlackError
from playground.slack.faults import Faults
from playground.slack.model import Channel, File, Json, Message, ResponseUrl, Stream, Token, Trigger, User
from playground.slack.rates import Meter
from playground.slack.settings import SlackSettings
from playground.world import Person

TEAM = "T0PLAYGRND"
APP = "A0PLAYGRND"
BOT = "B0PLAYGRND"
BOT_USER = "U0PLAYGBOT"
SLACKBOT = "USLACKBOT"


def utc_now() -> datetime:
    return datetime.now(UTC)


class Workspace:
    """People, channels, messages, files and tokens in memory.

    `faults` and `latency` (seconds a call) may be changed at any time. `hear` tells of every change.
    """

    def __init__(
        self, settings: SlackSettings, people: Sequence[Person] = (), clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.faults = Faults()
        self.latency = settings.latency
        self.meter = Meter(settings.rates, clock)
        self.url = ""
        """Where the page is, without a slash at the end; set once the server listens."""
        self.users = {user.id: user for user in _users(settings, people)}
        self.usergroups = {
            group.id: replace(group, users=tuple(user for user in group.users if user in self.users))
            for group in settings.usergroups
        }
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.whispers: list[Message] = []
        """Ephemeral messages, oldest first."""
        self.read: dict[tuple[str, str], str] = {}
        """(user, channel) → ts of the last message that was read."""
        self.tokens: dict[str, Token] = {
            settings.bot_token: Token("bot", BOT_USER, settings.bot_scopes),
            settings.app_token: Token("app", "", frozenset({"connections:write", "authorizations:read"})),
        }
        self.tickets: set[str] = set()
        """Issued by `apps.connections.open`; each opens one socket."""
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.streams: dict[tuple[str, str], Stream] = {}
        """(channel, ts) → what was written so far, of messages that are still being written."""
        self.views: dict[str, Json] = {}
        """Open modals by id."""
        self._ids = itertools.count(1)
        self._salt = secrets.token_hex(2).upper()
        self._last_ts = 0
        self._listeners: list[Callable[[Change], None]] = []
        self._open_channels()

    # ── time and names ──

    def next_ts(self) -> str:
        """A message's timestamp: seconds with six digits behind the point, never the same twice."""
        now = self.clock()
        micros = int(now.timestamp()) * 1_000_000 + now.microsecond
        self._last_ts = max(self._last_ts + 1, micros)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def seconds(self) -> int:
        return int(self.clock().timestamp())

    def new_id(self, prefix: str) -> str:
        """An id that nobody has, in no earlier workspace either, such as `C0A1B200001`."""
        return f"{prefix}0{self._salt}{next(self._ids):05d}"

    # ── tokens ──

    def add_token(self, token: str, user_id: str, scopes: Iterable[str]) -> None:
        """A token of one more person, or of the bot with fewer scopes."""
        self.tokens[token] = Token("bot" if user_id == BOT_USER else "user", user_id, frozenset(scopes))

    def revoke(self, token: str) -> None:
        self.tokens[token] = replace(self.tokens[token], revoked=True)

    # ── finding ──

    def user(self, user_id: str) -> User:
        """Raises SlackError `user_not_found`."""
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def channel(self, ref: str, *, seen_by: str | None = None) -> Channel:
        """By id, for those who see it. Raises SlackError `channel_not_found`."""
        found = self.channels.get(ref)
        if found is None or (seen_by is not None and not self.sees(seen_by, found)):
            raise SlackError("channel_not_found")
        return found

    def sees(self, user_id: str, channel: Channel) -> bool:
        """Public channels are for full members and apps, all others for those who are in them."""
        user = self.users.get(user_id)
        return user_id in channel.members or (channel.kind == "public" and (user is None or user.everywhere))

    def named(self, name: str) -> Channel | None:
        """The channel of this name (without `#`), archived ones too."""
        return next((c for c in self.channels.values() if c.name == name and c.kind in {"public", "private"}), None)

    def message(self, channel: Channel, ts: str) -> Message:
        """Raises SlackError `message_not_found`."""
        if ts not in channel.messages:
            raise SlackError("message_not_found")
        return channel.messages[ts]

    def stream_of(self, message: Message) -> Stream | None:
        """The stream by which it is still being written; one whose time is over is closed."""
        stream = self.streams.get((message.channel, message.ts))
        if stream is not None and stream.until <= self.clock().timestamp():
            self.close_stream(message)
            return None
        return stream

    def close_stream(self, message: Message) -> None:
        del self.streams[message.channel, message.ts]
        message.streaming = "completed"

    # ── changes ──

    def hear(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Calls `listener` with every change from now on; the function given back ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def announce(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    # ── on the wire ──

    def message_wire(self, message: Message, *, with_metadata: bool = False) -> Json:
        """A message as `conversations.history` shows it."""
        self.stream_of(message)
        shown: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts, "team": TEAM}
        optional: Json = {
            "subtype": message.subtype,
            "bot_id": message.bot_id,
            "app_id": message.app_id,
            "thread_ts": message.thread_ts,
            "blocks": message.blocks,
            "attachments": message.attachments,
            "edited": message.edited,
            "streaming_state": message.streaming,
            "files": [file.wire(self.url) for file in message.files],
            "reactions": [{"name": n, "users": list(u), "count": len(u)} for n, u in message.reactions.items()],
        }
        shown |= {key: value for key, value in optional.items() if value}
        if message.bot_id:
            shown["bot_profile"] = self.bot_profile()
        if message.pinned_by:
            shown |= {"pinned_to": [message.channel]}
        if with_metadata and message.metadata:
            shown["metadata"] = message.metadata
        return shown | message.more | self._thread_wire(message)

    def bot_profile(self) -> Json:
        return {"id": BOT, "app_id": APP, "name": self.settings.bot_name, "deleted": False, "team_id": TEAM}

    def _thread_wire(self, message: Message) -> Json:
        replies = self.channels[message.channel].replies(message.ts) if not message.is_reply else []
        if not replies:
            return {}
        users = list(dict.fromkeys(reply.user for reply in replies))
        return {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": users[:5],
            "reply_users_count": len(users),
            "latest_reply": replies[-1].ts,
            "is_locked": False,
        }

    def _open_channels(self) -> None:
        people = [u.id for u in self.users.values() if u.everywhere and not u.bot_id and u.id != SLACKBOT]
        guests = [u.id for u in self.users.values() if u.standing in {"guest", "single_channel_guest"}]
        for name in self.settings.channels:
            members = [*people, BOT_USER, *guests] if name in self.settings.bot_channels else list(people)
            channel = Channel(self.new_id("C"), name, people[0], self.seconds(), members=members)
            self.channels[channel.id] = channel


def _users(settings: SlackSettings, people: Sequence[Person]) -> Iterable[User]:
    you = settings.you
    for person in (you, *(p for p in people if p.slack_id != you.slack_id)):
        yield User(person.slack_id, person.handle, person.name, person.email)
    for new in settings.newcomers:
        who, team = new.person, ELSEWHERE if new.standing == "outsider" else ""
        yield User(who.slack_id, who.handle, who.name, who.email, standing=new.standing, team=team)
    yield User(BOT_USER, settings.bot_handle, settings.bot_name, bot_id=BOT, app_id=APP)
    yield User(SLACKBOT, "slackbot", "Slackbot")
