"""Messages, marks and files through the real client, with every refusal in Slack's own word."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack import messages
from playground.slack.messages import Draft
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.world import Person

DANA = Person("U000000DANA", "dana", "Dana Okafor", "dana@example.com")
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with running(SlackSettings(), [DANA]) as running_slack:
        yield running_slack


@pytest.fixture
def bot(slack: Slack) -> AsyncWebClient:
    return AsyncWebClient(slack.workspace.settings.bot_token, base_url=slack.api_url)


@pytest.fixture
async def place(bot: AsyncWebClient) -> str:
    return (await bot.conversations_create(name="inc-a"))["channel"]["id"]


def says(slack: Slack, place: str, text: str, thread: str | None = None) -> str:
    """Dana says something; gives back its ts."""
    channel = slack.workspace.channel(place)
    return messages.post(slack.workspace, channel, DANA.slack_id, Draft(text, thread_ts=thread)).ts


async def refusal(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_metadata_is_kept_through_an_edit_and_shown_when_asked_for(bot: AsyncWebClient, place: str):
    key = {"event_type": "briefing", "event_payload": {"key": "INC-1"}}
    posted = await bot.chat_postMessage(channel=place, text="first", blocks=[SECTION], metadata=key)
    await bot.chat_update(channel=place, ts=posted["ts"], text="second")
    plain = (await bot.conversations_history(channel=place))["messages"][0]
    full = (await bot.conversations_history(channel=place, include_all_metadata=True))["messages"][0]
    assert (plain["text"], "blocks" in plain, "metadata" in plain) == ("second", False, False)
    assert full["metadata"] == key
    assert full["edited"]["user"] == full["user"]


async def test_bad_metadata_is_refused(bot: AsyncWebClient, place: str):
    for bad in ({"event_type": "x"}, {"event_type": 1, "event_payload": {}}):
        word = await refusal(bot.chat_postMessage(channel=place, text="x", metadata=bad))
        assert word == "invalid_metadata_format"


async def test_text_has_limits_and_an_update_takes_less_than_a_post(bot: AsyncWebClient, place: str):
    posted = await bot.chat_postMessage(channel=place, text="x" * 40_000)
    assert await refusal(bot.chat_postMessage(channel=place, text="x" * 40_001)) == "msg_too_long"
    await bot.chat_update(channel=place, ts=posted["ts"], text="x" * 4_000)
    assert await refusal(bot.chat_update(channel=place, ts=posted["ts"], text="x" * 4_001)) == "msg_too_long"
    assert await refusal(bot.api_call("chat.postMessage", json={"channel": place})) == "no_text"


async def test_only_ones_own_messages_can_be_changed(slack: Slack, bot: AsyncWebClient, place: str):
    slack.workspace.channel(place).members.append(DANA.slack_id)
    hers = says(slack, place, "mine")
    assert await refusal(bot.chat_update(channel=place, ts=hers, text="x")) == "cant_update_message"
    assert await refusal(bot.chat_delete(channel=place, ts=hers)) == "cant_delete_message"
    assert await refusal(bot.chat_update(channel=place, ts="1.000000", text="x")) == "message_not_found"
    own = await bot.chat_postMessage(channel=place, text="own")
    await bot.chat_delete(channel=place, ts=own["ts"])
    assert await refusal(bot.chat_delete(channel=place, ts=own["ts"])) == "message_not_found"


async def test_posting_needs_a_channel_that_is_open_to_the_bot(slack: Slack, bot: AsyncWebClient):
    general = slack.workspace.named("general")
    assert general
    assert (await bot.chat_postMessage(channel="#general", text="from outside"))["channel"] == general.id
    scopes = slack.workspace.settings.bot_scopes - {"chat:write.public"}
    slack.workspace.add_token("xoxb-less", slack.workspace.tokens[bot.token].user_id, scopes)
    less = AsyncWebClient("xoxb-less", base_url=slack.api_url)
    assert await refusal(less.chat_postMessage(channel=general.id, text="x")) == "not_in_channel"
    assert await refusal(bot.chat_postMessage(channel="C404", text="x")) == "channel_not_found"
    general.archived = True
    assert await refusal(bot.chat_postMessage(channel=general.id, text="x")) == "is_archived"


async def test_a_thread_holds_its_replies_apart(bot: AsyncWebClient, place: str):
    head = (await bot.chat_postMessage(channel=place, text="head"))["ts"]
    for number in range(3):
        await bot.chat_postMessage(channel=place, text=f"reply {number}", thread_ts=head)
    shown = (await bot.conversations_history(channel=place))["messages"][0]
    assert (shown["text"], shown["reply_count"], shown["thread_ts"]) == ("head", 3, head)
    texts: list[str] = []
    async for page in await bot.conversations_replies(channel=place, ts=head, limit=2):
        texts += [message["text"] for message in page["messages"]]
    assert texts == ["head", "reply 0", "reply 1", "reply 2"]
    reply = (await bot.conversations_replies(channel=place, ts=head))["messages"][1]
    alone = (await bot.conversations_replies(channel=place, ts=reply["ts"]))["messages"]
    assert [(message["text"], message["thread_ts"]) for message in alone] == [("reply 0", head)]
    assert await refusal(bot.conversations_replies(channel=place, ts="1.000000")) == "thread_not_found"
    assert await refusal(bot.chat_postMessage(channel=place, text="x", thread_ts="1.000000")) == "thread_not_found"


async def test_a_thread_head_that_is_deleted_leaves_its_replies(bot: AsyncWebClient, place: str):
    head = (await bot.chat_postMessage(channel=place, text="head"))["ts"]
    await bot.chat_postMessage(channel=place, text="reply", thread_ts=head)
    await bot.chat_delete(channel=place, ts=head)
    shown = (await bot.conversations_history(channel=place))["messages"][0]
    assert (shown["subtype"], shown["reply_count"]) == ("tombstone", 1)


async def test_history_comes_newest_first_in_pages_that_new_messages_do_not_shift(bot: AsyncWebClient, place: str):
    stamps = [(await bot.chat_postMessage(channel=place, text=str(n)))["ts"] for n in range(5)]
    first = await bot.conversations_history(channel=place, limit=2)
    await bot.chat_postMessage(channel=place, text="later")
    cursor = first["response_metadata"]["next_cursor"]
    second = await bot.conversations_history(channel=place, limit=2, cursor=cursor)
    assert [m["text"] for m in [*first["messages"], *second["messages"]]] == ["4", "3", "2", "1"]
    assert (first["has_more"], second["has_more"]) == (True, True)
    between = await bot.conversations_history(channel=place, oldest=stamps[1], latest=stamps[3])
    assert [m["text"] for m in between["messages"]] == ["2"]
    ends = await bot.conversations_history(channel=place, oldest=stamps[1], latest=stamps[3], inclusive=True)
    assert [m["text"] for m in ends["messages"]] == ["3", "2", "1"]
    assert await refusal(bot.conversations_history(channel=place, oldest="yesterday")) == "invalid_ts_oldest"
    assert await refusal(bot.conversations_history(channel=place, cursor="?")) == "invalid_cursor"


async def test_reactions_are_counted_and_each_person_reacts_once(slack: Slack, bot: AsyncWebClient, place: str):
    ts = (await bot.chat_postMessage(channel=place, text="x"))["ts"]
    item = {"channel": place, "timestamp": ts}
    await bot.reactions_add(name="white_check_mark", **item)
    assert await refusal(bot.reactions_add(name="white_check_mark", **item)) == "already_reacted"
    assert await refusal(bot.reactions_add(name="no_such_emoji", **item)) == "invalid_name"
    channel = slack.workspace.channel(place)
    messages.react(slack.workspace, channel, DANA.slack_id, channel.messages[ts], "white_check_mark")
    shown = (await bot.reactions_get(**item))["message"]["reactions"]
    assert [(r["name"], r["count"]) for r in shown] == [("white_check_mark", 2)]
    await bot.reactions_remove(name="white_check_mark", **item)
    assert await refusal(bot.reactions_remove(name="white_check_mark", **item)) == "no_reaction"
    missing = {"channel": place, "timestamp": "1.000000"}
    assert await refusal(bot.reactions_add(name="eyes", **missing)) == "message_not_found"
    assert await refusal(bot.reactions_add(name="eyes", channel=place, timestamp="")) == "no_item_specified"


async def test_a_message_holds_23_different_emoji(bot: AsyncWebClient, place: str):
    from playground.slack.emoji import table

    ts = (await bot.chat_postMessage(channel=place, text="x"))["ts"]
    for name in list(table())[:23]:
        await bot.reactions_add(channel=place, timestamp=ts, name=name)
    assert await refusal(bot.reactions_add(channel=place, timestamp=ts, name=list(table())[23])) == "too_many_emoji"


async def test_a_message_is_pinned_once(bot: AsyncWebClient, place: str):
    ts = (await bot.chat_postMessage(channel=place, text="x"))["ts"]
    await bot.pins_add(channel=place, timestamp=ts)
    assert await refusal(bot.pins_add(channel=place, timestamp=ts)) == "already_pinned"
    assert [pin["message"]["ts"] for pin in (await bot.pins_list(channel=place))["items"]] == [ts]
    await bot.pins_remove(channel=place, timestamp=ts)
    assert await refusal(bot.pins_remove(channel=place, timestamp=ts)) == "no_pin"
    assert await refusal(bot.pins_add(channel=place, timestamp="1.000000")) == "message_not_found"


async def test_marks_need_membership(slack: Slack, bot: AsyncWebClient):
    general = slack.workspace.named("general")
    assert general
    ts = says(slack, general.id, "x")
    assert await refusal(bot.reactions_add(channel=general.id, timestamp=ts, name="eyes")) == "not_in_channel"
    assert await refusal(bot.pins_add(channel=general.id, timestamp=ts)) == "not_in_channel"


async def test_a_whisper_reaches_one_person_and_no_history(slack: Slack, bot: AsyncWebClient, place: str):
    outsider = bot.chat_postEphemeral(channel=place, user=DANA.slack_id, text="psst")
    assert await refusal(outsider) == "user_not_in_channel"
    await bot.conversations_invite(channel=place, users=[DANA.slack_id])
    await bot.chat_postEphemeral(channel=place, user=DANA.slack_id, text="psst")
    assert [(w.text, w.ephemeral_to) for w in slack.workspace.whispers] == [("psst", DANA.slack_id)]
    history = (await bot.conversations_history(channel=place))["messages"]
    assert "psst" not in [message["text"] for message in history]


async def test_a_picture_is_uploaded_in_three_steps(slack: Slack, bot: AsyncWebClient, place: str):
    head = (await bot.chat_postMessage(channel=place, text="head"))["ts"]
    picture = b"\x89PNG\r\n\x1a\n not much of a picture"
    done = await bot.files_upload_v2(
        filename="chart.png", content=picture, title="Errors", alt_txt="a curve", channel=place, thread_ts=head
    )
    reply = (await bot.conversations_replies(channel=place, ts=head))["messages"][1]
    assert (reply["files"][0]["id"], reply["files"][0]["title"]) == (done["file"]["id"], "Errors")
    assert reply["files"][0]["mimetype"] == "image/png"
    assert slack.workspace.files[done["file"]["id"]].content == picture


async def test_an_upload_of_another_length_and_a_file_that_never_came_are_refused(bot: AsyncWebClient, place: str):
    asked = await bot.files_getUploadURLExternal(filename="a.png", length=3)
    upload = bot._upload_file(url=asked["upload_url"], data=b"four", logger=bot.logger, timeout=5, proxy=None, ssl=None)
    assert (await upload).status == 400
    files = [{"id": asked["file_id"], "title": "a"}]
    assert await refusal(bot.files_completeUploadExternal(files=files, channel_id=place)) == "file_not_found"
    with pytest.raises(SlackRequestError):
        await bot.files_upload_v2(filename="a.png", channel=place)


async def test_a_permalink_leads_to_the_page(slack: Slack, bot: AsyncWebClient, place: str):
    ts = (await bot.chat_postMessage(channel=place, text="x"))["ts"]
    link = (await bot.chat_getPermalink(channel=place, message_ts=ts))["permalink"]
    assert link == f"{slack.url}archives/{place}/p{ts.replace('.', '')}"
    assert await refusal(bot.chat_getPermalink(channel=place, message_ts="1.0")) == "message_not_found"


async def test_an_answer_is_streamed_into_a_thread(slack: Slack, bot: AsyncWebClient, place: str):
    head = (await bot.chat_postMessage(channel=place, text="why?"))["ts"]
    to = {"recipient_user_id": DANA.slack_id, "recipient_team_id": "T0PLAYGRND"}
    stream = await bot.chat_stream(channel=place, thread_ts=head, buffer_size=1, **to)
    await stream.append(markdown_text="**Because** of ")
    await stream.append(markdown_text="v2.34.1")
    await stream.stop(blocks=[SECTION])
    answer = slack.workspace.channel(place).replies(head)[0]
    assert answer.text == "**Because** of v2.34.1"
    assert [block["type"] for block in answer.blocks] == ["markdown", "section"]
    late = bot.chat_appendStream(channel=place, ts=answer.ts, markdown_text="more")
    assert await refusal(late) == "message_not_in_streaming_state"
    nobody = bot.chat_startStream(channel=place, thread_ts=head)
    assert await refusal(nobody) == "missing_recipient_user_id"


def stream_to(slack: Slack) -> dict[str, str]:
    return {"recipient_user_id": DANA.slack_id, "recipient_team_id": "T0PLAYGRND"}


def task(id_: str, status: str, title: str = "Query metrics") -> dict[str, str]:
    return {"type": "task_update", "id": id_, "title": title, "status": status}


def words(text: str) -> dict[str, str]:
    return {"type": "markdown_text", "text": text}


async def streamed(slack: Slack, bot: AsyncWebClient, place: str, **more: Any) -> dict[str, str]:
    head = (await bot.chat_postMessage(channel=place, text="why?"))["ts"]
    started = await bot.chat_startStream(channel=place, thread_ts=head, **stream_to(slack), **more)
    return {"channel": place, "ts": started["ts"]}


async def test_tasks_of_a_stream_change_in_place_among_its_words(slack: Slack, bot: AsyncWebClient, place: str):
    at = await streamed(slack, bot, place, chunks=[task("a", "in_progress")])
    await bot.chat_appendStream(**at, chunks=[words("It is "), task("b", "in_progress", "Search logs")])
    await bot.chat_appendStream(**at, chunks=[task("a", "complete"), words("the gateway.")])
    answer = slack.workspace.channel(place).messages[at["ts"]]
    shown = [(block["type"], block.get("text") or (block["task_id"], block["status"])) for block in answer.blocks]
    assert shown == [
        ("task_card", ("a", "complete")),
        ("markdown", "It is "),
        ("task_card", ("b", "in_progress")),
        ("markdown", "the gateway."),
    ]


async def test_a_plan_holds_its_tasks_together(slack: Slack, bot: AsyncWebClient, place: str):
    at = await streamed(slack, bot, place, task_display_mode="plan", chunks=[task("a", "complete"), words("Done.")])
    await bot.chat_appendStream(**at, chunks=[{"type": "plan_update", "title": "Looking"}, task("b", "pending")])
    plan, text = slack.workspace.channel(place).messages[at["ts"]].blocks
    assert (plan["title"], [each["task_id"] for each in plan["tasks"]], text["text"]) == (
        "Looking",
        ["a", "b"],
        "Done.",
    )


async def test_an_open_stream_is_neither_edited_nor_deleted_and_tells_that_it_is_open(
    slack: Slack, bot: AsyncWebClient, place: str
):
    at = await streamed(slack, bot, place, chunks=[words("x")])
    assert await refusal(bot.chat_update(**at, text="y")) == "streaming_state_conflict"
    assert await refusal(bot.chat_delete(**at)) == "cant_delete_message"

    async def state() -> str:
        thread = slack.workspace.channel(place).messages[at["ts"]].thread_ts
        return (await bot.conversations_replies(channel=place, ts=thread))["messages"][1]["streaming_state"]

    assert await state() == "in_progress"
    await bot.chat_stopStream(**at, metadata={"event_type": "e", "event_payload": {"key": "k"}})
    assert await state() == "completed"
    await bot.chat_update(**at, text="y")
    assert await refusal(bot.chat_stopStream(**at)) == "message_not_in_streaming_state"


async def test_a_stream_takes_only_what_it_began_with(slack: Slack, bot: AsyncWebClient, place: str):
    in_chunks = await streamed(slack, bot, place, chunks=[words("x")])
    in_text = await streamed(slack, bot, place, markdown_text="x")
    neither = await streamed(slack, bot, place)
    await bot.chat_appendStream(**neither, chunks=[words("x")])
    for at in (in_chunks, neither):
        assert await refusal(bot.chat_appendStream(**at, markdown_text="y")) == "streaming_mode_mismatch"
    assert await refusal(bot.chat_appendStream(**in_text, chunks=[words("y")])) == "streaming_mode_mismatch"
    assert await refusal(bot.chat_appendStream(**in_text)) == "invalid_arguments"
    assert (
        await refusal(bot.chat_appendStream(**in_text, markdown_text="y", chunks=[words("y")])) == "invalid_arguments"
    )
    assert await refusal(bot.chat_appendStream(**in_text, markdown_text="y" * 12_000)) == "msg_too_long"


@pytest.mark.parametrize(
    "chunk",
    [
        task("a", "cancelled"),
        task("a", "complete", "x" * 257),
        {"type": "plan_update", "title": "x" * 257},
        {"type": "x"},
    ],
)
async def test_a_chunk_that_slack_does_not_know_is_refused(
    slack: Slack, bot: AsyncWebClient, place: str, chunk: dict[str, str]
):
    at = await streamed(slack, bot, place)
    assert await refusal(bot.chat_appendStream(**at, chunks=[chunk])) == "invalid_arguments"


async def test_slack_closes_a_stream_that_nobody_stops(slack: Slack, bot: AsyncWebClient, place: str):
    at = await streamed(slack, bot, place, chunks=[words("x")])
    began = slack.workspace.clock()
    slack.workspace.clock = lambda: began + timedelta(minutes=5)
    assert await refusal(bot.chat_appendStream(**at, chunks=[words("y")])) == "message_not_in_streaming_state"
    await bot.chat_update(**at, text="y")


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"recipient_team_id": ""}, "missing_recipient_team_id"),
        ({"recipient_user_id": ""}, "missing_recipient_user_id"),
        ({"task_display_mode": "board"}, "invalid_arguments"),
    ],
)
async def test_a_stream_needs_to_know_for_whom_and_how(
    slack: Slack, bot: AsyncWebClient, place: str, more: dict[str, str], word: str
):
    head = (await bot.chat_postMessage(channel=place, text="why?"))["ts"]
    asked = bot.chat_startStream(channel=place, thread_ts=head, **stream_to(slack) | more)
    assert await refusal(asked) == word


async def test_a_reply_to_a_reply_is_in_the_same_thread(bot: AsyncWebClient, place: str):
    head = (await bot.chat_postMessage(channel=place, text="head"))["ts"]
    reply = (await bot.chat_postMessage(channel=place, text="reply", thread_ts=head))["ts"]
    second = await bot.chat_postMessage(channel=place, text="second", thread_ts=reply)
    assert second["message"]["thread_ts"] == head
