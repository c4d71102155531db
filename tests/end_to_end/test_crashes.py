"""kill -9 at any stage and start again: one incident, one channel, one briefing, and nothing said twice."""

import pytest

from playground.slack.faults import Fault
from tests.end_to_end.watch import briefed, briefing, channel_of, incident_channels, said_by_bot, until

SERVICE = "payment-service"


def headline_stands(town):
    channel = channel_of(town, SERVICE)
    return channel and said_by_bot(channel)


def edited(town):
    return headline_stands(town) and said_by_bot(channel_of(town, SERVICE))[0].edited


def lost_answer(method):
    """Slack does it, but its answer is still on the way when the bot dies."""
    return Fault(method, when="after", delay=20.0)


STAGES = {
    "answered 202": (None, lambda town: True),
    "channel created, answer lost": (lost_answer("conversations.create"), lambda town: channel_of(town, SERVICE)),
    "purpose not set": (Fault("conversations.setPurpose", delay=20.0), lambda town: channel_of(town, SERVICE)),
    "headline posted, answer lost": (lost_answer("chat.postMessage"), headline_stands),
    "while gathering": (None, headline_stands),
    "briefing edited, answer lost": (lost_answer("chat.update"), edited),
    "pinned, answer lost": (
        lost_answer("pins.add"),
        lambda town: headline_stands(town) and channel_of(town, SERVICE).pins,
    ),
    "chart uploaded, answer lost": (
        lost_answer("files.completeUploadExternal"),
        lambda town: headline_stands(town) and [m for m in channel_of(town, SERVICE).messages.values() if m.files],
    ),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))])
async def test_killed_at_any_stage_it_ends_as_one_incident_one_channel_one_briefing(
    open_town, database, stage, request
):
    more = {"DATABASE_URL": request.getfixturevalue("postgres_url")} if database == "postgresql" else {}
    fault, reached = STAGES[stage]
    async with open_town(CHANNEL_TIMEOUT_S="30", **more) as town:
        if fault:
            town.slack.workspace.faults.add(fault)
        await town.director.start("wrong-endpoint")
        await until(lambda: reached(town), what=stage)
        await town.bot.kill()
        town.slack.workspace.faults.clear()

        await town.bot.start()
        await briefed(town, SERVICE)
        await until(lambda: _notices(town) and _pictures(town) and channel_of(town, SERVICE).pins, what="the chores")
        await town.bot.stop()  # which finishes what is in hand
        _once_and_whole(town)


def _notices(town):
    channel, incidents = channel_of(town, SERVICE), town.slack.workspace.named("incidents")
    return [m for m in said_by_bot(incidents) if f"<#{channel.id}>" in str(m.blocks)]


def _pictures(town):
    return [m for m in channel_of(town, SERVICE).messages.values() if m.files]


def _once_and_whole(town):
    (channel,) = incident_channels(town)
    assert len(said_by_bot(channel)) == 1
    assert len(_notices(town)) == 1
    assert len(channel.pins) == 1
    assert len(_pictures(town)) == 1
    assert "v2.34.1" in briefing(channel)
