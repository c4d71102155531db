"""What was closed, fires again and is closed again: each opening's postmortem stands by itself, the last one beyond."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from bot.domain.entry import Entry
from bot.memory.review_queue import decide
from integrations.contract import Unreachable
from tests.stories.test_follow_review import Shelves, closed_with, files
from tests.stories.world import FakeSlack, fire, tell


@pytest.fixture
def slack():
    return FakeSlack()


async def closed_again(world, words):
    """It fires again 20 minutes later, and is closed again after 20 more."""
    world.clock.pass_(minutes=20)
    began = world.clock.now()
    await tell(world.at.desk, await fire(world.at.desk, starts_at=began))
    world.clock.pass_(minutes=20)
    await fire(world.at.desk, status="resolved", starts_at=began, ends_at=world.clock.now())
    await world.say(f"resolve {words}")
    await world.look()


@asynccontextmanager
async def closed_twice(tmp_path, slack, shelves):
    async with closed_with(tmp_path, slack, "rolled back", publisher=shelves) as world:
        await closed_again(world, "scaled up for good")
        yield world


async def decided_of(world, opening, review, texts=None):
    id_ = f"postmortem:{world.incident_id}" + (f".{opening}" if opening > 1 else "")
    assert await decide(world.archive, await world.archive.reviews.learnt(id_), review, "U7", texts)
    await world.look(minutes=1)


@pytest.mark.parametrize(
    ("review", "texts", "line"),
    [
        ("accepted", None, "**Reviewed** by a responder"),
        ("edited", ("# What it was", ""), "**Reviewed and put right** by a responder"),
        ("rejected", None, "**Rejected** on review by a responder"),
    ],
)
async def test_a_review_of_the_first_opening_leaves_the_second_ones_where_postmortems_are_kept(
    slack, tmp_path, review, texts, line
):
    shelves = Shelves()
    async with closed_twice(tmp_path, slack, shelves) as world:
        await decided_of(world, 1, review, texts)
        assert "scaled up for good" in shelves.kept[-1]
        assert "U7" in slack.of("1:closed").text
        assert line in files(slack, ":1:")[-1]
        assert await world.archive.owed.decisions() == []


async def test_a_review_of_the_second_opening_stands_there(slack, tmp_path):
    shelves = Shelves()
    async with closed_twice(tmp_path, slack, shelves) as world:
        await decided_of(world, 2, "accepted")
        assert "scaled up for good" in shelves.kept[-1]
        assert "**Reviewed** by a responder" in shelves.kept[-1]


async def test_the_second_openings_stays_there_also_while_the_third_ones_could_not_be_put(slack, tmp_path):
    shelves = Shelves()
    async with closed_twice(tmp_path, slack, shelves) as world:
        shelves.trouble = Unreachable("github", "does not answer")
        await closed_again(world, "the pool is larger")
        shelves.trouble = None
        await decided_of(world, 1, "accepted")
        assert "scaled up for good" in shelves.kept[-1]
        await decided_of(world, 3, "accepted")
        assert "the pool is larger" in shelves.kept[-1]


async def test_where_none_but_the_first_openings_stands_there_its_review_does_too(slack, tmp_path):
    shelves = Shelves()
    async with closed_with(tmp_path, slack, "rolled back", publisher=shelves) as world:
        shelves.trouble = Unreachable("github", "does not answer")
        await closed_again(world, "scaled up for good")
        shelves.trouble = None
        await decided_of(world, 1, "accepted")
        assert "**Reviewed** by a responder" in shelves.kept[-1]


async def test_of_what_a_person_opened_again_the_postmortem_tells_no_alert(slack, tmp_path):
    async with closed_with(tmp_path, slack, "rolled back") as world:
        assert "The last alert was resolved at 03:42 UTC" in files(slack, ":1:")[-1]
        world.clock.pass_(days=3)
        await world.say("reopen customers complain again")
        world.clock.pass_(minutes=5)
        await world.at.desk.entries.append(
            Entry(world.incident_id, "acknowledged:2", world.clock.now(), "acknowledged", "U1")
        )
        world.clock.pass_(minutes=15)
        await world.say("resolve the pool is larger")
        await world.look()
        told = files(slack, ":2:")[-1]
        assert "It was acknowledged 5 min after it was opened again." in told
        assert "The last alert" not in told and "first alert" not in told
