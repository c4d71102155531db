"""People in the playground's Slack, as the page lets them act: type, react, press, fill in."""

from __future__ import annotations

import re

from playground.slack.doings import Doings
from playground.slack.errors import SlackError
from playground.slack.workspace import BOT_USER
from playground.terminal import as_text
from tests.end_to_end.watch import said_by_bot, until

DANA, ALICE, LENA = "U0DANA0004", "U0ALICE001", "U0LENA0012"
"""Approvers: the first two are of the group payments-oncall, Lena is of sre-leads."""
STRANGER, GUEST, OUTSIDER = "U0BEN00002", "U0PIA00021", "W0WIM00022"
YES, NO = "white_check_mark", "x"
RESULTS = re.compile(r"done|failed|denied|nobody answered in time|stopped|not run")


class Person:
    """Somebody in one channel."""

    def __init__(self, town, user, channel):
        self._doings = Doings(town.slack.workspace, town.slack.interactions, None)
        self._workspace = town.slack.workspace
        self._user, self._channel = user, channel

    async def join(self):
        """Comes in; a guest or somebody from elsewhere is asked in by Dana."""
        if self._user in self._channel.members:
            return
        who = self._workspace.users[self._user]
        if who.standing == "member":
            await self._do("join")
        else:
            asking = {"channel": self._channel.id, "text": f"/invite @{who.handle}"}
            await self._doings.do("say", DANA, asking)

    async def say(self, text):
        """Types it; a slash command's answer comes as an ephemeral message. Raises SlackError."""
        await self.join()
        await self._do("say", text=text)

    async def react(self, message, name):
        """Sets a reaction, or takes it back."""
        await self.join()
        await self._do("react", ts=message.ts, name=name)

    async def press(self, message, label):
        """Presses the message's button of that label. False where it has none, or nobody listens."""
        await self.join()
        for block in message.blocks:
            for element in block.get("elements", ()):
                if element.get("type") == "button" and element["text"]["text"] == label:
                    return await self._pressed(message, block, element)
        return False

    async def fill(self, **texts):
        """Fills in the form that is open before them, and sends it; what is wrong with it by field."""
        view = await until(lambda: self._form(), what=f"a form for {self._user}")
        places = {block["block_id"].partition(":")[2]: block for block in view["blocks"] if block["type"] == "input"}
        values = {
            places[name]["block_id"]: {places[name]["element"]["action_id"]: {"value": text}}
            for name, text in texts.items()
        }
        told = await self._doings.do("submit", self._user, {"view": view["id"], "values": values})
        return {block.partition(":")[2]: what for block, what in told["errors"].items()}

    async def dismiss(self):
        """Closes the form that is open before them."""
        await self._doings.do("dismiss", self._user, {"view": self._form()["id"]})

    def heard(self):
        """What was said to them alone, the oldest first, as text."""
        mine = (self._user, self._channel.id)
        return [as_text(m) for m in self._workspace.whispers if (m.ephemeral_to, m.channel) == mine]

    async def hears(self, words):
        """Waits until something with these words was said to them alone, and gives it back."""

        def found():
            return next((text for text in reversed(self.heard()) if words in text), None)

        return await until(found, what=f"«{words}» among {self.heard()} of {self._user}")

    def _form(self):
        return next((view for view in self._workspace.views.values() if view["user"] == self._user), None)

    async def _pressed(self, message, block, element):
        place = {"block_id": block["block_id"], "action_id": element["action_id"]}
        try:
            await self._do("click", ts=message.ts, **place)
        except SlackError:
            return False
        return True

    async def _do(self, doing, **asked):
        await self._doings.do(doing, self._user, {"channel": self._channel.id, **asked})


def gates(channel):
    """The bot's gate messages in a channel that nobody has decided yet."""
    return [m for m in said_by_bot(channel) if "nothing happens without an answer" in str(m.blocks)]


def runs(channel):
    """The bot's messages about runs."""
    return [m for m in said_by_bot(channel) if "Runbook · " in str(m.blocks)]


def ended(run):
    """Whether the run of this message is over."""
    return " ends it" not in str(run.blocks)


def result(run):
    """How it ended, as its first line says; empty while it goes on."""
    first = as_text(run).partition("\n")[0].rpartition(" · ")[2]
    found = RESULTS.search(first)
    return found[0] if found and ended(run) else ""


async def asked(channel, before=()):
    """The newest gate that waits, with both reactions on it, once there is one that was not there before."""

    def found():
        new = [m for m in gates(channel) if m.ts not in before and {YES, NO} <= m.reactions.keys()]
        return new[-1] if new and BOT_USER in new[-1].reactions[NO] else None

    return await until(found, what="a gate")


async def over(channel, before):
    """How the run ended that came after `before` others, once it has; and its message."""

    def found():
        new = runs(channel)[before:]
        return new[-1] if new and ended(new[-1]) else None

    message = await until(found, what="the end of the run")
    return result(message), as_text(message)
