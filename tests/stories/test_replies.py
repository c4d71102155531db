"""What the bot says when it is spoken to: in its channels, elsewhere, and without its database."""

from dataclasses import replace

import pytest

from bot.domain.plain import as_text
from bot.domain.said import Heard
from bot.replies import JournalReplies
from bot.state.database import open_database
from bot.state.journal import journal
from runbooks.model import Library, Runbook, Step, Trigger
from tests.stories.incident_sample import series
from tests.stories.world import OWN, FakeSlack, Source, desk_with, fire, tell

ELSEWHERE = "C0RANDOM"
BOOKS = Library(
    (
        Runbook(
            "high-errors", "Errors go up", (Step("exec", "Roll back", "deploy undo"),), trigger=Trigger(alert="High*")
        ),
        Runbook("full-disk", "A disk is full", (Step("exec", "Look", "df -h"),), trigger=Trigger(alert="DiskFull")),
    )
)


def heard(channel, thread, text, *, mention=False):
    return Heard(channel, "99.0", thread, text, "U0LEE", mention)


@pytest.fixture
async def desk(tmp_path):
    async with desk_with(
        tmp_path, FakeSlack(), Source("prometheus", series("error_rate", 0.004, 0.2)), library=BOOKS
    ) as d:
        yield d


@pytest.fixture
def replies(desk):
    return JournalReplies(desk)


@pytest.fixture
async def briefed(desk):
    taken = await fire(desk)
    await tell(desk, taken)
    return await desk.journal.incident(taken.incident_id)


@pytest.fixture
def without_a_database(desk, tmp_path):
    away = open_database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")
    return JournalReplies(replace(desk, journal=journal(away, desk.clock, (("service",), ("env",), 3600))))


async def test_elsewhere_a_mention_tells_of_open_incidents(replies, briefed):
    said = as_text(await replies.heard(heard(ELSEWHERE, "77.0", "hello", mention=True)))
    assert "#C1" in said
    assert "HighErrorRate" in said


async def test_elsewhere_without_an_incident_it_says_that_none_is_open(replies):
    assert "No incident is open" in as_text(await replies.heard(heard(ELSEWHERE, "77.0", "hello", mention=True)))


async def test_a_question_in_the_briefings_thread_is_answered(replies, briefed):
    said = await replies.heard(heard(OWN, briefed.message.ts, "how bad is it?"))
    assert "Errors 0.2 %" in as_text(said)


async def test_a_mention_is_answered_in_any_thread(replies, briefed):
    assert "Errors 0.2 %" in as_text(await replies.heard(heard(OWN, "77.0", "how bad is it?", mention=True)))
    assert "HighErrorRate" in as_text(await replies.heard(heard(ELSEWHERE, "77.0", "how bad is it?", mention=True)))


@pytest.mark.parametrize(("channel", "thread"), [(OWN, "77.0"), (ELSEWHERE, "77.0")])
async def test_people_who_talk_in_another_thread_are_left_alone(replies, briefed, channel, thread):
    assert await replies.heard(heard(channel, thread, "how bad is it?")) is None


async def test_an_answer_is_posted_once_in_its_thread(desk, replies, briefed):
    answer = await replies.heard(heard(OWN, briefed.message.ts, "status"))
    for _ in range(2):
        await replies.post(OWN, briefed.message.ts, answer, "answer:Ev1")
    assert desk.chat.of("answer:Ev1").thread == briefed.message.ts


async def test_without_its_database_it_says_so_to_who_asks_it(without_a_database):
    said = await without_a_database.heard(heard(OWN, "77.0", "why?", mention=True))
    assert "database does not answer" in as_text(said)


async def test_without_its_database_it_does_not_break_into_peoples_talk(without_a_database):
    assert await without_a_database.heard(heard(ELSEWHERE, "77.0", "shall we meet at nine?")) is None
