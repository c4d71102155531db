"""The chat against a Slack on a socket: once is once, crashes find what they left, limits and faults are met."""

import asyncio
import functools
import gc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.domain.briefing import Briefing, Section
from bot.domain.incident import Channel, Posted
from bot.ports import ChatError
from bot.slack.blocks import render
from bot.slack.channels import Channels
from bot.slack.chat import SlackChat
from bot.slack.files import Files, Sheet
from bot.slack.posts import Posts
from bot.slack.scopes import SCOPES
from bot.slack.standing import REMEMBERED
from bot.slack.web import Web
from playground.serving import serving
from playground.slack import channels as in_slack
from playground.slack import messages as spoken
from playground.slack.cast import WIM
from playground.slack.faults import Fault
from playground.slack.messages import Draft
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.world import Person

NAME = "inc-payment-service-1121-0342"
DANA = Person("U00DANA", "dana", "Dana Dale", "dana@example.com")
LEE = Person("U000LEE", "lee", "Lee Loo", "lee@example.com")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
SMALL = Briefing("plain", "*head*", (Section(("line",), title="Now"),), "foot")


def long_briefing(lines: int) -> Briefing:
    return Briefing("plain", "*head*", (Section(tuple(f"line {n} " + "x" * 90 for n in range(lines)), title="Log"),))


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    settings = SlackSettings(bot_scopes=frozenset(SCOPES))
    async with running(settings, people=(DANA, LEE)) as server:
        yield server


def connect(slack: Slack, token: str | None = None, age: float = 0.0) -> SlackChat:
    """A fresh process of the bot: it knows nothing of what was said before. `age`: its clock is that far ahead."""
    web = Web(token or slack.workspace.settings.bot_token, slack.api_url)
    return SlackChat(web, str, Channels(web, now=lambda: datetime.now(UTC).timestamp() + age, patience_s=0.05))


@pytest.fixture
async def chat(slack: Slack) -> AsyncIterator[SlackChat]:
    door = connect(slack)
    yield door
    await door.close()


def bot_id(slack: Slack) -> str:
    return next(user.id for user in slack.workspace.users.values() if user.bot_id)


def names(slack: Slack) -> list[str]:
    return sorted(channel.name for channel in slack.workspace.channels.values() if channel.name.startswith("inc-"))


def said(slack: Slack, channel_id: str, thread: str | None = None) -> list[str]:
    """First lines of what the bot said there."""
    return [
        "\n".join(b["text"]["text"] for b in message.blocks if b["type"] == "section")
        for message in slack.workspace.channels[channel_id].messages.values()
        if message.blocks and (message.thread_ts if thread else None) == thread and (thread or not message.is_reply)
    ]


# ── channels ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_channel_holds_its_incident_in_the_purpose(slack: Slack, chat: SlackChat) -> None:
    channel = await chat.open_channel(NAME, "INC-A")
    assert channel.name == NAME
    assert "INC-A" in slack.workspace.channels[channel.id].purpose["value"]


async def test_the_channel_of_a_storm_says_so_and_one_of_the_version_before_is_found(
    slack: Slack, chat: SlackChat
) -> None:
    channel = await chat.open_channel("inc-storm", "STORM-A")
    there = slack.workspace.channels[channel.id]
    assert there.purpose["value"] == "Storm STORM-A, opened by First Responder"
    in_slack.set_purpose(slack.workspace, there, bot_id(slack), "Incident STORM-A, opened by First Responder")
    other = connect(slack)
    assert await other.open_channel("inc-storm", "STORM-A") == channel
    await other.close()


async def test_the_same_incident_gets_its_channel_again_also_from_another_process(
    slack: Slack, chat: SlackChat
) -> None:
    first = await chat.open_channel(NAME, "INC-A")
    other = connect(slack)
    assert await chat.open_channel(NAME, "INC-A") == first
    assert await other.open_channel(NAME, "INC-A") == first
    assert names(slack) == [NAME]
    await other.close()


