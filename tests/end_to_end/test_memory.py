"""What was learnt, from one incident to the next, as people see it in Slack: reviewed, rejected, forgotten."""

from __future__ import annotations

from bot.state.database import open_database
from bot.state.memories import SqlMemories
from playground.terminal import as_text
from tests.chaos.person import DANA, Person
from tests.end_to_end.test_wrap_up import wrapped
from tests.end_to_end.watch import briefed, channel_of, incident_channels, said_by_bot, until

SERVICE = "payment-service"
SET_IMAGE = "kubectl set image deployment/payment-service app=payment:v2.34.0"
QUIRK = "a restart of payment-service takes 4 minutes"


async def remembered(town):
    database = open_database(town.env["DATABASE_URL"])
    try:
        return list(await SqlMemories(database).known())
    finally:
        await database.dispose()


async def closed(town):
    """The first incident, closed by a person who says what it was and what fixed it; its memory."""
    await town.director.start("wrong-endpoint")
    await briefed(town, SERVICE)
    dana = Person(town, DANA, channel_of(town, SERVICE))
    await dana.say("/incident cause the gateway's port was wrong in v2.34.1")
    await dana.say(f"/incident resolve rolled back to v2.34.0: `{SET_IMAGE}`")
    await until(lambda: wrapped(town), what="the end of the story")
    (kept,) = [one for one in await remembered(town) if one.origin == "incident"]
    await town.director.resolve("wrong-endpoint")
    return dana, kept


async def accept_all(town, dana):
    """A tap on each Accept of the list that only this person sees."""
    listed = next(m for m in reversed(town.slack.workspace.whispers) if "not reviewed yet" in as_text(m))
    for block in listed.blocks:
        for element in block.get("elements", ()):
            if element.get("type") == "button" and element["text"]["text"] == "Accept":
                assert await dana._pressed(listed, block, element)


async def told_in_threads(town, words):
    """Waits for a reply in the first incident's channel that says so."""
    channel = channel_of(town, SERVICE)

    def found():
        return any(words in as_text(one) for one in channel.messages.values() if one.is_reply)

    return await until(found, what=f"«{words}» in a thread")


async def again(town):
    """The briefing of the second incident, whole."""
    first = channel_of(town, SERVICE)
    await town.director.start("wrong-endpoint")

    def whole():
        others = [channel for channel in incident_channels(town) if channel is not first]
        texts = [as_text(message) for channel in others for message in said_by_bot(channel)[:1]]
        return next((text for text in texts if "First steps" in text and "still looking" not in text), None)

    return await until(whole, what="the second briefing")


async def test_reviewed_with_one_tap_it_is_told_without_reserve(open_town, tmp_path):
    notes = tmp_path / "MEMORY.md"
    notes.write_text(f"- {QUIRK}\n")
    async with open_town(REOPEN_WINDOW_S="0", MEMORY_FILE=str(notes)) as town:
        dana, kept = await closed(town)
        assert kept.cause == "the gateway's port was wrong in v2.34.1"
        await dana.say("/incident review")
        await dana.hears("4 things learnt, not reviewed yet")
        await accept_all(town, dana)
        await dana.hears(f"Accepted: memory {kept.incident_id}")
        await told_in_threads(town, "in RUNBOOKS_DIR, then")
        code, draft = await town.bot.run("runbooks", "drafts", kept.incident_id)
        assert (code, SET_IMAGE.replace(SERVICE, "{{service}}") in draft) == (0, True), draft
        text = await again(town)
        seen = next(line for line in text.split("\n") if "Seen before" in line or kept.incident_id in line)
        assert kept.incident_id in text and "rolled back to v2.34.0" in text
        assert "not reviewed" not in seen
        assert f"Team notes\n• {QUIRK}" in text


async def test_what_was_forgotten_is_not_seen_before(open_town):
    async with open_town(REOPEN_WINDOW_S="0", AUDIT_KEY="k" * 32) as town:
        _, kept = await closed(town)
        code, told = await town.bot.run("forget", kept.incident_id)
        assert (code, "forgotten: 1 memory, 1 report," in told) == (0, True), told
        text = await again(town)
        assert "the gateway's port was wrong" not in text
        assert "rolled back to v2.34.0" not in text
