"""Channels through the real client: what can be done, and every refusal in Slack's own word."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack import channels, limits
from playground.slack.errors import SlackError
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER
from playground.world import Person

ALICE = Person("U00000ALICE", "alice", "Alice Moreau", "alice@example.com")
DANA = Person("U000000DANA", "dana", "Dana Okafor", "dana@example.com")


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with running(SlackSettings(), [ALICE, DANA]) as running_slack:
        yield running_slack


@pytest.fixture
def bot(slack: Slack) -> AsyncWebClient:
    return AsyncWebClient(slack.workspace.settings.bot_token, base_url=slack.api_url)


@pytest.fixture
def alice(slack: Slack) -> AsyncWebClient:
    scopes = slack.workspace.settings.bot_scopes | {"channels:write"}
    slack.workspace.add_token("xoxp-alice", ALICE.slack_id, scopes)
    return AsyncWebClient("xoxp-alice", base_url=slack.api_url)


async def refusal(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def created(bot: AsyncWebClient, name: str = "inc-a") -> str:
    return (await bot.conversations_create(name=name))["channel"]["id"]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("", "invalid_name_required"),
        ("x" * 81, "invalid_name_maxlength"),
        ("inc.payment", "invalid_name_specials"),
        ("inc payment", "invalid_name_specials"),
        ("Inc-Payment", "invalid_name_specials"),
        ("<!channel>", "invalid_name_specials"),
        ("--__", "invalid_name_punctuation"),
    ],
)
async def test_a_bad_channel_name_is_refused(bot: AsyncWebClient, name: str, word: str):
    assert await refusal(bot.conversations_create(name=name)) == word


@given(st.text(max_size=100))
def test_a_name_that_passes_keeps_to_the_rules(name: str):
    try:
        assert limits.channel_name(name) == name
    except SlackError as refused:
        assert refused.code.startswith("invalid_name_")
        return
    assert 1 <= len(name) <= 80
    assert name == name.lower()
    assert not set(name) & set(" .,<>@#!&/")


async def test_a_taken_name_is_refused_even_when_the_channel_is_archived(bot: AsyncWebClient):
    channel = await created(bot)
    assert await refusal(bot.conversations_create(name="inc-a")) == "name_taken"
    await bot.conversations_archive(channel=channel)
    assert await refusal(bot.conversations_create(name="inc-a")) == "name_taken"


async def test_the_creator_is_in_and_purpose_and_topic_are_kept(bot: AsyncWebClient):
    channel = await created(bot)
    await bot.conversations_setPurpose(channel=channel, purpose="INC-ABC «ü» & more")
    await bot.conversations_setTopic(channel=channel, topic="SEV1")
    info = (await bot.conversations_info(channel=channel))["channel"]
    assert info["purpose"]["value"] == "INC-ABC «ü» & more"
    assert info["topic"] == {"value": "SEV1", "creator": BOT_USER, "last_set": info["topic"]["last_set"]}
    assert info["creator"] == BOT_USER
    assert info["is_member"] is True
    assert (await bot.conversations_members(channel=channel))["members"] == [BOT_USER]


async def test_a_topic_or_purpose_of_251_characters_is_refused(bot: AsyncWebClient):
    channel = await created(bot)
    await bot.conversations_setTopic(channel=channel, topic="x" * 250)
    assert await refusal(bot.conversations_setTopic(channel=channel, topic="x" * 251)) == "too_long"
    assert await refusal(bot.conversations_setPurpose(channel=channel, purpose="x" * 251)) == "too_long"


async def test_outsiders_and_archives_are_refused(slack: Slack, bot: AsyncWebClient, alice: AsyncWebClient):
    channel = await created(alice, "alices")
    assert await refusal(bot.conversations_setTopic(channel=channel, topic="x")) == "not_in_channel"
    assert await refusal(bot.conversations_history(channel=channel)) == "not_in_channel"
    assert await refusal(bot.conversations_invite(channel=channel, users=[DANA.slack_id])) == "not_in_channel"
    await bot.conversations_join(channel=channel)
    assert await refusal(bot.conversations_rename(channel=channel, name="mine")) == "not_authorized"
    await alice.conversations_archive(channel=channel)
    assert await refusal(bot.conversations_setTopic(channel=channel, topic="x")) == "is_archived"
    assert await refusal(bot.conversations_invite(channel=channel, users=[DANA.slack_id])) == "is_archived"
    assert await refusal(bot.conversations_join(channel=channel)) == "is_archived"
    assert await refusal(alice.conversations_archive(channel=channel)) == "already_archived"
    await alice.conversations_unarchive(channel=channel)
    assert await refusal(alice.conversations_unarchive(channel=channel)) == "not_archived"


async def test_unknown_channels_and_people_are_refused(bot: AsyncWebClient):
    assert await refusal(bot.conversations_info(channel="C404")) == "channel_not_found"
    channel = await created(bot)
    assert await refusal(bot.conversations_invite(channel=channel, users=["U404"])) == "user_not_found"
    assert await refusal(bot.conversations_invite(channel=channel, users=[])) == "no_user"
    assert await refusal(bot.conversations_invite(channel=channel, users=[BOT_USER])) == "cant_invite_self"
    assert await refusal(bot.conversations_kick(channel=channel, user=BOT_USER)) == "cant_kick_self"
    assert await refusal(bot.conversations_kick(channel=channel, user=DANA.slack_id)) == "not_in_channel"


async def test_one_who_is_in_already_refuses_the_whole_invitation_unless_forced(bot: AsyncWebClient):
    channel = await created(bot)
    await bot.conversations_invite(channel=channel, users=[ALICE.slack_id])
    both = [ALICE.slack_id, DANA.slack_id]
    with pytest.raises(SlackApiError) as caught:
        await bot.conversations_invite(channel=channel, users=both)
    assert caught.value.response["error"] == "already_in_channel"
    assert caught.value.response["errors"][0]["user"] == ALICE.slack_id
    assert DANA.slack_id not in (await bot.conversations_members(channel=channel))["members"]
    await bot.conversations_invite(channel=channel, users=both, force=True)
    assert DANA.slack_id in (await bot.conversations_members(channel=channel))["members"]


async def test_joining_twice_is_a_warning(bot: AsyncWebClient):
    channel = await created(bot)
    assert (await bot.conversations_join(channel=channel))["warning"] == "already_in_channel"


async def test_a_private_channel_is_invisible_to_others(slack: Slack, bot: AsyncWebClient):
    hidden = channels.create(slack.workspace, ALICE.slack_id, "secret", "private")
    assert await refusal(bot.conversations_info(channel=hidden.id)) == "missing_scope"
    slack.workspace.add_token("xoxb-all", BOT_USER, ["groups:read", "channels:read"])
    reader = AsyncWebClient("xoxb-all", base_url=slack.api_url)
    assert await refusal(reader.conversations_info(channel=hidden.id)) == "channel_not_found"


async def test_the_list_comes_in_pages_and_leaves_out_archived_ones(bot: AsyncWebClient):
    for number in range(5):
        last = await created(bot, f"inc-{number}")
    await bot.conversations_archive(channel=last)
    names: list[str] = []
    async for page in await bot.conversations_list(limit=2, exclude_archived=True):
        assert len(page["channels"]) <= 2
        names += [channel["name"] for channel in page["channels"]]
    assert names == ["general", "incidents", "inc-0", "inc-1", "inc-2", "inc-3"]
    assert await refusal(bot.conversations_list(cursor="nonsense")) == "invalid_cursor"
    assert await refusal(bot.conversations_list(limit=0)) == "invalid_limit"
    assert await refusal(bot.conversations_list(types="moon")) == "invalid_types"


async def test_a_direct_conversation_is_opened_once(bot: AsyncWebClient):
    first = await bot.conversations_open(users=[DANA.slack_id])
    again = await bot.conversations_open(users=[DANA.slack_id])
    assert first["channel"]["id"] == again["channel"]["id"]
    posted = await bot.chat_postMessage(channel=DANA.slack_id, text="hello")
    assert posted["channel"] == first["channel"]["id"]
    assert await refusal(bot.conversations_open(users=[])) == "users_list_not_supplied"


async def test_people_are_found_by_id_and_address(bot: AsyncWebClient):
    assert (await bot.users_lookupByEmail(email="DANA@example.com"))["user"]["id"] == DANA.slack_id
    assert await refusal(bot.users_lookupByEmail(email="nobody@example.com")) == "users_not_found"
    assert await refusal(bot.users_info(user="U404")) == "user_not_found"
    members = (await bot.users_list())["members"]
    assert {"alice", "dana", "you", "pia", "first-responder", "slackbot"} == {member["name"] for member in members}
    me = await bot.auth_test()
    assert (me["user_id"], (await bot.bots_info(bot=me["bot_id"]))["bot"]["user_id"]) == (BOT_USER, BOT_USER)
