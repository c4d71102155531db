"""What has to follow is committed with what people said, on SQLite and PostgreSQL."""

from __future__ import annotations

from bot.domain.memory import Learnt
from bot.domain.postmortem import Written
from bot.memory.ports import Decision
from bot.state.memories import SqlMemories, SqlReviews
from bot.state.owed import SqlOwed
from tests.memory.made import NOW, memory


async def test_a_memory_is_owed_what_was_said_since_and_no_less(database):
    memories, owed = SqlMemories(database), SqlOwed(database)
    await memories.keep(memory("INC-1"))
    await memories.keep(memory("INC-1.2", incident_id="INC-1", opening=2))
    await memories.keep(memory("INC-2"))
    assert await owed.memories() == []
    await memories.vote("INC-1", "U1", "up", NOW)
    assert await owed.memories() == [("INC-1", 1), ("INC-1", 2)]
    known = await owed.of("INC-1")
    await memories.vote("INC-1", "U1", None, NOW)  # while it is corrected
    await owed.settle("INC-1", known)
    assert await owed.memories() == [("INC-1", 1), ("INC-1", 2)]
    for name in ("INC-1", "INC-1.2"):
        await owed.settle(name, await owed.of(name))
    assert await owed.memories() == []


async def test_keeping_a_memory_anew_settles_nothing(database):
    memories, owed = SqlMemories(database), SqlOwed(database)
    await memories.keep(memory("INC-1"))
    await memories.vote("INC-1", "U1", "up", NOW)
    await memories.keep(memory("INC-1", cause="another"), memory("INC-1"))
    assert await owed.of("INC-1") == 1


async def test_what_follows_from_a_decision_is_owed_until_it_is_done(database):
    reviews, owed = SqlReviews(database), SqlOwed(database)
    for number, (kind, review) in enumerate(
        [("memory", "accepted"), ("runbook", "accepted"), ("runbook", "rejected"), ("note", "accepted")]
    ):
        await reviews.wait(Learnt(f"{kind}:{number}", kind, "INC-1", NOW, "", "text"))
        assert await reviews.decide(Decision(f"{kind}:{number}", review, "U1", NOW))
    (one,) = await owed.decisions()
    assert (one.id, one.review) == ("runbook:1", "accepted")
    await owed.done(one.id)
    assert await owed.decisions() == []
    assert [one.id for one in await reviews.of_kind("runbook")] == ["runbook:1", "runbook:2"]


def test_a_written_postmortem_says_whether_it_was_reviewed():
    assert [Written("I", 1, "", NOW, review=review).reviewed for review in ("waiting", "rejected", "edited")] == [
        False, False, True,
    ]  # fmt: skip