async def test_another_incident_of_that_name_gets_the_next_number(slack: Slack, chat: SlackChat) -> None:
    opened = await asyncio.gather(*(chat.open_channel(NAME, f"INC-{letter}") for letter in "ABC"))
    assert sorted(channel.name for channel in opened) == [NAME, f"{NAME}-2", f"{NAME}-3"]
    assert await chat.open_channel(NAME, "INC-C") == opened[2]


async def test_a_channel_that_somebody_else_made_is_left_alone_whatever_its_purpose_says(
    slack: Slack, chat: SlackChat
) -> None:
    theirs = in_slack.create(slack.workspace, DANA.slack_id, NAME)
    in_slack.join(slack.workspace, theirs, bot_id(slack))
    in_slack.set_purpose(slack.workspace, theirs, DANA.slack_id, "Incident INC-A, opened by First Responder")
    assert (await chat.open_channel(NAME, "INC-A")).name == f"{NAME}-2"


async def test_an_archived_channel_is_left_alone(slack: Slack, chat: SlackChat) -> None:
    first = await chat.open_channel(NAME, "INC-A")
    in_slack.archive(slack.workspace, slack.workspace.channels[first.id], bot_id(slack))
    assert (await chat.open_channel(NAME, "INC-A")).name == f"{NAME}-2"


async def test_a_crash_between_creating_and_naming_leaves_a_channel_that_is_taken_over(
    slack: Slack, chat: SlackChat
) -> None:
    orphan = in_slack.create(slack.workspace, bot_id(slack), NAME)
    assert (await chat.open_channel(NAME, "INC-A")).id == orphan.id
    assert "INC-A" in orphan.purpose["value"]


async def test_an_old_channel_without_a_purpose_is_left_alone(slack: Slack) -> None:
    in_slack.create(slack.workspace, bot_id(slack), NAME)
    late = connect(slack, age=700)
    assert (await late.open_channel(NAME, "INC-A")).name == f"{NAME}-2"
    await late.close()


async def test_a_channel_that_another_replica_is_about_to_name_is_not_taken_from_it(slack: Slack) -> None:
    theirs = in_slack.create(slack.workspace, bot_id(slack), NAME)

    def now() -> float:
        """Asked when the empty purpose has been seen: the other replica names its channel a moment later."""
        purpose = "Incident INC-A, opened by First Responder"
        name_it = functools.partial(in_slack.set_purpose, slack.workspace, theirs, bot_id(slack), purpose)
        asyncio.get_running_loop().call_later(0.05, name_it)
        return datetime.now(UTC).timestamp() - 1.0  # Slack's clock is ahead of ours

    web = Web(slack.workspace.settings.bot_token, slack.api_url)
    chat = SlackChat(web, str, Channels(web, now=now, patience_s=0.4))
    assert (await chat.open_channel(NAME, "INC-B")).name == f"{NAME}-2"
    await chat.close()


async def test_two_incidents_of_one_process_never_share_a_channel_however_slow_slack_is(
    slack: Slack, chat: SlackChat
) -> None:
    slack.workspace.faults.add(Fault("conversations.setPurpose", delay=0.3))
    first, second = await asyncio.gather(chat.open_channel(NAME, "INC-A"), chat.open_channel(NAME, "INC-B"))
    assert (first.name, second.name) == (NAME, f"{NAME}-2")


async def test_an_answer_that_was_lost_makes_no_second_channel(slack: Slack, chat: SlackChat) -> None:
    slack.workspace.faults.add(Fault("conversations.create", drop=True, when="after"))
    with pytest.raises(ChatError) as lost:
        await chat.open_channel(NAME, "INC-A")
    assert (lost.value.code, lost.value.passing) == ("unreachable", True)
    assert (await chat.open_channel(NAME, "INC-A")).name == NAME
    assert names(slack) == [NAME]


async def test_a_missing_scope_is_named_and_not_passing(slack: Slack) -> None:
    slack.workspace.add_token("xoxb-poor", bot_id(slack), ["chat:write"])
    poor = connect(slack, "xoxb-poor")
    with pytest.raises(ChatError) as refusal:
        await poor.open_channel(NAME, "INC-A")
    assert (refusal.value.code, refusal.value.passing) == ("missing_scope", False)
    await poor.close()


