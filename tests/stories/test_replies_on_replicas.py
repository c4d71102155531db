"""A mention is two events, and of several replicas each may hear one: what is answered at once is answered once."""

from dataclasses import replace

import pytest

from bot.domain.plain import as_text
from bot.ports import JournalDown
from bot.questions.replies import Replies
from bot.state.database import open_database
from tests.stories.incident_sample import series
from tests.stories.talk_world import ELSEWHERE, Front, heard
from tests.stories.world import OWN, FakeSlack, Source, desk_with, fire, tell


@pytest.fixture
async def desk(tmp_path):
    async with desk_with(tmp_path, FakeSlack(), Source("prometheus", series("error_rate", 0.004, 0.2))) as d:
        yield d


@pytest.fixture
async def database(tmp_path, desk):
    database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
    yield database
    await database.dispose()


@pytest.fixture
async def briefed(desk):
    taken = await fire(desk)
    await tell(desk, taken)
    return await desk.journal.incident(taken.incident_id)


@pytest.fixture
def here(desk, database):
    return Front(desk, database, replica="here")


@pytest.fixture
def there(desk, database):
    return Front(desk, database, replica="there")


@pytest.mark.parametrize(("channel", "text"), [(OWN, "get me a human"), (OWN, ""), (ELSEWHERE, "hello")])
async def test_what_is_answered_at_once_one_replica_answers(here, there, briefed, channel, text):
    message = heard(channel, None, text, mention=True)
    assert await here.hears(message) is not None
    assert await there.hears(message) is None


async def test_a_refusal_one_replica_says(here, there, briefed):
    here.refusal = there.refusal = "Not answered: this channel is shared."
    message = heard(OWN, briefed.message.ts, "why?", mention=True)
    assert [await one.hears(message) for one in (here, there)] == [here.refusal, None]


async def test_a_stop_that_one_replica_did_the_other_does_not_deny(here, there, briefed):
    await here.hears(heard(OWN, briefed.message.ts, "why?"))
    stop = replace(heard(OWN, briefed.message.ts, "stop", mention=True), ts="100.0")
    assert [await one.hears(stop) for one in (here, there)] == [None, None]
    assert await here.questions.stopped(here.begun[0])


async def test_what_could_not_be_said_is_said_when_the_same_replica_hears_it_again(here, briefed):
    message = heard(OWN, None, "", mention=True)
    said = [await here.hears(message) for _ in range(2)]
    assert None not in said


async def test_a_question_either_replica_begins_so_that_none_is_lost_with_one(here, there, briefed):
    for one in (here, there):
        assert await one.hears(heard(OWN, briefed.message.ts, "why?", mention=True)) is None
    assert here.begun == there.begun == [f"{OWN}:99.0"]


async def test_one_who_asks_too_much_is_told_so_by_one_replica(here, there, briefed):
    for number in range(3):
        await here.hears(replace(heard(OWN, briefed.message.ts, "why?"), ts=f"{number}.0"))
    said = [await one.hears(replace(heard(OWN, briefed.message.ts, "why?"), ts="9.0")) for one in (here, there)]
    assert "still at 3 of your questions" in said[0]
    assert said[1] is None


async def test_where_nobody_can_tell_who_is_first_a_mention_hears_why(desk, database, briefed):
    async def away(_message):
        raise JournalDown("away")

    talking = replace(Front(desk, database).talking, first=away)
    said = await Replies(desk, talking).heard(heard(OWN, None, "", mention=True), Front(desk, database).refused)
    assert "database does not answer" in as_text(said)


class Meanwhile:
    """The record of questions, and what happens right after the first look into it."""

    def __init__(self, questions, act):
        self._questions = questions
        self._act = act

    def __getattr__(self, name):
        async def call(*given):
            found, act, self._act = await getattr(self._questions, name)(*given), self._act, None
            if act is not None:
                await act
            return found

        return call


async def test_a_question_that_another_replica_took_is_not_held_against_who_asked_it(desk, database, here, briefed):
    for number in range(2):
        await here.hears(replace(heard(OWN, None, "why?", mention=True), ts=f"{number}.0"))
    third = heard(OWN, None, "why?", mention=True)
    there = Front(desk, database)
    talking = replace(there.talking, questions=Meanwhile(here.questions, here.hears(third)))
    assert await Replies(desk, talking).heard(third, there.refused) is None
    assert there.begun == here.begun[-1:] == [f"{OWN}:99.0"]
