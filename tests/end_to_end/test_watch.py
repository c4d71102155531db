"""A runbook that changed something is watched: one message says whether it helped, also after kill -9."""

from playground.terminal import as_text
from tests.chaos.person import ALICE, YES
from tests.chaos.place import open_place
from tests.end_to_end.watch import said_by_bot, until

TOUCH = "steps:\n  - {name: touch it, action: exec, command: 'note {{service}}', approval: required}\n"


def watches(place):
    return [text for text in map(as_text, said_by_bot(place.channel)) if "Runbook touch" in text and " later: " in text]


async def ran(place):
    gate = await place.ask("touch")
    await place.person(ALICE).react(gate, YES)
    assert (await place.ends())[0] == "done"


async def test_a_run_that_mended_nothing_is_called_so_once(tmp_path):
    async with open_place(tmp_path, {"touch": TOUCH}, WATCH_S="8") as place:
        await ran(place)
        await until(lambda: watches(place), what="the first look")
        await place.town.bot.kill()
        await place.town.bot.start()
        await until(lambda: "That was the last look." in watches(place)[0], what="the last look")
        (said,) = watches(place)
        assert "it did not help" in said or "it is worse than before" in said
        assert "Errors" in said


async def test_with_no_watch_set_nothing_is_watched(tmp_path):
    async with open_place(tmp_path, {"touch": TOUCH}, WATCH_S="0") as place:
        await ran(place)
        await place.town.bot.stop()
        assert watches(place) == []
