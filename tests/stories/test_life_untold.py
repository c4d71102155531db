"""After an outage much is untold: each incident reads what is its own, and the round stays as short as it can be."""

from dataclasses import replace

from bot.domain.entry import Entry
from bot.life.tell_entries import tell
from bot.state.entries import SqlEntries
from tests.stories.life_world import days_with
from tests.stories.world import fire
from tests.stories.world import tell as brief

MANY = 6


class Counting(SqlEntries):
    """Counts what is read out of the outbox."""

    handed_out = 0

    async def untold(self, *which):
        found = await super().untold(*which)
        self.handed_out += len(found)
        return found


async def test_a_round_reads_each_untold_entry_for_its_own_incident_alone(tmp_path):
    async with days_with(tmp_path) as days:
        desk = days.life.desk
        for number in range(MANY):
            taken = await fire(desk, f"Full{number}", labels={"service": f"ledger-{number}"})
            await brief(desk, taken)
            said = Entry(taken.incident_id, "said", desk.clock.now(), "status", "U1", f"it is {number}", "identified")
            await desk.entries.append(said)
        outbox = Counting(desk.entries._database)
        await tell(replace(days.life, outbox=outbox))
        told = "\n".join(days.told())
    assert all(f"it is {number}" in told for number in range(MANY))
    assert outbox.handed_out == 2 * MANY, "once to see what there is to say, once to say it"
