"""What the bot does when it is spoken to: in its channels, elsewhere, and without its database."""

from dataclasses import replace

import pytest

from bot.domain.said import Tap
from bot.ports import ChatError
from bot.state.database import open_database
from bot.state.journal import journal
from runbooks.model import Library, Runbook, Step, Trigger
from tests.stories.incident_sample import series
from tests.stories.talk_world import ELSEWHERE, Front, heard
from tests.stories.world import OWN, FakeSlack, Source, desk_with, fire, tell

BOOKS = Library(
    (
        Runbook(
            "high-errors", "Errors go up", (Step("exec", "Roll back", "deploy undo"),), trigger=Trigger(alert="High*")
        ),
        Runbook("full-disk", "A disk is full", (Step("exec", "Look", "df -h"),), trigger=Trigger(alert="DiskFull")),
    )
)


@pytest.fixture
async def desk(tmp_path):
    async with desk_with(
        tmp_path, FakeSlack(), Source("prometheus", series("error_rate", 0.004, 0.2)), library=BOOKS
    ) as d:
        yield d


@pytest.fixture
async def database(tmp_path, desk):
    database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
    yield database
    await database.dispose()


@pytest.fixture
def front(desk, database):
    return Front(desk, database)


@pytest.fixture
async def briefed(desk):
    taken = await fire(desk)
    await tell(desk, taken)
    return await desk.journal.incident(taken.incident_id)


@pytest.fixture
def without_a_database(desk, tmp_path):
    away = open_database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")
    return Front(replace(desk, journal=journal(away, desk.clock, (("service",), ("env",), 3600))), away)


async def test_elsewhere_a_mention_tells_of_open_incidents(front, briefed):
    said = await front.hears(heard(ELSEWHERE, "77.0", "hello", mention=True))
    assert "#C1" in said
    assert "HighErrorRate" in said


async def test_elsewhere_without_an_incident_it_says_that_none_is_open(front):
    assert "No incident is open" in await front.hears(heard(ELSEWHERE, "77.0", "hello", mention=True))


@pytest.mark.parametrize("mention", [False, True])
async def test_a_question_in_the_briefings_thread_begins_an_answer(front, briefed, mention):
    assert await front.hears(heard(OWN, briefed.message.ts, "how bad is it", mention=mention)) is None
    (begun,) = front.begun
    question = await front.questions.question(begun)
    assert (question.text, question.thread) == ("how bad is it", briefed.message.ts)


async def test_a_question_in_the_channel_is_answered_in_its_own_thread(front, briefed):
    assert await front.hears(heard(OWN, None, "did anything change?")) is None
    question = await front.questions.question(front.begun[0])
    assert question.thread == "99.0"
    later = replace(heard(OWN, "99.0", "and the gateway"), ts="100.0")  # a thread of the bot by now
    assert await front.hears(later) is None
    assert front.begun == [f"{OWN}:99.0", f"{OWN}:100.0"]


async def test_into_peoples_talk_it_does_not_speak(front, desk, briefed):
    desk.chat.speaking[OWN] = {"98.0": "U0LEE", "98.5": "U0BOB"}
    assert await front.hears(heard(OWN, None, "did anything change?")) is None
    assert front.begun == []


async def test_what_others_said_to_the_bot_is_no_talk_of_people(front, desk, briefed):
    await front.hears(replace(heard(OWN, None, "is it the gateway?", mention=True), ts="98.5", user_id="U0BOB"))
    desk.chat.speaking[OWN] = {"98.5": "U0BOB"}
    await front.hears(heard(OWN, None, "did anything change?"))
    assert len(front.begun) == 2


@pytest.mark.parametrize("mode", ["mentions", "questions"])
async def test_a_call_for_a_person_is_heard_however_many_talk(desk, database, briefed, mode):
    front = Front(desk, database, mode)
    desk.chat.speaking[OWN] = {"98.0": "U0ANN", "98.5": "U0BOB"}
    assert "Page the on-call" in await front.hears(heard(OWN, None, "get me a human"))


async def test_in_the_thread_of_a_page_it_goes_on_answering(front, briefed):
    await front.hears(heard(OWN, None, "get me a human", mention=True))
    assert await front.hears(replace(heard(OWN, "99.0", "what do the logs say"), ts="100.0")) is None
    assert len(front.begun) == 1


