"""Who answers a gate by command is told once why that does not count: by the answer to the command."""

import pytest

from bot.domain.plain import as_text
from tests.stories.workshop_world import STRANGER, town_with
from tests.stories.world import eventually


@pytest.mark.parametrize(("word", "verb"), [("approve", "approve"), ("deny", "stop")])
async def test_the_answer_to_a_command_is_all_that_its_giver_is_told(tmp_path, word, verb):
    async with town_with(tmp_path) as town:
        await town.say("run restart")
        gate = await town.waits()
        assert f"can {verb}" in as_text(await town.say(f"{word} {gate}", user=STRANGER))
        await town.waits()
        assert town.chat.whispers == []


async def test_who_could_not_be_read_is_told_once_more_when_they_are(tmp_path):
    async with town_with(tmp_path) as town:
        await town.say("run restart")
        gate = await town.waits()
        town.people.unread.add(STRANGER)
        assert "Not counted yet" in as_text(await town.say(f"approve {gate}", user=STRANGER))
        await town.waits()
        town.people.unread.clear()
        town.shop.poke((await town.run()).id)
        await eventually(lambda: town.chat.whispers)
        ((who, why),) = town.chat.whispers
        assert who == STRANGER
        assert "can approve" in why
