"""What people make of what was learnt is carried out, once, whatever dies in between."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot.closing.command import ClosingCommand
from bot.domain.entry import Entry
from bot.memory.archive import Archive
from bot.memory.deeds_as_steps import Shelf, allowed
from bot.memory.remember import remember
from bot.memory.review_queue import decide
from bot.state.memories import SqlMemories, SqlReviews
from bot.state.owed import SqlOwed
from integrations.contract import Refused, Unreachable
from runbooks.loader import read
from runbooks.model import Library
from tests.stories.closing_world import over, world_with
from tests.stories.world import OWN, FakeSlack

RESTART = "kubectl rollout restart deployment/payment-service -n payments"


class Shelves:
    """Where a team keeps postmortems."""

    def __init__(self):
        self.kept = []
        self.trouble = None

    async def publish(self, publication):
        if self.trouble:
            raise self.trouble
        self.kept.append(publication.text)
        return "https://example.com/pull/1"

    async def close(self):
        """Nothing to give back."""


@pytest.fixture
def slack():
    return FakeSlack()


@asynccontextmanager
async def closed_with(tmp_path, slack, words="", publisher=None, quiet=0):
    """An incident that was closed so many minutes later, written about and remembered; its archive, all that waits."""
    async with world_with(tmp_path, slack, publisher=publisher) as world:
        at, database = world.at, world.at.desk.entries._database
        archive = Archive(
            at.desk.journal, at.entries, at.runs, SqlMemories(database), SqlReviews(database), world.clock,
            postmortems=at.postmortems, owed=SqlOwed(database), shelf=Shelf(Library(), allowed(("kubectl",))),
        )  # fmt: skip
        world.at = replace(at, archive=archive, remember=partial(remember, archive))
        world.command = ClosingCommand(world.at)
        world.archive = archive
        world.incident_id = await over(world)
        await world.look(minutes=quiet)
        await world.say(f"resolve {words}")
        await world.look()
        yield world


async def waiting(world, kind):
    (one,) = [one for one in await world.archive.reviews.queue(9) if one.kind == kind]
    return one


async def decided(world, kind, review, texts=None):
    assert await decide(world.archive, await waiting(world, kind), review, "U7", texts)


async def memory(world):
    return await world.archive.memories.memory(world.incident_id)


def files(slack, name):
    return [text for key, text in slack.files.items() if name in text or name in key]


async def test_an_accepted_postmortem_says_so_wherever_it_stands_and_names_nobody(slack, tmp_path):
    shelves = Shelves()
    async with closed_with(tmp_path, slack, publisher=shelves) as world:
        await decided(world, "postmortem", "accepted")
        await world.look(minutes=1)
        line = "**Reviewed** by a responder on 2026-11-21 at 03:42 UTC."
        assert line in files(slack, "# Postmortem")[-1]
        assert [line in text for text in shelves.kept] == [False, True]
        assert "in this thread, reviewed by <@U7>" in slack.of("1:closed").text
        assert not any("U7" in text for text in shelves.kept)
        assert await world.archive.owed.decisions() == []


async def test_where_postmortems_name_people_it_says_who_looked(slack, tmp_path):
    async with closed_with(tmp_path, slack) as world:

        async def names(ids):
            return dict.fromkeys(ids, "Dana")

        world.at = replace(world.at, names=names)
        await decided(world, "postmortem", "accepted")
        await world.look()
        assert "**Reviewed** by Dana" in files(slack, "# Postmortem")[-1]


async def test_an_edited_postmortem_is_the_postmortem_from_then_on(slack, tmp_path):
    shelves = Shelves()
    async with closed_with(tmp_path, slack, publisher=shelves) as world:
        token = "ghp_" + "A1b2C3d4E5" * 3 + "f6G7h8"
        await decided(world, "postmortem", "edited", (f"# What it was\n\nThe pool. {token}", ""))
        await world.look()
        assert shelves.kept[-1].startswith("# What it was\n\n**Reviewed and put right** by a responder")
        assert shelves.kept[-1].endswith("The pool. [redacted: github token]\n")
        assert "it stays as it is" in await world.say("postmortem")
        assert shelves.kept[-1] == shelves.kept[-2]


async def test_a_rejected_postmortem_says_so_where_it_stands_and_is_no_source(slack, tmp_path):
    shelves = Shelves()
    async with closed_with(tmp_path, slack, publisher=shelves) as world:
        assert (await memory(world)).url == "https://example.com/pull/1"
        await decided(world, "postmortem", "rejected")
        await world.look()
        assert "**Rejected** on review by a responder" in shelves.kept[-1]
        assert "was rejected by <@U7>" in slack.of("1:closed").text
        assert (await memory(world)).url is None


async def test_what_was_rejected_is_published_nowhere_new(slack, tmp_path):
    shelves = Shelves()
    shelves.trouble = Unreachable("github", "does not answer")
    async with closed_with(tmp_path, slack, publisher=shelves) as world:
        shelves.trouble = None
        await decided(world, "postmortem", "rejected")
        await world.look()
        assert shelves.kept == []


@pytest.mark.parametrize(
    ("review", "texts", "line"),
    [
        ("accepted", None, "**Reviewed** by a responder"),
        ("edited", ("# What it was", ""), "**Reviewed and put right** by a responder"),
        ("rejected", None, "**Rejected** on review by a responder"),
    ],
)
async def test_a_shelf_that_is_away_is_told_of_and_put_right_once_it_is_back(slack, tmp_path, review, texts, line):
    shelves = Shelves()
    async with closed_with(tmp_path, slack, publisher=shelves) as world:
        shelves.trouble = Unreachable("github", "does not answer")
        await decided(world, "postmortem", review, texts)
        for _ in "123":
            await world.look(minutes=2)
        told = slack.of("1:closed").text
        assert "where postmortems are kept" in told
        assert "github: does not answer. I try again." in told
        assert len(await world.archive.owed.decisions()) == 1
        shelves.trouble = None
        await world.look(minutes=2)
        assert line in shelves.kept[-1]
        assert "does not answer" not in slack.of("1:closed").text
        assert await world.archive.owed.decisions() == []


async def test_a_shelf_that_is_away_longer_is_tried_less_often_and_the_log_says_it_once_an_hour(slack, tmp_path):
    shelves = Shelves()
    async with closed_with(tmp_path, slack, publisher=shelves) as world:
        shelves.trouble = Unreachable("github", "does not answer")
        await decided(world, "postmortem", "accepted")
        with capture_logs() as lines:
            for _ in range(30):
                await world.look(minutes=1)
        (said,) = [line for line in lines if line["log_level"] != "debug"]
        assert (said["log_level"], said["problem"]) == ("warning", "github: does not answer")


@pytest.mark.parametrize(
    ("review", "what_to_do"),
    [("accepted", "--post` tries again"), ("rejected", "Put it right there by hand.")],
)
async def test_a_shelf_that_says_no_is_told_of_with_what_to_do_and_not_asked_again(slack, tmp_path, review, what_to_do):
    shelves = Shelves()
    async with closed_with(tmp_path, slack, publisher=shelves) as world:
        shelves.trouble = Refused("github", "the token is refused (401)")
        await decided(world, "postmortem", review)
        await world.look()
        told = slack.of("1:closed").text
        assert "github: the token is refused (401)." in told
        assert what_to_do in told
        assert await world.archive.owed.decisions() == []


async def test_a_channel_that_is_gone_keeps_nothing_from_being_put_right_on_the_shelf(slack, tmp_path):
    shelves = Shelves()
    async with closed_with(tmp_path, slack, publisher=shelves) as world:
        shelves.trouble = Unreachable("github", "does not answer")
        await decided(world, "postmortem", "rejected")
        slack.refuse("edit", "is_archived")
        await world.look()
        shelves.trouble = None
        await world.look(minutes=2)
        assert "**Rejected**" in shelves.kept[-1]
        assert await world.archive.owed.decisions() == []


async def test_what_a_crash_left_after_the_decision_is_found_again_and_done_once(slack, tmp_path):
    async with closed_with(tmp_path, slack, f"`{RESTART}`") as world:
        for kind in ("runbook", "postmortem"):
            await decided(world, kind, "accepted")
        slack.refuse("edit", "internal_error", passing=True, times=2)
        slack.lose_the_answer("1:runbook")
        for _ in "1234":
            await world.look(minutes=1)
        assert slack.of("1:runbook").thread  # one, and no second
        assert len(files(slack, "**Reviewed**")) == 1
        assert await world.archive.owed.decisions() == []


async def test_a_channel_that_is_gone_is_not_tried_for_ever(slack, tmp_path):
    async with closed_with(tmp_path, slack) as world:
        await decided(world, "postmortem", "accepted")
        slack.refuse("edit", "is_archived")
        await world.look()
        assert await world.archive.owed.decisions() == []


async def test_a_drafted_runbook_lies_in_the_thread_and_accepted_says_how_it_is_used(slack, tmp_path):
    async with closed_with(tmp_path, slack, f"`{RESTART}` did it") as world:
        (text,) = files(slack, "Drafted from")
        assert text == (await waiting(world, "runbook")).text
        assert "kubectl rollout restart deployment/{{service}} -n payments" in text
        await decided(world, "runbook", "accepted")
        await world.look()
        said = slack.of("1:runbook")
        assert said.thread == slack.of("1:closed").posted.ts
        assert "save it as `payment-service-high-error-rate.yaml` in RUNBOOKS_DIR" in said.text
        assert "then `first-responder runbooks lint`" in said.text
        assert len(files(slack, "Drafted from")) == 1


@pytest.mark.parametrize(("quiet", "message"), [(0, "1:closed"), (15, "1:close?1")])
async def test_why_nothing_was_published_stays_said_where_a_runbook_is_put_and_accepted(
    slack, tmp_path, quiet, message
):
    shelves = Shelves()
    shelves.trouble = Unreachable("github", "does not answer")
    async with closed_with(tmp_path, slack, f"`{RESTART}` did it", shelves, quiet) as world:
        why = "Not published: github: does not answer."
        assert why in slack.of(message).text
        await decided(world, "runbook", "accepted")
        await world.look()
        assert why in slack.of(message).text
        assert slack.of("1:runbook").thread == slack.of(message).posted.ts
        assert len(files(slack, "Drafted from")) == 1


@pytest.mark.parametrize(("quiet", "message"), [(0, "1:closed"), (15, "1:close?1")])
async def test_it_stays_said_where_the_file_of_the_postmortem_could_not_be_put(slack, tmp_path, quiet, message):
    shelves = Shelves()
    shelves.trouble = Unreachable("github", "does not answer")
    slack.refuse("file", "restricted_action", times=1)
    async with closed_with(tmp_path, slack, f"`{RESTART}` did it", shelves, quiet):
        assert files(slack, "# Postmortem") == []
        assert len(files(slack, "Drafted from")) == 1
        assert "Not published: github: does not answer." in slack.of(message).text


async def test_an_edited_runbook_is_put_there_as_it_is_now_and_a_rejected_one_is_not(slack, tmp_path):
    async with closed_with(tmp_path, slack, f"`{RESTART}`") as world:
        text = (await waiting(world, "runbook")).text.replace("payments", "{{namespace}}")
        await decided(world, "runbook", "edited", (text, ""))
        await world.look()
        (book,) = read(files(slack, "{{namespace}}")[0]).runbooks
        assert book.steps[0].command.endswith("-n {{namespace}}")


async def test_a_rejected_runbook_is_said_nowhere_and_never_drafted_again(slack, tmp_path):
    async with closed_with(tmp_path, slack, f"`{RESTART}`") as world:
        await decided(world, "runbook", "rejected")
        await world.look()
        assert not any(message.key.endswith("1:runbook") for message in slack.messages)
        await world.say(f"reopen {world.incident_id} again")
        await world.say(f"resolve `{RESTART}`")
        await world.look()
        assert await world.archive.reviews.learnt(f"runbook:{world.incident_id}.2") is None


async def test_a_cause_that_was_recorded_and_not_yet_remembered_is_remembered_after_the_crash(slack, tmp_path):
    async with closed_with(tmp_path, slack) as world:
        entry = Entry(world.incident_id, "cause:1", world.clock.now(), "cause", "U7", "the pool was too small")
        await world.at.entries.append(entry)
        assert (await memory(world)).cause_by != "person"
        await world.look()
        assert ((await memory(world)).cause, (await memory(world)).cause_by) == ("the pool was too small", "person")
        assert await world.archive.owed.memories() == []


async def test_a_thumb_that_was_recorded_and_not_yet_remembered_is_remembered_too(slack, tmp_path):
    async with closed_with(tmp_path, slack) as world:
        await world.archive.memories.vote(world.incident_id, "U7", "down", world.clock.now())
        await world.look()
        assert (await memory(world)).disliked == 1


async def test_nothing_follows_from_a_cause_before_there_is_a_memory(slack, tmp_path):
    async with closed_with(tmp_path, slack) as world:
        assert await world.archive.owed.memories() == []
        assert slack.in_(OWN) == ["1:briefing", "1:closed"]
