"""Long messages that nobody edits later, and a Slack on a socket that fails in the middle: the next try ends them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bot.domain.briefing import Briefing, Section
from bot.domain.entry import Entry
from bot.life.reach import Life
from bot.life.tell_entries import tell
from bot.ports import ChatError
from bot.questions.replies import Replies, Talking
from bot.slack.chat import SlackChat
from bot.slack.scopes import SCOPES
from bot.slack.web import Web
from bot.state.questions import SqlQuestions
from bot.state.runs import SqlRuns
from playground.slack.faults import Fault
from playground.slack.serve import running
from playground.slack.settings import SlackSettings
from playground.terminal import as_text
from tests.stories.world import desk_with, fire

KEY = "99.0:answer"


def long_briefing(lines=300, begins="line"):
    rows = tuple(f"{begins} {n} " + "x" * 90 for n in range(lines))
    return Briefing("plain", "*head*", (Section(rows, title="Log"),))


SMALL = Briefing("plain", "*head*")


@pytest.fixture
async def slack():
    async with running(SlackSettings(bot_scopes=frozenset(SCOPES))) as server:
        yield server


@pytest.fixture
def place(slack):
    return slack.workspace.named("incidents").id


@pytest.fixture
async def process(slack):
    """Starts one more process of the bot: it knows nothing of what was said before."""
    started = []

    def start():
        started.append(SlackChat(Web(slack.workspace.settings.bot_token, slack.api_url), str))
        return started[-1]

    yield start
    for chat in started:
        await chat.close()


@pytest.fixture(params=["in the channel", "in a thread"])
async def thread(request, place, process):
    """Where it is said: Slack shows the thread of a message only by the ts of its head."""
    return (await process().post(place, SMALL, key="head")).ts if request.param == "in a thread" else None


def fails_in_the_middle(slack, **how):
    """From the first message on, the next post is refused once."""

    def refuse(change):
        stop()
        slack.workspace.faults.add(Fault("chat.postMessage", **(how or {"error": "fatal_error"})))

    stop = slack.workspace.hear(refuse)


def keys(slack, place):
    said = slack.workspace.channels[place].messages.values()
    return [message.metadata["event_payload"]["key"] for message in said if message.metadata]


def text(slack, place):
    return "\n".join(as_text(message) for message in slack.workspace.channels[place].messages.values())


async def half_of_it(slack, chat, place, briefing, thread=None, **how):
    """A message whose second part failed."""
    fails_in_the_middle(slack, **how)
    with pytest.raises(ChatError):
        await chat.stand(place, briefing, key=KEY, thread=thread)


def nothing_but_a_look(slack):
    """From now on Slack takes no call but the one that reads a channel."""
    for method in ("chat.*", "conversations.replies"):
        slack.workspace.faults.add(Fault(method, error="fatal_error", times=None))


# ── as those say it who never come back to it ────────────────────────────────────────────────────


@pytest.mark.parametrize("restarts", [False, True])
async def test_an_answer_that_failed_in_the_middle_is_whole_after_the_next_try(
    slack, place, process, tmp_path, restarts
):
    chat = process()
    async with desk_with(tmp_path, chat) as desk:
        head = await chat.post(place, SMALL, key="head")
        fails_in_the_middle(slack)
        with pytest.raises(ChatError):
            await _answer(desk, place, head.ts)
        await _answer(replace(desk, chat=process()) if restarts else desk, place, head.ts)
    assert "line 299 " in text(slack, place)
    assert Counter(keys(slack, place))[KEY] == 1


async def _answer(desk, place, thread):
    await Replies(desk, Talking(None, None, "questions", None, None)).post(place, thread, long_briefing(), KEY)


async def test_a_handoff_that_failed_in_the_middle_is_whole_after_the_next_round(slack, place, process, tmp_path):
    chat = process()
    async with desk_with(tmp_path, chat) as desk:
        taken = await fire(desk)
        await desk.journal.keep_message(taken.incident_id, await chat.post(place, SMALL, key="briefing"))
        now, database = desk.clock.now(), desk.entries._database
        for n in range(12):
            note = f"note {n} " + "&" * 180
            await desk.entries.append(Entry(taken.incident_id, f"note {n}", now, "note", "U0DANA", note))
        await desk.entries.append(Entry(taken.incident_id, "handoff", now, "handoff", "U0DANA", "over to you"))
        life = Life(desk, desk.entries, None, SqlRuns(database), SqlQuestions(database), None)
        fails_in_the_middle(slack)
        await tell(life)
        assert "note 11" not in text(slack, place)
        await tell(life)
    assert "note 11" in text(slack, place)
    assert "Suggested" in text(slack, place)


# ── the door itself ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("briefing", [SMALL, long_briefing()])
async def test_what_stands_whole_costs_the_one_look_for_it(slack, place, process, briefing):
    chat = process()
    posted = await chat.stand(place, briefing, key=KEY)
    nothing_but_a_look(slack)
    assert await chat.stand(place, briefing, key=KEY) == posted


async def test_a_short_message_of_an_earlier_process_costs_the_one_look_too(slack, place, process):
    posted = await process().stand(place, SMALL, key=KEY)
    nothing_but_a_look(slack)
    assert await process().stand(place, SMALL, key=KEY) == posted


async def test_a_long_message_of_an_earlier_process_that_stands_whole_is_left_as_it_is(slack, place, process, thread):
    posted = await process().stand(place, long_briefing(), key=KEY, thread=thread)
    before = text(slack, place)
    slack.workspace.faults.add(Fault("chat.*", error="fatal_error", times=None))
    assert await process().stand(place, long_briefing(begins="other"), key=KEY, thread=thread) == posted
    assert text(slack, place) == before


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_part_whose_answer_was_lost_is_not_said_twice(slack, place, process, thread, restarts):
    chat = process()
    await half_of_it(slack, chat, place, long_briefing(), thread, drop=True, when="after")
    await (process() if restarts else chat).stand(place, long_briefing(), key=KEY, thread=thread)
    assert "line 299 " in text(slack, place)
    assert Counter(keys(slack, place)).most_common(1)[0][1] == 1


@pytest.mark.parametrize("restarts", [False, True])
async def test_what_is_completed_in_other_words_has_no_seam(slack, place, process, restarts):
    """The parts that stand may end elsewhere in the newer words: then all of it says those."""
    chat = process()
    await half_of_it(slack, chat, place, long_briefing())
    await (process() if restarts else chat).stand(place, long_briefing(310, "later"), key=KEY)
    said = text(slack, place)
    assert "line " not in said
    assert all(f"later {n} " in said for n in range(310))


async def test_a_long_message_that_a_later_process_edits_says_nothing_twice(slack, place, process, thread):
    posted = await process().stand(place, long_briefing(), key=KEY, thread=thread)
    await process().edit(posted, long_briefing(310, "later"))
    assert Counter(keys(slack, place)).most_common(1)[0][1] == 1
    assert "line " not in text(slack, place)
    await process().edit(posted, SMALL)
    assert "later " not in text(slack, place)
