"""People in the playground's Slack, as the page lets them act: type, react, press."""

from __future__ import annotations

from playground.slack.doings import Doings
from playground.slack.errors import SlackError
from tests.end_to_end.watch import said_by_bot

DANA, ALICE = "U0DANA0004", "U0ALICE001"
"""Both are of the group payments-oncall."""
STRANGER, GUEST = "U0BEN00002", "U0GUEST001"
YES, NO = "white_check_mark", "x"


class Person:
    """Somebody in one channel."""

    def __init__(self, town, user, channel):
        self._doings = Doings(town.slack.workspace, town.slack.interactions, None)
        self._user, self._channel = user, channel

    async def join(self):
        if self._user not in self._channel.members:
            await self._doings.do("join", self._user, {"channel": self._channel.id})

    async def say(self, text):
        """Types it; a slash command's answer comes as an ephemeral message. Raises SlackError."""
        await self.join()
        await self._doings.do("say", self._user, {"channel": self._channel.id, "text": text})

    async def react(self, message, name):
        """Sets a reaction, or takes it back."""
        await self.join()
        asked = {"channel": self._channel.id, "ts": message.ts, "name": name}
        await self._doings.do("react", self._user, asked)

    async def press(self, message, label):
        """Presses the message's button of that label. False where it has none, or nobody listens."""
        await self.join()
        for block in message.blocks:
            for element in block.get("elements", ()):
                if element.get("type") == "button" and element["text"]["text"] == label:
                    asked = {"channel": self._channel.id, "ts": message.ts}
                    asked |= {"block_id": block["block_id"], "action_id": element["action_id"]}
                    try:
                        await self._doings.do("click", self._user, asked)
                    except SlackError:
                        return False
                    return True
        return False


def gates(channel):
    """The bot's gate messages in a channel that nobody has answered yet."""
    return [m for m in said_by_bot(channel) if "nothing happens without an answer" in str(m.blocks)]


def runs(channel):
    """The bot's messages about runs."""
    return [m for m in said_by_bot(channel) if "Runbook · " in str(m.blocks)]
