"""The record of memories, and of what waits for a person."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.memory import Learnt
from bot.memory.ports import Decision
from bot.state.memories import SqlMemories, SqlReviews
from bot.state.memory_tables import memories as table
from tests.memory.made import NOW, memory


@pytest.fixture
def memories(database):
    return SqlMemories(database)


@pytest.fixture
def reviews(database):
    return SqlReviews(database)


def learnt(id_="memory:INC-892", **changes):
    return replace(Learnt(id_, "memory", "INC-892", NOW, "payment · HighErrorRate", "cause: the gateway"), **changes)


async def test_a_memory_comes_back_as_it_was_kept(memories):
    kept = memory(review="edited", reviewed_by="U1", url="https://example.com/892")
    assert await memories.keep(kept)
    assert await memories.memory(kept.id) == kept
    assert await memories.memory("INC-NONE") is None


async def test_it_is_kept_only_over_what_was_seen_there(memories):
    assert await memories.keep(memory())
    assert not await memories.keep(memory(cause="another"))
    assert await memories.keep(memory(cause="another"), memory())
    assert not await memories.keep(memory(cause="a third"), memory())
    assert not await memories.keep(memory("INC-GONE"), memory("INC-GONE"))
    assert [one.cause for one in await memories.known()] == ["another"]


async def test_what_another_version_wrote_otherwise_is_the_same_where_it_says_the_same(memories, database):
    await memories.keep(memory())
    body = json.dumps({"of_a_later_version": 1, "id": "INC-892", "incident_id": "INC-892", "service": "payment",
                       "title": "HighErrorRate", "opened_at": NOW.isoformat()})  # fmt: skip
    await database.write(lambda c: c.execute(table.update().values(body=body, digest="of another")).close())
    assert await memories.keep(memory(), await memories.memory("INC-892"))
    assert await memories.memory("INC-892") == memory()


async def test_the_newest_come_first_and_rejected_ones_not_at_all(memories):
    for days, review in ((3, "waiting"), (1, "accepted"), (2, "rejected")):
        await memories.keep(memory(f"INC-{days}", opened_at=NOW - timedelta(days=days), review=review))
    assert [one.id for one in await memories.known()] == ["INC-1", "INC-3"]
    assert set(await memories.digests()) == {"INC-1", "INC-3"}


async def test_of_those_that_opened_at_one_moment_the_same_are_compared_and_copied(database):
    memories = SqlMemories(database, most=2)
    for id_ in ("INC-2", "INC-1", "INC-3"):
        await memories.keep(memory(id_))
    assert [one.id for one in await memories.known()] == ["INC-1", "INC-2"]
    assert set(await memories.digests()) == {"INC-1", "INC-2"}


async def test_any_change_of_what_is_shown_changes_the_stamp(memories):
    stamps = [await memories.stamp()]
    for one in (memory(), memory(cause="another"), memory(cause="another", review="rejected")):
        await memories.keep(one, await memories.memory(one.id))
        stamps.append(await memories.stamp())
    assert stamps[0] == stamps[3] and len(set(stamps)) == 3


async def test_what_is_forgotten_is_gone_with_what_waits_of_it(memories, reviews):
    await memories.keep(memory())
    await reviews.wait(learnt())
    assert await memories.forget(["INC-892", "INC-NONE"]) == 1
    assert await memories.memory("INC-892") is None
    assert await reviews.queue(9) == []


async def test_what_is_old_is_found_by_when_its_incident_was_opened(memories):
    await memories.keep(memory("INC-OLD", opened_at=NOW - timedelta(days=400)))
    await memories.keep(memory("INC-NEW", opened_at=NOW - timedelta(days=300)))
    assert await memories.older_than(NOW - timedelta(days=365)) == ["INC-OLD"]


async def test_each_person_has_one_vote_on_a_briefing_and_may_take_it_back(memories):
    for who, vote in (("U1", "up"), ("U2", "up"), ("U2", "down"), ("U3", "down"), ("U3", None)):
        await memories.vote("INC-892", who, vote, NOW)
    assert await memories.thumbs("INC-892") == (1, 1)
    assert await memories.thumbs("INC-OTHER") == (0, 0)


async def test_what_waits_comes_oldest_first_and_once(reviews):
    assert await reviews.wait(learnt("memory:B", at=NOW))
    assert await reviews.wait(learnt("memory:A", at=NOW - timedelta(hours=1)))
    assert not await reviews.wait(learnt("memory:A", text="another"))
    assert [one.id for one in await reviews.queue(9)] == ["memory:A", "memory:B"]
    assert await reviews.count() == 2


async def test_one_person_decides_and_it_stays_decided(reviews):
    await reviews.wait(learnt())
    decided = await asyncio.gather(
        reviews.decide(Decision("memory:INC-892", "edited", "U1", NOW, "mine")),
        reviews.decide(Decision("memory:INC-892", "rejected", "U2", NOW)),
    )
    assert sorted(decided) == [False, True]
    assert await reviews.count() == 0
    stands = await reviews.learnt("memory:INC-892")
    assert (stands.review, stands.reviewed_by) in {("edited", "U1"), ("rejected", "U2")}
    assert not await reviews.wait(learnt())
    assert (await reviews.learnt("memory:INC-892")).review == stands.review


async def test_what_was_agreed_on_is_told_by_its_kind(reviews):
    for number, (kind, review) in enumerate([("note", "accepted"), ("note", "rejected"), ("memory", "accepted")]):
        await reviews.wait(learnt(f"{kind}:{number}", kind=kind))
        await reviews.decide(Decision(f"{kind}:{number}", review, "U1", NOW))
    assert [one.id for one in await reviews.settled(("note",))] == ["note:0"]


async def test_what_was_learnt_at_one_moment_is_always_told_in_one_order(reviews):
    for id_ in ("note:B", "note:A", "note:C"):
        await reviews.wait(learnt(id_, kind="note"))
        await reviews.decide(Decision(id_, "accepted", "U1", NOW))
    assert [one.id for one in await reviews.settled(("note",))] == ["note:A", "note:B", "note:C"]