async def test_where_slack_does_not_tell_who_speaks_it_keeps_quiet(front, desk, briefed):
    desk.chat.refuse("said_since", ChatError("missing_scope", passing=False))
    assert await front.hears(heard(OWN, None, "did anything change?")) is None
    assert front.begun == []
    assert await front.hears(heard(OWN, None, "did anything change?", mention=True)) is None
    assert len(front.begun) == 1


@pytest.mark.parametrize(("mode", "begun"), [("mentions", 0), ("questions", 0), ("all", 1)])
async def test_a_statement_in_the_channel_is_answered_only_where_all_is(desk, database, briefed, mode, begun):
    front = Front(desk, database, mode)
    await front.hears(heard(OWN, None, "the gateway is slow"))
    assert len(front.begun) == begun


@pytest.mark.parametrize(("channel", "thread"), [(OWN, "77.0"), (ELSEWHERE, "77.0")])
async def test_people_who_talk_in_another_thread_are_left_alone(front, briefed, channel, thread):
    assert await front.hears(heard(channel, thread, "how bad is it?")) is None
    assert front.begun == []
    assert front.refusals_asked == 0


async def test_delivered_again_it_is_begun_again_which_begins_nothing_twice(front, briefed):
    for _ in range(2):
        await front.hears(heard(OWN, briefed.message.ts, "why?"))
    assert len(set(front.begun)) == 1
    assert await front.questions.unanswered() == front.begun[:1]


async def test_whoever_may_not_ask_is_told_why_and_nothing_begins(desk, database, briefed):
    front = Front(desk, database, refusal="Not answered: this channel is shared.")
    said = await front.hears(heard(OWN, briefed.message.ts, "why?"))
    assert said == "Not answered: this channel is shared."
    assert front.begun == []


async def test_three_at_once_and_then_a_kind_word(front, briefed):
    for number in range(3):
        message = replace(heard(OWN, briefed.message.ts, "why?"), ts=f"{number}.0")
        assert await front.hears(message) is None
    said = await front.hears(replace(heard(OWN, briefed.message.ts, "why?"), ts="9.0"))
    assert "still at 3 of your questions" in said
    assert len(front.begun) == 3


async def test_a_secret_in_a_question_is_masked_before_it_is_stored(front, briefed):
    await front.hears(heard(OWN, briefed.message.ts, "is password=hunter2000 right?"))
    question = await front.questions.question(front.begun[0])
    assert "hunter2000" not in question.text


async def test_stop_ends_what_is_answered_in_its_thread(front, briefed):
    await front.hears(heard(OWN, briefed.message.ts, "why?"))
    assert await front.hears(replace(heard(OWN, briefed.message.ts, "stop"), ts="100.0")) is None
    assert await front.questions.stopped(front.begun[0])
    assert len(front.begun) == 1


async def test_stop_where_nothing_is_answered_says_so(front, briefed):
    assert "Nothing is being answered here" in await front.hears(heard(OWN, briefed.message.ts, "stop"))


async def test_who_wants_a_human_is_asked_once_more_before_anybody_is_called(front, briefed):
    said = await front.hears(heard(OWN, briefed.message.ts, "get me a human"))
    assert "Page the on-call of payment-service?" in said
    assert front.begun == []


async def test_a_mention_without_words_tells_what_can_be_asked(front, briefed):
    assert "Ask me about this incident" in await front.hears(heard(OWN, None, "", mention=True))


async def test_a_vote_counts_once_for_each_person_and_can_be_changed(front, briefed, desk):
    for does in ("thumb.up", "thumb.up", "thumb.down"):
        await front.replies.voted(Tap(does, "C1:99.0", OWN, "U0LEE"))
    counted = desk.measures.registry.get_sample_value
    assert [counted("answer_votes_total", {"vote": vote}) for vote in ("up", "down")] == [1, 1]


async def test_a_line_is_posted_once_in_its_thread(desk, front, briefed):
    overview = await front.replies.overview()
    for _ in range(2):
        await front.replies.post(OWN, briefed.message.ts, overview, "answer:Ev1")
    assert desk.chat.of("answer:Ev1").thread == briefed.message.ts


async def test_without_its_database_it_says_so_to_who_asks_it(without_a_database):
    assert "database does not answer" in await without_a_database.hears(heard(OWN, "77.0", "why?", mention=True))


async def test_without_its_database_it_does_not_break_into_peoples_talk(without_a_database):
    assert await without_a_database.hears(heard(ELSEWHERE, "77.0", "shall we meet at nine?")) is None
