"""Where a kill falls: at a call that the bot makes, a delivery, what people did, or a while after it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase

from playground.slack.changes import ChannelChanged, Edited, Posted, Reacted, Touched
from playground.slack.faults import Fault, Faults
from playground.slack.workspace import BOT_USER


@dataclass(frozen=True, slots=True)
class Moment:
    """`sign`: a pattern of what is seen (`Strike.seen`)."""

    stage: str
    sign: str
    pause: float = 0.0
    """The kill falls at the sign, or at random within so many seconds after it. At the sign of a call the bot is dead
    before the call is carried out, at that of a message before it hears that it stands."""


MOMENTS = (
    Moment("intake", "alert sent", 0.01),
    Moment("intake", "alert sent", 0.05),
    Moment("intake", "alert taken"),
    Moment("gathering", "alert taken", 0.3),
    Moment("gathering", "alert taken", 0.8),
    Moment("channel", "call conversations.create"),
    Moment("channel", "channel"),
    Moment("channel", "call conversations.setPurpose"),
    Moment("headline and notice", "said briefing"),
    Moment("headline and notice", "said notice"),
    Moment("headline and notice", "call chat.postMessage"),
    Moment("briefing", "call chat.update"),
    Moment("briefing", "edited briefing"),
    Moment("briefing", "edited briefing", 0.2),
    Moment("chores", "pinned"),
    Moment("chores", "call conversations.setTopic"),
    Moment("chores", "call conversations.invite"),
    Moment("chores", "call files.*"),
    Moment("second opinion", "a model is asked", 0.1),
    Moment("run asked for", "run asked", 0.1),
    Moment("run asked for", "said run"),
    Moment("gate asked", "said gate"),
    Moment("gate asked", "call reactions.add"),
    Moment("gate asked", "said gate", 0.4),
    Moment("approval", "approved"),
    Moment("approval", "approved", 0.2),
    Moment("approval", "edited gate"),
    Moment("step", "step began"),
    Moment("step", "step began", 0.4),
    Moment("step", "edited run"),
    Moment("question", "question asked", 0.1),
    Moment("question", "call chat.startStream"),
    Moment("answer", "reply begins"),
    Moment("answer", "reply begins", 0.5),
    Moment("answer", "call chat.appendStream"),
    Moment("answer", "call chat.stopStream"),
    Moment("resolve", "resolve sent", 0.05),
    Moment("resolve", "resolve taken", 0.8),
    Moment("resolve", "said resolved"),
    Moment("start", "started", 0.7),
    Moment("start", "started", 2.0),
)
AT_REST = Moment("nothing left to be seen", "")


class Strike:
    """Kills the bot where it is seen to be. Each moment of a plan is struck once, when its sign is seen first."""

    def __init__(self, town, draw):
        self.fell = asyncio.Event()
        self.stages: Counter[str] = Counter()
        """Stage → kills that fell there."""
        self._bot, self._draw = town.bot, draw
        self._plan: list[Moment] = []
        self._armed = False
        town.slack.workspace.faults = _Listening(self)
        town.slack.workspace.hear(self._changed)
        if town.claude:
            town.claude.faults = _Models(self)

    def plan(self, count):
        """So many moments, each as often as any other."""
        moments = MOMENTS * (count // len(MOMENTS)) + tuple(self._draw.sample(MOMENTS, count % len(MOMENTS)))
        self._plan = list(moments)

    def arm(self):
        """From now on the first sign of a moment of the plan counts."""
        self.fell.clear()
        self._armed = True

    def seen(self, sign) -> bool:
        """Something that the bot or people did; whether the bot is dead by now for it."""
        if not self._armed:
            return False
        found = next((moment for moment in self._plan if fnmatchcase(sign, moment.sign)), None)
        if found is None:
            return False
        self._armed = False
        self._plan.remove(found)
        if found.pause:
            asyncio.get_running_loop().call_later(self._draw.uniform(0.0, found.pause), self._kill, found)
            return False
        return self._kill(found)

    def anywhere(self):
        """Strikes now, where nothing of the plan was seen for long."""
        if self._armed:
            self._armed = False
            self._plan.pop()
            self._kill(AT_REST)

    def _kill(self, moment) -> bool:
        if (pid := self._bot.pid) is None:  # its process is not there yet
            self._plan.append(moment)
            self._armed = True
            return False
        os.kill(pid, signal.SIGKILL)
        self.stages[moment.stage] += 1
        self.fell.set()
        return True

    def _changed(self, change):
        match change:
            case ChannelChanged(channel) if channel.creator == BOT_USER:
                self.seen("channel")
            case Posted(_, message) if message.bot_id:
                self.seen(f"said {kind(message)}" if message.metadata else "reply begins")
            case Edited(_, message) if message.bot_id:
                self.seen(f"edited {kind(message)}")
            case Touched(_, message) if message.pinned_by == BOT_USER:
                self.seen("pinned")
            case Reacted(_, _, user) if user != BOT_USER:
                self.seen("reacted")


def kind(message) -> str:
    """What one of the bot's messages is, by its key: briefing, notice, resolved, run, gate, answer …"""
    key = key_of(message)
    if ":" not in key:
        return {"R": "run", "G": "gate"}.get(key[:1], "something")
    first, last = key.split(":")[0], key.rpartition(":")[2]
    return "answer" if first == "answer" else last


def key_of(message) -> str:
    return (message.metadata or {}).get("event_payload", {}).get("key", "")


class _Listening(Faults):
    """Each call of the bot's to Slack is seen before it is carried out; what it dies of never reaches Slack."""

    def __init__(self, strike):
        super().__init__()
        self._strike = strike

    def meet(self, what):
        if self._strike.seen(f"call {what}"):
            return Fault(what, drop=True)
        return super().meet(what)


class _Models:
    """The same for calls to the model's stand-in; no fault is ever armed there."""

    def __init__(self, strike):
        self._strike = strike

    def meet(self, _model):
        self._strike.seen("a model is asked")
