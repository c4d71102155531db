"""Replies that grow: streamed or edited, begun once, ended once, also by another process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.briefing import Briefing, Button, Section
from bot.domain.incident import Posted
from bot.ports import ChatError, Doing
from bot.slack.chat import SlackChat
from bot.slack.scopes import SCOPES
from bot.slack.web import Web
from playground.slack import messages
from playground.slack.faults import Fault
from playground.slack.messages import Draft
from playground.slack.model import Channel, Message
from playground.slack.rates import Rate
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER
from playground.world import Person

DANA = Person("U00DANA", "dana", "Dana Dale", "dana@example.com")
LEE = Person("U000LEE", "lee", "Lee Loo", "lee@example.com")
KEY = "answer:1"
VOTES = (Button("👍", "thumb.up", "Q1"), Button("👎", "thumb.down", "Q1"))
ANSWER = Briefing("It is the gateway", "It is the gateway [1]", (Section(("[1] v2.34.1",), buttons=VOTES),), "2 s")
LOOK = Doing("t1", "Query metrics", "in_progress")
NO_STREAMS = Fault("chat.startStream", error="unknown_method", times=None)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with running(SlackSettings(bot_scopes=frozenset(SCOPES)), (DANA, LEE)) as server:
        yield server


@pytest.fixture
def place(slack: Slack) -> Channel:
    found = slack.workspace.named("incidents")
    assert found
    return found


@pytest.fixture
async def thread(slack: Slack, place: Channel) -> str:
    return messages.post(slack.workspace, place, DANA.slack_id, Draft("why?")).ts


def connect(slack: Slack, mask: Callable[[str], str] = str) -> SlackChat:
    """A fresh process of the bot, before a Slack without limits."""
    return SlackChat(Web(slack.workspace.settings.bot_token, slack.api_url), mask)


@pytest.fixture
async def chat(slack: Slack) -> AsyncIterator[SlackChat]:
    door = connect(slack)
    yield door
    await door.close()


@pytest.fixture
async def other(slack: Slack) -> AsyncIterator[SlackChat]:
    """Another process, or the next life of the same one."""
    door = connect(slack)
    yield door
    await door.close()


async def until(look: Callable[[], Any]) -> Any:
    async with asyncio.timeout(10.0):
        while not (found := look()):  # noqa: ASYNC110 - what is watched are plain objects
            await asyncio.sleep(0.01)
        return found


async def begun(chat: SlackChat, place: Channel, thread: str, key: str = KEY) -> Posted:
    return await chat.begin_reply(place.id, thread, reader=DANA.slack_id, key=key)


def shown(place: Channel, posted: Posted) -> str:
    return json.dumps(place.messages[posted.ts].blocks, ensure_ascii=False)


def cards(message: Message) -> list[tuple[str, str]]:
    return [(block["title"], block["status"]) for block in message.blocks if block["type"] == "task_card"]


def streamed(message: Message) -> str:
    return "".join(block["text"] for block in message.blocks if block["type"] == "markdown")


def says_the_answer(place: Channel, thread: str) -> list[bool]:
    """Of each reply in the thread, whether it says just the answer, for good."""
    return [
        "It is the gateway [1]" in shown(place, Posted(place.id, reply.ts))
        and not cards(reply)
        and reply.streaming != "in_progress"
        for reply in place.replies(thread)
    ]


# ── streamed ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_grows_by_whole_lines_and_shows_what_is_being_done(
    chat: SlackChat, place: Channel, thread: str
) -> None:
    posted = await begun(chat, place, thread)
    reply = place.messages[posted.ts]
    assert (reply.thread_ts, cards(reply)) == (thread, [("Looking", "in_progress")])
    await chat.grow_reply(posted, "", (LOOK,))
    await until(lambda: cards(reply) == [("Looking", "complete"), ("Query metrics", "in_progress")])
    await chat.grow_reply(posted, "It is\nthe gate", (Doing("t1", "Query metrics", "complete"),))
    await until(lambda: streamed(reply) == "It is\n")
    await chat.grow_reply(posted, "It is\nthe gateway.\n", (Doing("t1", "Query metrics", "error"),))
    await until(lambda: streamed(reply) == "It is\nthe gateway.\n")
    assert cards(reply) == [("Looking", "complete"), ("Query metrics", "error")]


async def test_its_end_is_the_answer_and_nothing_else(chat: SlackChat, place: Channel, thread: str) -> None:
    posted = await begun(chat, place, thread)
    await chat.grow_reply(posted, "It may be the database.\n", (LOOK,))
    for _ in range(2):
        await chat.end_reply(posted, ANSWER)
    assert says_the_answer(place, thread) == [True]
    assert "database" not in shown(place, posted)
    assert "thumb.up#0" in shown(place, posted)
    assert await chat.find(place.id, KEY, thread) == posted


async def test_after_its_end_nothing_grows(chat: SlackChat, place: Channel, thread: str) -> None:
    posted = await begun(chat, place, thread)
    await chat.end_reply(posted, ANSWER)
    await chat.grow_reply(posted, "late\n")
    await chat.end_reply(await begun(chat, place, thread, "answer:2"), ANSWER)  # by then it would stand there
    assert says_the_answer(place, thread) == [True, True]


async def test_secrets_are_masked_in_words_and_titles(slack: Slack, place: Channel, thread: str) -> None:
    chat = connect(slack, lambda text: text.replace("hunter2", "[masked]"))
    posted = await begun(chat, place, thread)
    await chat.grow_reply(posted, "the password is hunter2\n", (Doing("t1", "Search for hunter2", "in_progress"),))
    await until(lambda: "the password" in shown(place, posted))
    assert "hunter2" not in shown(place, posted)
    await chat.close()


async def test_when_slack_takes_no_more_for_now_the_newest_is_shown_later(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    slack.workspace.faults.add(Fault("chat.appendStream", delay=0.2))
    posted = await begun(chat, place, thread)
    text = ""
    for number in range(50):
        text += f"line {number}\n"
        await chat.grow_reply(posted, text)
    await until(lambda: streamed(place.messages[posted.ts]) == text)


# ── begun once ───────────────────────────────────────────────────────────────────────────────────


async def test_begun_again_it_is_the_same_reply(chat: SlackChat, place: Channel, thread: str) -> None:
    assert await begun(chat, place, thread) == await begun(chat, place, thread)
    assert len(place.replies(thread)) == 1


async def test_a_reply_that_a_crash_left_open_is_found_among_others_and_ended(
    chat: SlackChat, other: SlackChat, place: Channel, thread: str
) -> None:
    await begun(chat, place, thread, "answer:another")
    posted = await begun(chat, place, thread)
    assert await begun(other, place, thread) == posted
    await other.end_reply(posted, ANSWER)
    assert says_the_answer(place, thread) == [False, True]


async def test_a_start_whose_answer_was_lost_is_found_when_tried_again(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    slack.workspace.faults.add(Fault("chat.startStream", drop=True, when="after"))
    with pytest.raises(ChatError) as failure:
        await begun(chat, place, thread)
    assert failure.value.passing
    posted = await begun(chat, place, thread)
    assert [reply.ts for reply in place.replies(thread)] == [posted.ts]


async def test_another_process_goes_on_with_it_by_edits(
    chat: SlackChat, other: SlackChat, place: Channel, thread: str
) -> None:
    posted = await begun(chat, place, thread)
    await chat.grow_reply(posted, "It may be\n")
    await until(lambda: "It may be" in shown(place, posted))
    await other.grow_reply(posted, "It is surely\n", (LOOK,))
    await until(lambda: "⏳ Query metrics" in shown(place, posted))
    assert "It is surely" in shown(place, posted)
    assert "It may be" not in shown(place, posted)


async def test_another_process_ends_it_without_having_begun_it(
    chat: SlackChat, other: SlackChat, place: Channel, thread: str
) -> None:
    posted = await begun(chat, place, thread)
    for _ in range(2):
        await other.end_reply(posted, ANSWER)
    assert says_the_answer(place, thread) == [True]


# ── where Slack does not stream ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("word", ["unknown_method", "channel_type_not_supported", "missing_recipient_team_id"])
async def test_where_slack_does_not_stream_a_message_is_edited(
    slack: Slack, chat: SlackChat, place: Channel, thread: str, word: str
) -> None:
    slack.workspace.faults.add(Fault("chat.startStream", error=word, times=None))
    posted = await begun(chat, place, thread)
    assert "Looking…" in shown(place, posted)
    await chat.grow_reply(posted, "It is **the** <!channel> gateway\n", (LOOK,))
    await until(lambda: "⏳ Query metrics" in shown(place, posted))
    assert "<!channel>" not in shown(place, posted)
    assert "It is *the*" in shown(place, posted)
    await chat.end_reply(posted, ANSWER)
    assert says_the_answer(place, thread) == [True]


async def test_a_long_reply_that_is_edited_stays_one_message_while_it_grows(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    slack.workspace.faults.add(NO_STREAMS)
    posted = await begun(chat, place, thread)
    tasks = [Doing(f"t{number}", f"Query {number} " + "x" * 200, "complete") for number in range(20)]
    await chat.grow_reply(posted, "a line of the answer\n" * 700, tasks)
    await until(lambda: "a line" in shown(place, posted))
    assert "Query 19" in shown(place, posted)
    assert len(place.replies(thread)) == 1


async def test_where_it_cannot_stream_at_all_it_is_asked_once(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    slack.workspace.faults.add(Fault("chat.startStream", error="unknown_method"))
    await begun(chat, place, thread)
    await begun(chat, place, thread, "answer:2")
    assert [reply.streaming for reply in place.replies(thread)] == ["", ""]


async def test_at_slacks_limit_of_streams_nobody_waits(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    slack.workspace.meter.rates["chat.startStream"] = Rate(1, 3600.0)
    await begun(chat, place, thread)
    await begun(chat, place, thread, "answer:2")
    assert [reply.streaming for reply in place.replies(thread)] == ["in_progress", ""]


async def test_a_message_begun_before_a_crash_is_found_by_its_key(
    slack: Slack, chat: SlackChat, other: SlackChat, place: Channel, thread: str
) -> None:
    slack.workspace.faults.add(NO_STREAMS)
    assert await begun(chat, place, thread) == await begun(other, place, thread)


async def test_a_place_where_the_bot_cannot_speak_is_said(slack: Slack, chat: SlackChat, thread: str) -> None:
    general = slack.workspace.named("general")
    assert general
    head = messages.post(slack.workspace, general, DANA.slack_id, Draft("why?")).ts
    with pytest.raises(ChatError, match="not_in_channel"):
        await begun(chat, general, head)


# ── streams that end before the answer does ──────────────────────────────────────────────────────


async def test_a_stream_that_slack_closed_goes_on_by_edits(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    posted = await begun(chat, place, thread)
    began = slack.workspace.clock()
    slack.workspace.clock = lambda: began + timedelta(minutes=6)
    await chat.grow_reply(posted, "It is the gateway\n", (LOOK,))
    await until(lambda: "⏳ Query metrics" in shown(place, posted))
    await chat.end_reply(posted, ANSWER)
    assert says_the_answer(place, thread) == [True]


async def test_an_append_of_which_nothing_was_heard_is_not_done_twice(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    posted = await begun(chat, place, thread)
    slack.workspace.faults.add(Fault("chat.appendStream", drop=True, when="after"))
    await chat.grow_reply(posted, "only once\n")
    await until(lambda: place.messages[posted.ts].edited)
    assert shown(place, posted).count("only once") == 1


async def test_a_reader_who_stops_the_stream_is_left_in_peace_until_the_answer(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    posted = await begun(chat, place, thread)
    slack.workspace.faults.add(Fault("chat.appendStream", error="stopped_by_user"))
    await chat.grow_reply(posted, "one\n")
    await chat.grow_reply(posted, "one\ntwo\n")
    await chat.end_reply(posted, ANSWER)
    assert says_the_answer(place, thread) == [True]


async def test_a_reply_that_people_deleted_does_not_grow_and_cannot_end(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    posted = await begun(chat, place, thread)
    del place.messages[posted.ts]
    await chat.grow_reply(posted, "one\n")
    with pytest.raises(ChatError, match="message_not_found"):
        await chat.end_reply(posted, ANSWER)
    assert place.replies(thread) == []


@pytest.mark.parametrize("word", ["block_mismatch", "streaming_state_conflict"])
async def test_a_message_that_cannot_become_the_answer_gives_way_to_one_that_says_it(
    slack: Slack, chat: SlackChat, place: Channel, thread: str, word: str
) -> None:
    posted = await begun(chat, place, thread)
    slack.workspace.faults.add(Fault("chat.update", error=word))
    for _ in range(3):
        await chat.end_reply(posted, ANSWER)
        assert says_the_answer(place, thread) == [True]


async def test_an_end_that_slack_did_not_hear_of_is_said_again(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    posted = await begun(chat, place, thread)
    slack.workspace.faults.add(Fault("chat.stopStream", status=503, times=3))
    with pytest.raises(ChatError) as failure:
        await chat.end_reply(posted, ANSWER)
    assert failure.value.passing
    await chat.end_reply(posted, ANSWER)
    assert says_the_answer(place, thread) == [True]


# ── what people said ─────────────────────────────────────────────────────────────────────────────


async def test_those_speak_who_wrote_in_the_channel_itself_lately(
    slack: Slack, chat: SlackChat, place: Channel, thread: str
) -> None:
    ws = slack.workspace
    before = datetime.now(UTC)
    messages.post(ws, place, LEE.slack_id, Draft("in a thread", thread_ts=thread))
    messages.post(ws, place, BOT_USER, Draft("a bot"))
    messages.system(ws, place, LEE.slack_id, "channel_topic", "set the topic")
    assert await chat.said_since(place.id, before) == {}
    said = messages.post(ws, place, LEE.slack_id, Draft("mine"))
    messages.post(ws, place, DANA.slack_id, Draft("and mine", thread_ts=said.ts, broadcast=True))
    messages.edit(ws, place, LEE.slack_id, said, Draft("mine, I say"))
    assert set((await chat.said_since(place.id, before)).values()) == {LEE.slack_id}
    earlier = await chat.said_since(place.id, before - timedelta(hours=1))
    assert set(earlier.values()) == {LEE.slack_id, DANA.slack_id}
