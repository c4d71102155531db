"""What was found about an incident is removed after a while: what was made of it stands, whatever is said then."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bot.__main__ import app
from bot.closing import write_up
from bot.closing.desk import Wrapping
from bot.domain.briefing import Briefing
from bot.domain.closing import Closing
from bot.domain.entry import Entry
from bot.domain.question import Answer, Question
from bot.keep_current import catch_up
from bot.memory.remember import remember
from bot.memory.retention import Keeping, forget_old, forget_one
from bot.state.leftovers import SqlLeftovers
from bot.state.questions import SqlQuestions
from bot.state.tables import answer_votes
from tests.memory.made import report
from tests.stories.closing_world import world_with
from tests.stories.test_follow_review import Shelves, closed_with, decided, files, memory
from tests.stories.world import OWN, FakeSlack, fire, resolve

FOUND = "it was that"


@pytest.fixture
def slack():
    return FakeSlack()


@asynccontextmanager
async def remembered(tmp_path, slack, **kept):
    """Closed, with a cause that the evidence named, shown and remembered."""
    async with closed_with(tmp_path, slack, "rolled back", **kept) as world:
        id_ = world.incident_id
        await world.at.desk.journal.keep_report(id_, 1, report(incident_id=id_))
        await remember(world.archive, id_, 1)
        await world.say("postmortem")
        await catch_up(world.at.desk)
        yield world


async def half_a_year_passes(world):
    world.clock.pass_(days=181)
    await forget_old(world.archive, leftovers(world), Keeping.days(730, 180, 180))
    assert await world.at.desk.journal.report(world.incident_id, 1) is None


def leftovers(world):
    return SqlLeftovers(world.at.desk.entries._database)


async def voters(world):
    """On which answer, and whether nobody knows any more who it was."""
    found = sa.select(answer_votes.c.question_id, answer_votes.c.user_id != "U1")
    return await world.at.desk.entries._database.read(
        lambda connection: [tuple(row) for row in connection.execute(found)]
    )


async def noted(world, kind="note"):
    entry = Entry(world.incident_id, f"{kind}:x", world.clock.now(), kind, "U1", "see ticket 12")
    await world.at.desk.entries.append(entry)
    await catch_up(world.at.desk)


async def test_a_memory_keeps_what_the_look_had_told(slack, tmp_path):
    async with remembered(tmp_path, slack) as world:
        before = await memory(world)
        assert before.cause == FOUND
        await half_a_year_passes(world)
        await decided(world, "postmortem", "accepted")
        await world.look()
        await remember(world.archive, world.incident_id, 1)
        assert await memory(world) == before


async def test_a_cause_that_somebody_names_then_counts_and_the_likeness_stays(slack, tmp_path):
    async with remembered(tmp_path, slack) as world:
        before = await memory(world)
        await half_a_year_passes(world)
        await noted(world, "cause")
        await remember(world.archive, world.incident_id, 1)
        after = await memory(world)
        assert (after.cause, after.cause_by) == ("see ticket 12", "person")
        assert (after.fingerprint, after.began_at) == (before.fingerprint, before.began_at)


async def test_a_memory_that_people_doubted_stays_doubted_and_who_they_were_is_gone(slack, tmp_path):
    async with remembered(tmp_path, slack) as world:
        id_, questions = world.incident_id, SqlQuestions(world.at.desk.entries._database)
        for number in "12":
            await questions.ask(Question(f"C1/{number}", id_, "C1", number, "U1", "why?", world.clock.now()))
            await questions.keep_answer(f"C1/{number}", Answer(Briefing("x", "x"), "x", "evidence"), world.clock.now())
            await questions.vote(f"C1/{number}", "U1", "down", world.clock.now())
        await remember(world.archive, id_, 1)
        await half_a_year_passes(world)
        await remember(world.archive, id_, 1)
        assert (await memory(world)).disliked == 2
        assert (await memory(world)).doubted
        assert await voters(world) == [("removed:" + id_, True)] * 2
        world.clock.pass_(days=730)
        await forget_old(world.archive, leftovers(world), Keeping.days(730, 180, 180))
        assert await voters(world) == []


@pytest.mark.parametrize("gone", ["by its age", "by a person"])
async def test_a_briefing_and_a_topic_stay_as_they_are(slack, tmp_path, gone):
    async with remembered(tmp_path, slack) as world:
        before, topic = slack.of("1:briefing").text, slack.topics[OWN]
        assert FOUND in before
        if gone == "by its age":
            await half_a_year_passes(world)
        else:
            await forget_one(world.archive, leftovers(world), world.incident_id, "U1")
        await noted(world)
        assert (slack.of("1:briefing").text, slack.topics[OWN]) == (before, topic)
        assert await world.at.desk.journal.stale() == ()


async def test_a_postmortem_stays_as_it_is_and_whoever_asks_hears_why(slack, tmp_path):
    shelves = Shelves()
    async with remembered(tmp_path, slack, publisher=shelves) as world:
        wrapping = Wrapping(world.at, world.incident_id, 1)
        before, put = await write_up.written_of(wrapping), len(files(slack, "# Postmortem"))
        await half_a_year_passes(world)
        said = await world.say("postmortem")
        assert said == "What was found about it is no longer kept, so it stays as it is; it is in the thread."
        assert (await write_up.written_of(wrapping)).text == before.text == shelves.kept[-1]
        env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'stories.sqlite'}"}
        env |= {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
        printed = await asyncio.to_thread(CliRunner().invoke, app, ["postmortem", world.incident_id], env=env)
        assert printed.stdout == before.text, printed.output
        assert printed.stderr == "first-responder: what was found about it is no longer kept, so it stays as it is\n"
        assert len(files(slack, "# Postmortem")) == put


async def test_what_nobody_looked_into_is_written_about_anew(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        taken = await fire(world.at.desk)
        await resolve(world.at.desk)
        wrapping = Wrapping(world.at, taken.incident_id, 1)
        await world.at.closings.close(Closing(taken.incident_id, 1, world.clock.now(), "U1", "by a person"))
        await world.look()
        before = await write_up.written_of(wrapping)
        world.clock.pass_(days=181)
        await SqlLeftovers(world.at.desk.entries._database).remove("reports", world.clock.now())
        assert await write_up.stays(wrapping, before) == ""
        assert (await write_up.again(wrapping, everywhere=False)).at > before.at


async def test_what_was_found_is_kept_until_it_is_written_up(slack, tmp_path):
    async with closed_with(tmp_path, slack) as world:
        id_ = world.incident_id
        await world.say(f"reopen {id_} it is back")
        await world.at.desk.journal.keep_report(id_, 2, report(incident_id=id_))
        await world.say("resolve")
        world.clock.pass_(days=181)
        keeping = Keeping.days(730, 180, 180)
        await forget_old(world.archive, leftovers(world), keeping)
        assert await world.at.desk.journal.report(id_, 2) is not None
        await world.look()
        await forget_old(world.archive, leftovers(world), keeping)
        assert await world.at.desk.journal.report(id_, 2) is None
