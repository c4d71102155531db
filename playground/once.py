"""One scenario without a browser: starts it, watches the bot's Slack, prints what came and when."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import httpx

from playground.alerting import NotDelivered
from playground.slack.changes import Change, ChannelChanged, Edited, Posted
from playground.slack.model import Message
from playground.terminal import as_text
from playground.town import Town

OPINION_S = 25.0
"""The bot itself gives the model 20 s."""
LIMIT_S = 60.0
"""The bot's own promise: a first message never later than this."""
PARTS = ("Now", "cause", "Changed recently", "Seen before", "On call", "Ask here")
"""What a whole briefing holds, whatever the incident."""
BLIND = "Could not look"
"""How the briefing names a source that did not answer; in a whole one there is none."""
WITH_A_CAUSE = ("Runbooks", "First steps")
"""What it holds besides where it names a likely cause."""


@dataclass
class Seen:
    """What the bot did, and seconds after the alert was sent at which it did it."""

    began: float
    stages: dict[str, float] = field(default_factory=dict)
    headline: str = ""
    message: Message | None = None
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    improved: asyncio.Event = field(default_factory=asyncio.Event)
    """The model has given its second opinion."""

    def note(self, stage: str) -> None:
        self.stages.setdefault(stage, time.perf_counter() - self.began)

    def hear(self, change: Change) -> None:
        match change:
            case ChannelChanged(channel) if channel.name.startswith("inc-"):
                self.note("channel opened")
            case Posted(channel, message) if channel.name.startswith("inc-") and message.bot_id and not self.headline:
                if message.blocks and not message.is_reply:
                    self.note("headline")
                    self.headline, self.message = as_text(message), message
            case Edited(_, message) if self.message is not None and message.ts == self.message.ts:
                self.message = message
                if "still looking" not in as_text(message):
                    self.note("briefing")
                    self.whole.set()
                if "Second opinion" in as_text(message):
                    self.note("second opinion")
                    self.improved.set()
            case Posted(_, message) if message.files:
                self.note("chart in the thread")
            case _:
                pass


async def play_once(town: Town, scenario: str) -> int:
    """Plays it and prints headline, briefing and the time of each stage. 0 only if the briefing arrived whole."""
    seen = Seen(time.perf_counter())
    stop_hearing = town.slack.workspace.hear(seen.hear)
    try:
        await town.director.start(scenario)
        seen.note("alert answered 202")
        async with asyncio.timeout(LIMIT_S):
            await seen.whole.wait()
            if town.env.get("ANTHROPIC_API_KEY"):
                await _a_while(seen.improved)
    except NotDelivered as problem:
        print(f"The alert was not taken: {problem}. The end of the bot's log:\n{town.bot.tail()}")
        return 1
    except TimeoutError:
        print(f"No briefing within {LIMIT_S:g} s. The end of the bot's log:\n{town.bot.tail()}")
        return 1
    finally:
        stop_hearing()
    return _tell(seen, await _sources(town))


async def _a_while(improved: asyncio.Event) -> None:
    """A briefing without a second opinion is whole all the same."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(OPINION_S):
            await improved.wait()


def _tell(seen: Seen, sources: dict[str, float]) -> int:
    briefing = as_text(seen.message) if seen.message else ""
    print(f"── headline ──\n{seen.headline}\n\n── briefing ──\n{briefing}\n\n── time ──")
    for stage, seconds in sorted(seen.stages.items(), key=lambda item: item[1]):
        print(f"{seconds * 1000:7.0f} ms  {stage}")
    for source, seconds in sorted(sources.items(), key=lambda item: item[1]):
        print(f"{seconds * 1000:7.0f} ms    of which {source} took")
    wanted = (*PARTS, *WITH_A_CAUSE) if "likely cause" in briefing.lower() else PARTS
    missing = [part for part in wanted if part.lower() not in briefing.lower()]
    blind = [line.strip() for line in briefing.splitlines() if BLIND in line]
    for fault in (f"missing: {', '.join(missing)}" if missing else "", *blind):
        if fault:
            print(f"\nThe briefing is not whole; {fault}")
    if missing or blind:
        return 1
    print("\nThe briefing arrived whole.")
    return 0


async def _sources(town: Town) -> dict[str, float]:
    """How long each source took, from the bot's own metrics."""
    async with httpx.AsyncClient(timeout=30) as client:
        text = (await client.get(f"{town.bot.url}/metrics")).text
    prefix = 'source_seconds_sum{source="'
    found = (line.removeprefix(prefix).split('"} ') for line in text.splitlines() if line.startswith(prefix))
    return {source: float(seconds) for source, seconds in found}
