"""What a person does at the page: say, react, pin, press, submit, join, and start or resolve a scenario."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from playground.slack import channels, messages, views
from playground.slack.deliver import NotAcknowledged
from playground.slack.director import Director
from playground.slack.errors import SlackError
from playground.slack.interactions import Click, Interactions
from playground.slack.messages import Draft
from playground.slack.model import Channel, Json, Message
from playground.slack.typed import as_mrkdwn
from playground.slack.workspace import Workspace


class Doings:
    """Each doing takes the person and what the page sent, and gives back what the page should know."""

    def __init__(self, workspace: Workspace, interactions: Interactions, director: Director | None) -> None:
        self._ws = workspace
        self._interactions = interactions
        self._director = director
        self._table: Mapping[str, Callable[[str, Json], Awaitable[Json]]] = {
            "say": self._say,
            "react": self._react,
            "pin": self._pin,
            "join": self._join,
            "read": self._read,
            "click": self._click,
            "submit": self._submit,
            "dismiss": self._dismiss,
            "start": self._start,
            "resolve": self._resolve,
        }

    async def do(self, doing: str, user: str, asked: Json) -> Json:
        """Raises SlackError as the Web API would, and KeyError or TypeError for a call of another shape."""
        if doing not in self._table:
            raise SlackError("unknown_method")
        return await self._table[doing](user, asked)

    async def _say(self, user: str, asked: Json) -> Json:
        channel, typed = self._channel(user, asked), str(asked["text"]).strip()
        if user not in channel.members:
            raise SlackError("not_in_channel")
        if typed.startswith("/invite "):
            self._invite(user, channel, typed)
            return {}
        if typed.startswith("/") and not typed.startswith("//"):
            await self._interactions.command(user, channel, typed)
            return {}
        if not typed:
            raise SlackError("no_text")
        text = as_mrkdwn(self._ws, typed)
        message = messages.post(self._ws, channel, user, Draft(text, thread_ts=asked.get("thread_ts")))
        self._ws.read[user, channel.id] = message.ts
        return {"ts": message.ts}

    def _invite(self, user: str, channel: Channel, typed: str) -> None:
        """Slack's own `/invite @name …`; somebody of another workspace is connected to the channel."""
        handles = [word.removeprefix("@") for word in typed.split()[1:]]
        people = {person.handle: person for person in self._ws.users.values()}
        if not handles or any(handle not in people for handle in handles):
            raise SlackError("user_not_found")
        for person in (people[handle] for handle in handles):
            if person.team:
                channels.connect(self._ws, channel, user, person.id)
            else:
                channels.invite(self._ws, channel, user, [person.id])

    async def _react(self, user: str, asked: Json) -> Json:
        channel, message = self._message(user, asked)
        act = messages.unreact if user in message.reactions.get(asked["name"], []) else messages.react
        act(self._ws, channel, user, message, asked["name"])
        return {}

    async def _pin(self, user: str, asked: Json) -> Json:
        channel, message = self._message(user, asked)
        if message.ts in channel.pins:
            messages.unpin(self._ws, channel, message)
        else:
            messages.pin(self._ws, channel, user, message)
        return {}

    async def _join(self, user: str, asked: Json) -> Json:
        channels.join(self._ws, self._channel(user, asked), user)
        return {}

    async def _read(self, user: str, asked: Json) -> Json:
        channel = self._channel(user, asked)
        self._ws.read[user, channel.id] = max(str(asked["ts"]), self._ws.read.get((user, channel.id), "0"))
        return {}

    async def _click(self, user: str, asked: Json) -> Json:
        _, message = self._message(user, asked)
        click = Click(str(asked["block_id"]), str(asked["action_id"]), asked.get("chosen"))
        await self._interactions.click(user, message, click)
        return {}

    async def _submit(self, user: str, asked: Json) -> Json:
        try:
            return {"errors": dict(await self._interactions.submit(user, asked["view"], asked["values"]))}
        except NotAcknowledged:
            raise SlackError("operation_timeout") from None

    async def _dismiss(self, user: str, asked: Json) -> Json:
        view = self._ws.views.get(asked["view"])
        if view and view["user"] == user:
            views.close(self._ws, view)
        return {}

    async def _start(self, user: str, asked: Json) -> Json:
        await self._directed().start(str(asked["id"]))
        return {}

    async def _resolve(self, user: str, asked: Json) -> Json:
        await self._directed().resolve(str(asked["id"]))
        return {}

    def _directed(self) -> Director:
        if self._director is None:
            raise SlackError("unknown_method")
        return self._director

    def _channel(self, user: str, asked: Json) -> Channel:
        return self._ws.channel(str(asked["channel"]), seen_by=user)

    def _message(self, user: str, asked: Json) -> tuple[Channel, Message]:
        channel, ts = self._channel(user, asked), str(asked["ts"])
        whispered = (m for m in self._ws.whispers if m.ts == ts and m.ephemeral_to == user)
        return channel, next(whispered, None) or self._ws.message(channel, ts)
