"""Commands, response URLs and modals: what the app may do with them, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack import channels, views
from playground.slack.errors import SlackError
from playground.slack.interactions import Click
from playground.slack.model import Channel
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER, SLACKBOT
from playground.world import Person

DANA = Person("U000000DANA", "dana", "Dana Okafor", "dana@example.com")
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "why",
    "title": {"type": "plain_text", "text": "Run step 2"},
    "submit": {"type": "plain_text", "text": "Run"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


class Clock:
    now = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[Slack]:
    async with running(SlackSettings(ack_within=30.0), [DANA], clock=clock) as running_slack:
        yield running_slack


@pytest.fixture
def bot(slack: Slack) -> AsyncWebClient:
    return AsyncWebClient(slack.workspace.settings.bot_token, base_url=slack.api_url)


@pytest.fixture
async def place(slack: Slack) -> Channel:
    channel = channels.create(slack.workspace, BOT_USER, "inc-a")
    channels.invite(slack.workspace, channel, BOT_USER, [DANA.slack_id])
    return channel


@pytest.fixture
async def app(slack: Slack, bot: AsyncWebClient) -> AsyncIterator[AsyncApp]:
    app = AsyncApp(client=bot)
    web = AsyncWebClient(slack.workspace.settings.app_token, base_url=slack.api_url)
    handler = AsyncSocketModeHandler(app, slack.workspace.settings.app_token, web_client=web)
    await handler.connect_async()
    yield app
    await handler.close_async()


async def refusal(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_a_command_that_nobody_knows_is_told_so(slack: Slack, place: Channel):
    await slack.interactions.command(DANA.slack_id, place, "/dance")
    told = slack.workspace.whispers[-1]
    assert (told.user, told.text.startswith("`/dance` is not a valid command")) == (SLACKBOT, True)


async def test_a_command_that_nobody_answers_is_told_so(place: Channel):
    async with running(SlackSettings(ack_within=0.01), [DANA]) as alone:
        incidents = alone.workspace.named("incidents")
        assert incidents
        await alone.interactions.command(DANA.slack_id, incidents, "/incident-action status")
        assert "operation_timeout" in alone.workspace.whispers[-1].text


async def test_an_answer_to_a_command_may_be_for_all(slack: Slack, place: Channel, app: AsyncApp):
    @app.command("/incident-action")
    async def command(ack) -> None:
        await ack(response_type="in_channel", text="for all")

    await slack.interactions.command(DANA.slack_id, place, "/incident-action status")
    assert list(place.messages.values())[-1].text == "for all"
    assert not slack.workspace.whispers


async def test_a_response_url_takes_five_answers_within_half_an_hour(
    slack: Slack, place: Channel, app: AsyncApp, clock: Clock
):
    urls: asyncio.Queue[str] = asyncio.Queue()

    @app.command("/incident-action")
    async def command(ack, body) -> None:
        await ack()
        urls.put_nowait(body["response_url"])

    for _ in range(2):
        await slack.interactions.command(DANA.slack_id, place, "/incident-action status")
    first, second = urls.get_nowait(), urls.get_nowait()
    async with httpx.AsyncClient(trust_env=False) as http:
        for number in range(5):
            assert (await http.post(first, json={"text": str(number)})).text == "ok"
        assert (await http.post(first, json={"text": "6"})).json()["error"] == "used_url"
        assert (await http.post(second, content="{")).json()["error"] == "invalid_payload"
        assert (await http.post(second, json={})).json()["error"] == "no_text"
        clock.now += timedelta(minutes=31)
        assert (await http.post(second, json={"text": "late"})).json()["error"] == "expired_url"
    assert [whisper.text for whisper in slack.workspace.whispers] == ["0", "1", "2", "3", "4"]


async def test_a_trigger_opens_one_modal_within_three_seconds(slack: Slack, bot: AsyncWebClient, clock: Clock):
    trigger = views.issue_trigger(slack.workspace, DANA.slack_id)
    opened = await bot.views_open(trigger_id=trigger, view=MODAL)
    assert opened["view"]["blocks"][0]["block_id"] == "reason"
    assert await refusal(bot.views_open(trigger_id=trigger, view=MODAL)) == "exchanged_trigger_id"
    assert await refusal(bot.views_open(trigger_id="1.2.x", view=MODAL)) == "invalid_trigger_id"
    late = views.issue_trigger(slack.workspace, DANA.slack_id)
    clock.now += timedelta(seconds=4)
    assert await refusal(bot.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"


async def test_an_update_needs_the_newest_hash(slack: Slack, bot: AsyncWebClient):
    trigger = views.issue_trigger(slack.workspace, DANA.slack_id)
    view = (await bot.views_open(trigger_id=trigger, view=MODAL))["view"]
    newer = (await bot.views_update(view_id=view["id"], hash=view["hash"], view=MODAL))["view"]
    assert (newer["id"], newer["hash"] != view["hash"]) == (view["id"], True)
    stale = bot.views_update(view_id=view["id"], hash=view["hash"], view=MODAL)
    assert await refusal(stale) == "hash_conflict"
    assert await refusal(bot.views_update(view_id="V404", view=MODAL)) == "not_found"


async def test_a_modal_is_sent_in_and_may_come_back_with_errors(slack: Slack, bot: AsyncWebClient, app: AsyncApp):
    @app.view("why")
    async def submitted(ack, view) -> None:
        said = view["state"]["values"]["reason"]["text"]["value"]
        if len(said) < 5:
            await ack(response_action="errors", errors={"reason": "Say a little more."})
        else:
            await ack()

    trigger = views.issue_trigger(slack.workspace, DANA.slack_id)
    view = (await bot.views_open(trigger_id=trigger, view=MODAL))["view"]["id"]

    def values(text: str) -> dict[str, Any]:
        return {"reason": {"text": {"type": "plain_text_input", "value": text}}}

    errors = await slack.interactions.submit(DANA.slack_id, view, values("no"))
    assert errors == {"reason": "Say a little more."}
    with pytest.raises(SlackError, match="not_found"):
        await slack.interactions.submit(slack.workspace.settings.you.slack_id, view, values("not mine"))
    assert await slack.interactions.submit(DANA.slack_id, view, values("errors since the deploy")) == {}
    assert view not in slack.workspace.views


@pytest.mark.parametrize(("multiline", "comes"), [(True, "first\nthen"), (False, "firstthen")])
async def test_a_box_of_one_line_loses_the_line_breaks(
    slack: Slack, bot: AsyncWebClient, app: AsyncApp, multiline: bool, comes: str
):
    said: list[str] = []

    @app.view("why")
    async def submitted(ack, view) -> None:
        said.append(view["state"]["values"]["reason"]["text"]["value"])
        await ack()

    (block,) = MODAL["blocks"]
    modal = MODAL | {"blocks": [block | {"element": block["element"] | {"multiline": multiline}}]}
    trigger = views.issue_trigger(slack.workspace, DANA.slack_id)
    view = (await bot.views_open(trigger_id=trigger, view=modal))["view"]["id"]
    values = {"reason": {"text": {"type": "plain_text_input", "value": "first\nthen"}}}
    assert await slack.interactions.submit(DANA.slack_id, view, values) == {}
    assert said == [comes]


async def test_slack_itself_asks_for_what_is_required_and_takes_faults_only_at_an_input(
    slack: Slack, bot: AsyncWebClient, app: AsyncApp
):
    asked: list[str] = []

    @app.view("why")
    async def submitted(ack) -> None:
        asked.append("app")
        await ack(response_action="errors", errors={"elsewhere": "wrong"})

    trigger = views.issue_trigger(slack.workspace, DANA.slack_id)
    view = (await bot.views_open(trigger_id=trigger, view=MODAL))["view"]["id"]
    empty = {"reason": {"text": {"type": "plain_text_input", "value": None}}}
    errors = await slack.interactions.submit(DANA.slack_id, view, empty)
    assert (errors, asked) == ({"reason": "Please complete this required field."}, [])
    full = {"reason": {"text": {"type": "plain_text_input", "value": "because"}}}
    with pytest.raises(SlackError, match="trouble_connecting"):
        await slack.interactions.submit(DANA.slack_id, view, full)
    assert view in slack.workspace.views


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"private_metadata": "x" * 3001}, "3001 characters"),
        ({"callback_id": "x" * 256}, "256 characters"),
        ({"channel": "C1"}, "invalid additional property: channel"),
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "25 characters"),
        ({"blocks": []}, "at least 1 items"),
    ],
)
async def test_a_modal_that_breaks_a_rule_is_refused(slack: Slack, bot: AsyncWebClient, change: Any, words: str):
    trigger = views.issue_trigger(slack.workspace, DANA.slack_id)
    with pytest.raises(SlackApiError) as caught:
        await bot.views_open(trigger_id=trigger, view=MODAL | change)
    assert caught.value.response["error"] == "invalid_arguments"
    assert words in str(caught.value.response["response_metadata"]["messages"])


async def test_what_one_person_sees_is_not_sent_along_with_their_click(
    slack: Slack, place: Channel, app: AsyncApp, bot: AsyncWebClient
):
    got: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.action("run")
    async def run(ack, body) -> None:
        await ack()
        got.put_nowait(body)

    button = {"type": "button", "action_id": "run", "text": {"type": "plain_text", "text": "Run"}}
    blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
    said = {"channel": place.id, "text": "x", "blocks": blocks}
    head = (await bot.chat_postMessage(**said))["ts"]
    await bot.chat_postMessage(**said, thread_ts=head)
    await bot.chat_postEphemeral(**said, user=DANA.slack_id)
    for message in (*place.replies(head), *slack.workspace.whispers):
        await slack.interactions.click(DANA.slack_id, message, Click("b", "run"))
    reply, whisper = await got.get(), await got.get()
    assert (reply["container"]["thread_ts"], reply["container"]["is_ephemeral"], "message" in reply) == (
        head,
        False,
        True,
    )
    assert (whisper["container"]["is_ephemeral"], "message" in whisper) == (True, False)
