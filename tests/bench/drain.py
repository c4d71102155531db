"""How long it takes to say very much within Slack's limits: `python -m tests.bench.drain`.

Posts to ten channels, edits that overtake each other, new channels and chatter are asked for all at once, of a Slack
that counts strictly: no call more in any minute than its tier has, no post sooner than a second after the last in its
channel. Beside it, every two seconds somebody waits for something urgent. What is printed was measured on the wire.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.domain.briefing import Briefing
from bot.domain.incident import Posted
from bot.priority import Priority, at
from bot.slack.chat import SlackChat
from bot.slack.governor import Governor
from bot.slack.scopes import SCOPES
from bot.slack.web import Web
from playground.slack.rates import REAL
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings

HOMES = 10
URGENT_S = 2.0
WAVES = 10
WAVE_S = 4.0
"""Edits come in so many waves, one after so long; each changes every message."""
MOST = 1.2
"""Times what the limits allow: the aim."""
Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Load:
    """How much is to be said. Edits come in ten waves, the urgent every two seconds."""

    posts: int = 300
    edits: int = 200
    edited: int = 20
    channels: int = 40
    chatter: int = 40
    urgent: int = 20


@dataclass
class Drained:
    """When the last of each kind was done, and how long each of the urgent waited, in seconds."""

    ended: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    waits: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def said(text: str) -> Briefing:
    return Briefing(text, text)


async def drain(slack: Slack, chat: SlackChat, homes: Sequence[str], messages: Sequence[Posted], load: Load) -> Drained:
    """Everything at once, and the urgent one by one beside it, until all of it stands."""
    slack.workspace.meter.rates.update(REAL)
    slack.workspace.meter.taken.clear()
    done, began = Drained(), time.perf_counter()

    async def one(kind: str, priority: Priority, act: Work) -> None:
        with at(priority):
            await act()
        done.ended[kind] = time.perf_counter() - began

    async def urgent(number: int) -> None:
        await asyncio.sleep(URGENT_S * (number + 1))
        for kind, act in _urgent(chat, homes, messages, number).items():
            asked = time.perf_counter()
            with at(Priority.APPROVAL):
                await act()
            done.waits[kind].append(time.perf_counter() - asked)

    noise = [one(kind, priority, act) for kind, priority, act in _noise(chat, homes, messages, load)]
    await asyncio.gather(*noise, *(urgent(number) for number in range(load.urgent)))
    return done


async def _rooms(chat: SlackChat, load: Load) -> tuple[list[str], list[Posted]]:
    """Channels and messages that are there before."""
    homes = [(await chat.open_channel(f"inc-home-{n}-1121-0342", f"H{n}")).id for n in range(HOMES)]
    edited = [await chat.post(homes[n % HOMES], said("headline"), key=f"m{n}") for n in range(load.edited)]
    return homes, edited


def _noise(
    chat: SlackChat, homes: Sequence[str], messages: Sequence[Posted], load: Load
) -> list[tuple[str, Priority, Work]]:
    """What is to be done, by the name of its method."""
    posts = [partial(chat.post, homes[n % HOMES], said(f"post {n}"), key=f"p{n}") for n in range(load.posts)]
    edits = [partial(_edit, chat, messages[n % len(messages)], n * WAVES // load.edits) for n in range(load.edits)]
    opened = [partial(chat.open_channel, f"inc-more-{n}-1121-0342", f"N{n}") for n in range(load.channels)]
    topics = [partial(_topic, chat, homes[n % HOMES], n) for n in range(load.chatter)]
    pins = [partial(chat.pin, messages[n % len(messages)]) for n in range(load.chatter)]
    return [
        *(("chat.postMessage", Priority.BRIEFING, act) for act in posts),
        *(("chat.update", Priority.BRIEFING, act) for act in edits),
        *(("conversations.create", Priority.HEADLINE, act) for act in opened),
        *(("conversations.setTopic", Priority.CHATTER, act) for act in topics),
        *(("pins.add", Priority.CHATTER, act) for act in pins),
    ]


async def _edit(chat: SlackChat, message: Posted, wave: int) -> None:
    await asyncio.sleep(wave * WAVE_S)
    await chat.edit(message, said(f"wave {wave}"))


async def _topic(chat: SlackChat, channel_id: str, number: int) -> None:
    await chat.topic(channel_id, f"topic {number}")


def _urgent(chat: SlackChat, homes: Sequence[str], messages: Sequence[Posted], number: int) -> dict[str, Work]:
    home, message = homes[number % HOMES], messages[number % len(messages)]
    return {
        "a post": partial(chat.post, home, said(f"gate {number}"), key=f"g{number}"),
        "an edit": partial(chat.edit, message, said(f"decided {number}")),
    }


def least(method: str, calls: int) -> tuple[float, float]:
    """Seconds that so many calls take at the published rate; and that they take where each window is filled at once."""
    rate = REAL[method]
    calls = math.ceil(calls / HOMES) if rate.per_channel else calls
    return (calls - 1) * rate.seconds / rate.calls, (math.ceil(calls / rate.calls) - 1) * rate.seconds


def report(slack: Slack, done: Drained, load: Load) -> str:
    """The table, as Markdown."""
    meter = slack.workspace.meter
    lines = [
        "| method | asked | calls | drained in | at the published rate | times | windows filled at once | 429s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    asked = {"chat.postMessage": load.posts, "chat.update": load.edits, "conversations.create": load.channels}
    for method, seconds in done.ended.items():
        calls = meter.taken[method]
        steady, filled = least(method, calls)
        times = f"{seconds / steady:.2f}" if steady else "–"
        row = (method, asked.get(method, load.chatter), calls, f"{seconds:.1f} s", f"{steady:.1f} s", times)
        lines.append("| " + " | ".join(map(str, (*row, f"{filled:.0f} s", meter.refused[method]))) + " |")
    whole = max(done.ended.values())
    bound = max(least(method, meter.taken[method])[0] for method in done.ended)
    lines += [
        "",
        f"All of it: {whole:.1f} s, {whole / bound:.2f} times what the slowest limit asks for (aim: {MOST}).",
        "",
    ]
    lines += ["| urgent among the noise | waits p50 | p95 | longest |", "|---|---|---|---|"]
    for kind, waits in done.waits.items():
        ordered = sorted(waits)
        p50, p95 = ordered[len(ordered) // 2], ordered[math.ceil(len(ordered) * 0.95) - 1]
        lines.append(f"| {kind} | {p50 * 1000:.0f} ms | {p95 * 1000:.0f} ms | {ordered[-1] * 1000:.0f} ms |")
    return "\n".join(lines)


async def main(load: Load) -> str:
    """Measures and gives back the report."""
    async with running(SlackSettings(bot_scopes=frozenset(SCOPES))) as slack:
        token = slack.workspace.settings.bot_token
        before, chat = (SlackChat(Web(token, slack.api_url, governor=one), str) for one in (None, Governor()))
        try:
            homes, messages = await _rooms(before, load)
            return report(slack, await drain(slack, chat, homes, messages, load), load)
        finally:
            await chat.close()
            await before.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--part", type=float, default=1.0, help="this part of the load; 1 is all of it")
    part = arguments.parse_args().part
    some = Load(*(max(1, int(getattr(Load(), name) * part)) for name in Load.__slots__))
    print(asyncio.run(main(some)))
