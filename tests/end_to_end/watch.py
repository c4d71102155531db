"""Looking at the playground's Slack as a person would: channels, the briefing, its thread; waiting with a limit."""

import asyncio

from playground.slack.model import Channel, Message
from playground.terminal import as_text

LIMIT_S = 120.0
"""What comes is not waited for so long: a machine that does much else may take half of it to brief."""
PATIENCE_S = 30.0
"""Slack's patience with a bot: ten times that of the real one, as this machine may stand still for some seconds."""


async def until(look, *, limit=LIMIT_S, what="it"):
    """The first true value of `look()`, asked again and again; AssertionError after the limit."""
    try:
        async with asyncio.timeout(limit):
            while not (found := look()):  # noqa: ASYNC110 - what is watched are plain objects
                await asyncio.sleep(0.02)
            return found
    except TimeoutError:
        raise AssertionError(f"{what} did not come within {limit:g} s") from None


def incident_channels(town) -> list[Channel]:
    return [c for c in town.slack.workspace.channels.values() if c.name.startswith("inc-")]


def channel_of(town, service) -> Channel | None:
    return next((c for c in incident_channels(town) if c.name.startswith(f"inc-{service}-")), None)


def said_by_bot(channel: Channel) -> list[Message]:
    """The bot's own messages in the channel, without replies and the lines that Slack itself writes."""
    return [m for m in channel.messages.values() if m.bot_id and m.blocks and not m.is_reply]


def briefing(channel: Channel | None) -> str:
    """The briefing as text, once it stands whole; empty before."""
    first = next(iter(said_by_bot(channel)), None) if channel else None
    text = as_text(first) if first else ""
    whole = "First steps" in text or "cause" in text or "resolved" in text
    return text if whole and "still looking" not in text else ""


async def warm(town) -> None:
    """Waits until what looks is loaded: on a busy machine that takes as long as a stop waits for a story."""
    await until(lambda: town.bot.log.read_text().count("source ready") >= 5, what="the sources")


async def briefed(town, service) -> str:
    return await until(lambda: briefing(channel_of(town, service)), what=f"the briefing of {service}")


def everything_said(channel: Channel) -> str:
    return "\n".join(as_text(m) for m in channel.messages.values())
