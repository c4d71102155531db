"""Incidents one after another, each measured from its webhook to what stands in Slack."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass, field

import httpx

from playground.slack.changes import Change, Edited, Posted
from playground.slack.model import Message
from playground.terminal import as_text
from tests.bench.again import service
from tests.bench.world import TOKEN, World

LIMIT_S = 40.0
QUIET_S = 0.2
"""After the last call to Slack it stays quiet for so long before the next alert is sent."""
CHORES = ("pins.add", "conversations.invite", "files.completeUploadExternal")
"""The bot's last calls for an incident; the plain design makes none of them."""
PARTS = ("Likely cause", "Changed recently", "First steps")
"""What a whole briefing of this world says; without one of these it was not whole, and the run is not worth much."""


class NoBriefing(Exception):
    """An incident was not told whole in time."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Of one incident, in seconds since its webhook was sent."""

    answered: float
    headline: float
    calls: int
    """Calls to Slack that had ended when the headline stood, its own included."""
    briefing: float
    sources: dict[str, tuple[int, float]]
    """Source → how many answers it gave, and when its last one left its server."""

    @property
    def sources_end(self) -> float:
        return max(at for _, at in self.sources.values())

    def after_sources(self, slack_s: float) -> float:
        """How long after the slowest source's own end the briefing stood, without the one call of Slack's."""
        return self.briefing - self.sources_end - slack_s

    def after_both(self, slack_s: float) -> float:
        """The same after the later of that end and the headline: before it stands there is nothing to edit."""
        return self.briefing - max(self.sources_end, self.headline) - slack_s

    def over_slack(self, slack_s: float) -> float:
        """The headline without the time that Slack's own calls took, which were made one after another."""
        return self.headline - self.calls * slack_s


@dataclass
class _Watch:
    """The moments at which the channel of a service said something."""

    prefix: str
    headline: float | None = None
    message: Message | None = None
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    briefing: float = 0.0

    def hear(self, change: Change) -> None:
        match change:
            case Posted(channel, message) if channel.name.startswith(self.prefix) and self.message is None:
                if message.bot_id and message.blocks:
                    self.headline, self.message = time.perf_counter(), message
                    self._look(message)
            case Edited(_, message) if self.message is not None and message.ts == self.message.ts:
                self._look(message)
            case _:
                pass

    def _look(self, message: Message) -> None:
        text = as_text(message)
        if "still looking" in text or "looking at" in text or self.whole.is_set():
            return
        if missing := [part for part in PARTS if part not in text]:
            raise NoBriefing(f"no {' and no '.join(missing)} in:\n{text}")
        self.briefing = time.perf_counter()
        self.whole.set()


async def measure(world: World, numbers: Collection[int], chores: Collection[str] = CHORES) -> list[Timing]:
    """An alert for each service of these numbers, one after another, each when everything of the last is done."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=LIMIT_S) as client:
        return [await _one(world, client, number, chores) for number in numbers]


async def _one(world: World, client: httpx.AsyncClient, number: int, chores: Collection[str]) -> Timing:
    watch = _Watch(f"inc-{service(number)}-")
    stop = world.slack.workspace.hear(watch.hear)
    payload = world.payload(number)
    began = time.perf_counter()
    try:
        answer = await client.post(f"{world.url}/webhooks/alertmanager", json=payload)
        answered = time.perf_counter()
        if answer.status_code != 202:
            raise NoBriefing(f"the webhook answered {answer.status_code}: {answer.text[:200]}")
        async with asyncio.timeout(LIMIT_S):
            await watch.whole.wait()
            await _quiet(world, began, chores)
    except TimeoutError:
        raise NoBriefing(f"{service(number)}: nothing whole in {LIMIT_S:g} s") from None
    finally:
        stop()
    assert watch.headline is not None
    sources = world.answers.between(began, watch.briefing)
    return Timing(
        answered - began,
        watch.headline - began,
        len([c for c in world.calls.done if began <= c.began and c.ended <= watch.headline + 0.02]),
        watch.briefing - began,
        {name: (count, at - began) for name, (count, at) in sources.items()},
    )


async def _quiet(world: World, since: float, chores: Collection[str]) -> None:
    """Waits until the last calls were made and Slack has been left alone for a moment."""
    while True:
        now = time.perf_counter()
        done = [call for call in world.calls.done[-40:] if call.began >= since]
        last = max((call.ended for call in done), default=now)
        seen = {call.method for call in done}
        if all(chore in seen for chore in chores) and not world.calls.under_way and now - last > QUIET_S:
            return
        await asyncio.sleep(0.02)
