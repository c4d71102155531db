"""How much later an answer stands in Slack than the model was done with it: a whole town, a script as the model.

Each call of the model takes half a second before its first byte, as its server sees it; a question takes two or three.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from playground import town as playground
from playground.claude.faults import Fault
from playground.slack import channels, messages
from playground.slack.messages import Draft
from playground.slack.model import Channel
from playground.slack.settings import YOU
from playground.terminal import as_text

CALL_S = 0.5
UNHURRIED = {"BUDGET_PERSON_DAY": "50", "MODEL_REQUESTS_PER_MINUTE": "1000", "MODEL_TOKENS_PER_MINUTE": "10000000"}
"""No limit of the model's holds anything up: it is not what is measured."""
LIMIT_S = 40.0
QUESTIONS = (
    "did anything change in the gateway?",
    "what do the logs say?",
    "how are the errors now?",
    "who is on call?",
    "have we seen this before?",
)


@dataclass(frozen=True, slots=True)
class Timed:
    """One answer, in seconds from the question."""

    first_sign: float
    """A reply stands in the thread."""
    whole: float
    model: float
    """What the model itself took, its calls added up."""

    @property
    def over(self) -> float:
        return self.whole - self.model


async def answers(folder: Path, number: int) -> list[Timed]:
    """So many questions, one after another; each is asked in its own words, so that none is answered from memory."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with playground.running(folder, model="script", more=UNHURRIED) as town:
        await town.bot.start()
        await town.director.start("wrong-endpoint")
        channel = await _until(lambda: _briefed(town))
        channels.join(town.slack.workspace, channel, YOU.slack_id)
        town.claude.faults.add(Fault("slow", times=None, seconds=CALL_S))
        await _ask(town, channel, "are you warm?")
        return [await _ask(town, channel, _question(at)) for at in range(number)]


def _question(at: int) -> str:
    return f"{QUESTIONS[at % len(QUESTIONS)][:-1]} ({at})?"


async def _ask(town, channel: Channel, text: str) -> Timed:
    before, began = len(town.claude.spans), time.monotonic()
    asked = messages.post(town.slack.workspace, channel, YOU.slack_id, Draft(text))
    await _until(lambda: _replies(channel, asked.ts))
    first = time.monotonic() - began
    await _until(lambda: any("· $" in as_text(reply) for reply in _replies(channel, asked.ts)))
    whole = time.monotonic() - began
    return Timed(first, whole, sum(end - start for start, end in town.claude.spans[before:]))


def _replies(channel: Channel, thread: str):
    return [m for m in channel.messages.values() if m.thread_ts == thread and m.bot_id]


def _briefed(town) -> Channel | None:
    for channel in town.slack.workspace.channels.values():
        if channel.name.startswith("inc-") and any("Second opinion" in as_text(m) for m in channel.messages.values()):
            return channel
    return None


async def _until(look):
    async with asyncio.timeout(LIMIT_S):
        while not (found := look()):  # noqa: ASYNC110 - what is watched are plain objects
            await asyncio.sleep(0.005)
        return found