# ── messages ─────────────────────────────────────────────────────────────────────────────────────


async def home(chat: SlackChat) -> Channel:
    return await chat.open_channel(NAME, "INC-A")


async def test_a_post_is_one_call_and_is_found_by_its_key_from_anywhere(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    slack.workspace.faults.add(Fault("conversations.*", error="fatal_error", times=None))
    posted = await chat.post(channel.id, SMALL, key="INC-A:1:briefing")
    slack.workspace.faults.clear()
    other = connect(slack)
    assert await other.find(channel.id, "INC-A:1:briefing") == posted
    assert await other.find(channel.id, "INC-A:2:briefing") is None
    await other.close()


async def test_a_reply_is_found_in_its_thread(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    head = await chat.post(channel.id, SMALL, key="head")
    reply = await chat.post(channel.id, SMALL, key="reply", thread=head.ts)
    assert await chat.find(channel.id, "reply", thread=head.ts) == reply
    assert await chat.find(channel.id, "reply") is None


async def test_a_key_that_somebody_else_copied_is_not_the_bots(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    ws = slack.workspace
    in_slack.join(ws, ws.channels[channel.id], DANA.slack_id)
    forged = {"event_type": "first_responder", "event_payload": {"key": "INC-A:1:briefing"}}
    spoken.post(ws, ws.channels[channel.id], DANA.slack_id, Draft("mine", metadata=forged))
    assert await chat.find(channel.id, "INC-A:1:briefing") is None


async def test_a_message_is_found_behind_many_others(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    posted = await chat.post(channel.id, SMALL, key="first")
    ws = slack.workspace
    in_slack.join(ws, ws.channels[channel.id], DANA.slack_id)
    for number in range(450):
        spoken.post(ws, ws.channels[channel.id], DANA.slack_id, Draft(f"talk {number}"))
    assert await chat.find(channel.id, "first") == posted


async def test_an_edit_says_it_instead(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    posted = await chat.post(channel.id, SMALL, key="k")
    await chat.edit(posted, Briefing("p", "new head"))
    assert said(slack, channel.id) == ["new head"]
    assert await chat.find(channel.id, "k") == posted


async def test_an_edit_that_changes_nothing_is_not_sent(slack: Slack, chat: SlackChat) -> None:
    posted = await chat.post((await home(chat)).id, SMALL, key="k")
    slack.workspace.faults.add(Fault("chat.update", error="fatal_error", times=None))
    await chat.edit(posted, SMALL)


@pytest.mark.parametrize("restarts", [False, True])
async def test_what_does_not_fit_stands_in_the_thread_and_is_edited_there(
    slack: Slack, chat: SlackChat, restarts: bool
) -> None:
    channel = await home(chat)
    posted = await chat.post(channel.id, long_briefing(200), key="k")
    before = said(slack, channel.id, posted.ts)
    assert "line 199 " in before[-1]
    editor = connect(slack) if restarts else chat
    for lines, threads in ((210, len(before)), (60, 1), (3, 0), (100, 1), (100, 1)):
        await editor.edit(posted, long_briefing(lines))
        rest = said(slack, channel.id, posted.ts)
        assert len(rest) == threads
        assert f"line {lines - 1} " in (rest or said(slack, channel.id))[-1]
    if restarts:
        await editor.close()


async def test_the_thread_of_a_reply_is_the_thread_it_is_in(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    head = await chat.post(channel.id, SMALL, key="head")
    await chat.post(channel.id, long_briefing(60), key="reply", thread=head.ts)
    assert len(said(slack, channel.id, head.ts)) == 2


async def test_nothing_a_label_holds_is_refused_by_slack(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    worst = "<!channel> & `x` *b* \U0001f469\u200d\U0001f4bb e\u0301" * 400
    briefing = Briefing(worst, worst, (Section((worst,), title=worst), Section((worst,))), worst)
    posted = await chat.post(channel.id, briefing, key="k")
    await chat.edit(posted, Briefing(worst, worst, (Section((worst,)),), "foot"))


async def test_secrets_are_masked_at_the_door(slack: Slack) -> None:
    web = Web(slack.workspace.settings.bot_token, slack.api_url)
    chat = SlackChat(web, lambda text: text.replace("hunter2", "•••"))
    channel = await home(chat)
    secret = Briefing("hunter2", "hunter2", (Section(("hunter2",), title="hunter2", aside="hunter2"),), "hunter2")
    await chat.post(channel.id, secret, key="k")
    await chat.topic(channel.id, "hunter2")
    assert "hunter2" not in str([m.blocks for m in slack.workspace.channels[channel.id].messages.values()])
    assert slack.workspace.channels[channel.id].topic["value"] == "•••"
    await chat.close()


# ── the small chores ─────────────────────────────────────────────────────────────────────────────


async def test_a_topic_is_set_once(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    await chat.topic(channel.id, "SEV1 · HighErrorRate")
    other = connect(slack)
    await other.topic(channel.id, "SEV1 · HighErrorRate")
    await other.topic(channel.id, "resolved " + "x" * 400)
    messages = slack.workspace.channels[channel.id].messages.values()
    assert sum(message.subtype == "channel_topic" for message in messages) == 2
    await other.close()


async def test_a_message_can_be_pinned_twice(slack: Slack, chat: SlackChat) -> None:
    posted = await chat.post((await home(chat)).id, SMALL, key="k")
    await chat.pin(posted)
    await chat.pin(posted)
    assert list(slack.workspace.channels[posted.channel_id].pins) == [posted.ts]


async def test_people_are_invited_once_and_unknown_addresses_come_back(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    assert await chat.invite(channel.id, ["dana@example.com", "nobody@example.com"]) == ("nobody@example.com",)
    assert await chat.invite(channel.id, ["dana@example.com"]) == ()
    assert await chat.invite(channel.id, ["lee@example.com", "dana@example.com", "dana@example.com"]) == ()
    assert await chat.invite(channel.id, []) == ()
    assert {DANA.slack_id, LEE.slack_id} <= set(slack.workspace.channels[channel.id].members)


async def test_somebody_is_invited_by_id_beside_those_of_addresses_and_a_stranger_hinders_nobody(
    slack: Slack, chat: SlackChat
) -> None:
    channel = await home(chat)
    await chat.invite(channel.id, [DANA.email], [LEE.slack_id, DANA.slack_id, "U0GONE"])
    assert {DANA.slack_id, LEE.slack_id} <= set(slack.workspace.channels[channel.id].members)
    await chat.invite(channel.id, [], [LEE.slack_id])


async def test_a_picture_is_in_the_thread_once(slack: Slack, chat: SlackChat) -> None:
    posted = await chat.post((await home(chat)).id, SMALL, key="k")
    for _ in range(2):
        await chat.picture(posted, PNG, title="Errors", alt="a line", key="INC-A:1:chart")
    other = connect(slack)
    await other.picture(posted, PNG, title="Errors", alt="a line", key="INC-A:1:chart")
    replies = slack.workspace.channels[posted.channel_id].replies(posted.ts)
    assert [file.name for message in replies for file in message.files] == ["INC-A-1-chart.png"]
    await other.picture(posted, PNG, title="Errors", alt="a line", key="INC-A:2:chart")
    assert len(slack.workspace.channels[posted.channel_id].replies(posted.ts)) == 2
    await other.close()


async def test_a_file_is_in_the_thread_once_masked_and_never_empty(slack: Slack) -> None:
    web = Web(slack.workspace.settings.bot_token, slack.api_url)
    chat = SlackChat(web, lambda text: text.replace("hunter2", "•••"))
    posted = await chat.post((await home(chat)).id, SMALL, key="k")
    texts = {"output.txt": "pods \ud800 hunter2\n", "nothing.txt": ""}
    other = connect(slack)
    for name, text in texts.items():
        for _ in range(2):
            await chat.file(posted, text, name=name, title="hunter2", key="RUN-1:2")
        await other.file(posted, text, name=name, title="Output", key="RUN-1:2")
    replies = slack.workspace.channels[posted.channel_id].replies(posted.ts)
    files = [file for message in replies for file in message.files]
    assert [(file.name, file.title) for file in files] == [
        ("RUN-1-2-output.txt", "•••"),
        ("RUN-1-2-nothing.txt", "•••"),
    ]
    assert [file.content for file in files] == ["pods ? •••\n".encode(), b"(nothing)\n"]
    await chat.close()
    await other.close()


async def test_what_was_put_into_a_thread_is_forgotten_with_its_message(slack: Slack) -> None:
    web = Web(slack.workspace.settings.bot_token, slack.api_url)
    posts = Posts(web)
    files = Files(web, posts)
    head = await posts.post((await home(SlackChat(web, str))).id, render(SMALL), "k", None)
    posted = Posted(head.channel_id, head.ts)
    await files.put(posted, Sheet("RUN-1-2-output.txt", b"pods", "Output"))
    for number in range(REMEMBERED):
        await posts.took(Posted("C0ELSEWHERE", f"{number}.0"), f"{number}.0")
    assert [holder for holder in gc.get_referrers(posted) if isinstance(holder, tuple | dict)] == []
    await files.put(posted, Sheet("RUN-1-2-output.txt", b"pods", "Output"))
    (reply,) = slack.workspace.channels[posted.channel_id].replies(posted.ts)
    assert [file.name for file in reply.files] == ["RUN-1-2-output.txt"]
    await web.close()


# ── reactions ────────────────────────────────────────────────────────────────────────────────────


async def test_the_bots_reactions_stand_in_order_and_once(slack: Slack, chat: SlackChat) -> None:
    posted = await chat.post((await home(chat)).id, SMALL, key="k")
    await chat.react(posted, "x")
    await chat.react(posted, "white_check_mark", "x", "eyes")
    message = slack.workspace.channels[posted.channel_id].messages[posted.ts]
    assert list(message.reactions.items()) == [(name, [bot_id(slack)]) for name in ("x", "white_check_mark", "eyes")]
    assert await chat.reactions(posted) == {}


async def test_everybody_else_who_reacts_is_read_whatever_their_skin_tone(slack: Slack, chat: SlackChat) -> None:
    posted = await chat.post((await home(chat)).id, SMALL, key="k")
    channel = slack.workspace.channels[posted.channel_id]
    message = channel.messages[posted.ts]
    await chat.react(posted, "+1")
    crowd = [f"U{number}" for number in range(40)]
    for name, people in (
        ("+1", [DANA.slack_id, WIM.slack_id]),
        ("+1::skin-tone-3", [DANA.slack_id, LEE.slack_id]),
        ("x", crowd),
    ):
        for person in people:
            spoken.react(slack.workspace, channel, person, message, name)
    assert await chat.reactions(posted) == {"+1": (DANA.slack_id, WIM.slack_id, LEE.slack_id), "x": tuple(crowd)}
    spoken.unreact(slack.workspace, channel, DANA.slack_id, message, "+1")
    assert (await chat.reactions(posted))["+1"] == (WIM.slack_id, DANA.slack_id, LEE.slack_id)


@pytest.mark.parametrize("replied", [False, True])
async def test_reactions_of_a_message_that_is_gone_are_no_reactions_but_an_error(
    slack: Slack, chat: SlackChat, replied: bool
) -> None:
    posted = await chat.post((await home(chat)).id, SMALL, key="k")
    channel = slack.workspace.channels[posted.channel_id]
    if replied:
        await chat.post(channel.id, SMALL, key="reply", thread=posted.ts)
    spoken.delete(slack.workspace, channel, bot_id(slack), channel.messages[posted.ts])
    for reading in (chat.reactions(posted), chat.react(posted, "x")) if not replied else (chat.reactions(posted),):
        with pytest.raises(ChatError) as gone:
            await reading
        assert (gone.value.code, gone.value.passing) == ("message_not_found", False)


async def test_a_message_that_somebody_marked_is_read_with_its_author_its_link_and_who_marked_it(
    slack: Slack, chat: SlackChat
) -> None:
    """In a channel and in a thread; one of the bot's own has no author."""
    own = await chat.post((await home(chat)).id, SMALL, key="k")
    channel = slack.workspace.channels[own.channel_id]
    draft = spoken.Draft("the pool &amp; the &lt;b&gt;", thread_ts=own.ts)
    message = spoken.post(slack.workspace, channel, DANA.slack_id, draft)
    spoken.react(slack.workspace, channel, LEE.slack_id, message, "pushpin")
    marked = await chat.marked(Posted(own.channel_id, message.ts))
    assert (marked.user_id, marked.text) == (DANA.slack_id, "the pool &amp; the &lt;b&gt;")
    assert marked.reactions == {"pushpin": (LEE.slack_id,)}
    assert marked.link.startswith(f"{slack.url.rstrip('/')}/archives/{own.channel_id}/p{message.ts.replace('.', '')}")
    assert (await chat.marked(own)).user_id == ""


@pytest.mark.parametrize("name", ["white_check_mark", "x", "eyes"])
async def test_a_list_of_reactions_with_somebody_left_out_is_not_taken_for_the_list(slack: Slack, name: str) -> None:
    """The real one has been seen to leave people out; nobody can know whether one of them said no.

    A crowd with an emoji that says neither holds nothing up.
    """
    message = {"ts": "1.0", "reactions": [{"name": name, "count": 2, "users": ["U1"]}]}

    async def answer(request: Request) -> JSONResponse:
        auth = {"ok": True, "user_id": "U0BOT", "team_id": "T1"}
        return JSONResponse(auth if "auth" in request.url.path else {"ok": True, "message": message})

    async with serving(Starlette(routes=[Route("/api/{method}", answer, methods=["GET", "POST"])])) as url:
        chat = SlackChat(Web("xoxb", f"{url}/api/"), str)
        if name == "eyes":
            assert await chat.reactions(Posted("C1", "1.0")) == {"eyes": ("U1",)}
        else:
            with pytest.raises(ChatError) as incomplete:
                await chat.reactions(Posted("C1", "1.0"))
            assert (incomplete.value.code, incomplete.value.passing) == ("reactions_incomplete", True)
        await chat.close()


# ── to one person ────────────────────────────────────────────────────────────────────────────────


async def test_a_whisper_reaches_one_person_whole_and_masked(slack: Slack) -> None:
    web = Web(slack.workspace.settings.bot_token, slack.api_url)
    chat = SlackChat(web, lambda text: text.replace("hunter2", "•••"))
    channel = await home(chat)
    await chat.invite(channel.id, [DANA.email])
    head = await chat.post(channel.id, SMALL, key="k")
    await chat.whisper(channel.id, DANA.slack_id, Briefing("p", "hunter2", long_briefing(120).sections), head.ts)
    whispers = slack.workspace.whispers
    assert {(w.ephemeral_to, w.thread_ts) for w in whispers} == {(DANA.slack_id, head.ts)}
    everything = str([whisper.blocks for whisper in whispers])
    assert "line 119 " in everything
    assert "hunter2" not in everything
    await chat.close()


async def test_whoever_is_not_in_the_channel_gets_it_as_a_direct_message(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    await chat.whisper(channel.id, LEE.slack_id, Briefing("p", "not counted"))
    (direct,) = [c for c in slack.workspace.channels.values() if c.kind == "im"]
    assert (set(direct.members), said(slack, direct.id)) == ({LEE.slack_id, bot_id(slack)}, ["not counted"])
    assert slack.workspace.whispers == []


# ── faults ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_rate_limit_is_waited_for(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    slack.workspace.faults.add(Fault("chat.postMessage", status=429, error="ratelimited", retry_after=0, times=2))
    await chat.post(channel.id, SMALL, key="k")
    assert len(said(slack, channel.id)) == 1


async def test_a_rate_limit_without_end_is_given_back_as_passing(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    for after in (0, 3_600):
        limit = Fault("chat.postMessage", status=429, error="ratelimited", retry_after=after, times=None)
        slack.workspace.faults.add(limit)
        with pytest.raises(ChatError) as refusal:
            await chat.post(channel.id, SMALL, key="k")
        assert (refusal.value.code, refusal.value.passing) == ("ratelimited", True)
        slack.workspace.faults.clear()


@pytest.mark.parametrize("fault", [Fault("chat.update", status=503), Fault("chat.update", drop=True)])
async def test_slacks_own_faults_are_tried_again(slack: Slack, chat: SlackChat, fault: Fault) -> None:
    posted = await chat.post((await home(chat)).id, SMALL, key="k")
    slack.workspace.faults.add(fault)
    await chat.edit(posted, Briefing("p", "new"))
    assert said(slack, posted.channel_id) == ["new"]


@pytest.mark.parametrize("fault", [Fault("chat.postMessage", status=500), Fault("chat.postMessage", drop=True)])
async def test_a_post_is_not_repeated_unseen(slack: Slack, chat: SlackChat, fault: Fault) -> None:
    channel = await home(chat)
    slack.workspace.faults.add(fault)
    with pytest.raises(ChatError) as refusal:
        await chat.post(channel.id, SMALL, key="k")
    assert refusal.value.passing
    assert said(slack, channel.id) == []


async def test_a_lost_answer_is_found_again(slack: Slack, chat: SlackChat) -> None:
    channel = await home(chat)
    slack.workspace.faults.add(Fault("chat.postMessage", drop=True, when="after"))
    with pytest.raises(ChatError):
        await chat.post(channel.id, SMALL, key="k")
    assert await chat.find(channel.id, "k") is not None


async def test_nobody_there_is_passing_and_says_nothing_of_the_token() -> None:
    chat = SlackChat(Web("xoxb-very-secret", "http://127.0.0.1:9/api/"), str)
    with pytest.raises(ChatError) as refusal:
        await chat.edit(Posted("C1", "1.0"), SMALL)
    assert (refusal.value.code, refusal.value.passing) == ("unreachable", True)
    assert "secret" not in repr(refusal.value)
    await chat.close()


async def test_a_channel_that_is_gone_is_named(slack: Slack, chat: SlackChat) -> None:
    with pytest.raises(ChatError) as refusal:
        await chat.post("C000NONE", SMALL, key="k")
    assert (refusal.value.code, refusal.value.passing) == ("channel_not_found", False)


# ── the manifest ─────────────────────────────────────────────────────────────────────────────────


def test_the_manifest_asks_for_exactly_the_scopes_that_are_used() -> None:
    manifest = yaml.safe_load((Path(__file__).parents[2] / "slack-manifest.yaml").read_text())
    assert sorted(manifest["oauth_config"]["scopes"]["bot"]) == sorted(SCOPES)
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    events = {"app_mention", "message.channels", "reaction_added", "reaction_removed"}
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == events


async def test_what_carries_on_is_posted_by_the_next_try_where_it_failed(slack: Slack, chat: SlackChat) -> None:
    channel = await chat.open_channel(NAME, "INC-A")
    posted = await chat.post(channel.id, SMALL, key="k")
    long = long_briefing(300)
    slack.workspace.faults.add(Fault("chat.postMessage", error="fatal_error", status=None))
    with pytest.raises(ChatError):
        await chat.edit(posted, long)
    await chat.edit(posted, long)
    assert any("line 299" in text for text in said(slack, channel.id, posted.ts))


async def test_a_post_that_stands_only_in_part_is_made_whole_by_an_equal_edit(slack: Slack, chat: SlackChat) -> None:
    channel = await chat.open_channel(NAME, "INC-A")
    long = long_briefing(300)
    fault = Fault("chat.postMessage", error="fatal_error", status=None)
    stop_hearing = slack.workspace.hear(lambda _first: slack.workspace.faults.add(fault))
    with pytest.raises(ChatError):
        await chat.post(channel.id, long, key="k")
    stop_hearing()
    slack.workspace.faults.clear()
    posted = await chat.find(channel.id, "k")
    assert posted is not None
    await chat.edit(posted, long)
    assert any("line 299" in text for text in said(slack, channel.id, posted.ts))
