"""Every call: its token, its scopes, its limits, and the faults that a test arms."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.faults import Fault
from playground.slack.rates import REAL
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER

BEGAN = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)


class Clock:
    now = BEGAN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[Slack]:
    async with running(SlackSettings(), clock=clock) as running_slack:
        yield running_slack


def client(slack: Slack, token: str | None = None) -> AsyncWebClient:
    bot_token = slack.workspace.settings.bot_token
    return AsyncWebClient(bot_token if token is None else token, base_url=slack.api_url, retry_handlers=[])


async def answer(slack: Slack, method: str, **request) -> dict:
    async with httpx.AsyncClient(base_url=slack.api_url, trust_env=False) as http:
        return (await http.post(method, **request)).json()


async def refused(call) -> dict:
    with pytest.raises(SlackApiError) as caught:
        await call
    return {**caught.value.response.data, "headers": caught.value.response.headers}


# ── tokens and scopes ────────────────────────────────────────────────────────────────────────────


async def test_a_token_is_wanted_known_alive_and_of_the_right_kind(slack: Slack):
    assert (await answer(slack, "auth.test"))["error"] == "not_authed"
    assert (await refused(client(slack, "xoxb-wrong").auth_test()))["error"] == "invalid_auth"
    app_token = slack.workspace.settings.app_token
    assert (await refused(client(slack, app_token).auth_test()))["error"] == "not_allowed_token_type"
    connect = client(slack).apps_connections_open(app_token=slack.workspace.settings.bot_token)
    assert (await refused(connect))["error"] == "not_allowed_token_type"
    slack.workspace.revoke(slack.workspace.settings.bot_token)
    assert (await refused(client(slack).auth_test()))["error"] == "token_revoked"


async def test_a_token_counts_in_a_form_but_not_in_json(slack: Slack):
    token = slack.workspace.settings.bot_token
    assert (await answer(slack, "auth.test", data={"token": token}))["ok"] is True
    assert (await answer(slack, "auth.test", json={"token": token}))["error"] == "not_authed"


async def test_a_missing_scope_is_named_with_those_that_are_there(slack: Slack):
    slack.workspace.add_token("xoxb-poor", BOT_USER, ["users:read", "channels:read"])
    told = await refused(client(slack, "xoxb-poor").conversations_create(name="inc-a"))
    assert (told["error"], told["needed"], told["provided"]) == (
        "missing_scope",
        "channels:manage",
        "channels:read,users:read",
    )
    assert told["headers"]["X-OAuth-Scopes"] == "channels:read,users:read"
    assert told["headers"]["X-Accepted-OAuth-Scopes"] == "channels:manage"


async def test_an_address_needs_its_own_scope(slack: Slack):
    slack.workspace.add_token("xoxb-poor", BOT_USER, ["users:read"])
    user = (await client(slack, "xoxb-poor").users_info(user="U000000YOU"))["user"]
    assert "email" not in user["profile"]
    assert (await client(slack).users_info(user="U000000YOU"))["user"]["profile"]["email"] == "you@example.com"


# ── the shape of a call ──────────────────────────────────────────────────────────────────────────


async def test_calls_that_cannot_be_read_are_refused(slack: Slack):
    sent = {"headers": {"Content-Type": "application/json"}}
    assert (await answer(slack, "api.test", content="{", **sent))["error"] == "invalid_json"
    assert (await answer(slack, "api.test", content="[]", **sent))["error"] == "json_not_object"
    assert (await answer(slack, "api.test", content="x", headers={"Content-Type": "text/x"}))["error"] == (
        "invalid_post_type"
    )
    assert (await refused(client(slack).api_call("chat.sing")))["error"] == "unknown_method"
    told = await refused(client(slack).api_call("conversations.info"))
    assert told["error"] == "invalid_arguments"
    assert told["response_metadata"]["messages"] == ["[ERROR] missing required field: channel"]


async def test_query_form_and_json_say_the_same(slack: Slack):
    headers = {"Authorization": f"Bearer {slack.workspace.settings.bot_token}"}
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": "é & <b>"}}]
    args = {"channel": "#general", "text": "é & <b>"}
    as_json = await answer(slack, "chat.postMessage", json=args | {"blocks": blocks}, headers=headers)
    with_text = args | {"blocks": json.dumps(blocks)}
    as_form = await answer(slack, "chat.postMessage", data=with_text, headers=headers)
    as_query = await answer(slack, "chat.postMessage", params=with_text, headers=headers)
    said = [posted["message"] for posted in (as_json, as_form, as_query)]
    assert [message["text"] for message in said] == ["é & <b>"] * 3
    assert said[0]["blocks"] == said[1]["blocks"] == said[2]["blocks"]


async def test_blocks_in_broken_json_are_refused(slack: Slack):
    told = await refused(client(slack).api_call("chat.postMessage", params={"channel": "#general", "blocks": "[{"}))
    assert told["error"] == "invalid_blocks_format"


# ── limits ───────────────────────────────────────────────────────────────────────────────────────


async def test_there_is_no_limit_unless_one_is_set(slack: Slack):
    for _ in range(30):
        await client(slack).conversations_list()


async def test_posting_is_one_a_second_for_each_channel(slack: Slack, clock: Clock):
    slack.workspace.meter.rates.update(REAL)
    bot = client(slack)
    await bot.chat_postMessage(channel="#general", text="1")
    await bot.chat_postMessage(channel="#incidents", text="1")
    told = await refused(bot.chat_postMessage(channel="#general", text="2"))
    assert (told["error"], told["headers"]["Retry-After"]) == ("ratelimited", "1")
    clock.now += timedelta(seconds=1)
    await bot.chat_postMessage(channel="#general", text="2")


async def test_creating_is_twenty_a_minute_and_says_when_to_come_back(slack: Slack, clock: Clock):
    slack.workspace.meter.rates.update(REAL)
    for number in range(20):
        await client(slack).conversations_create(name=f"inc-{number}")
        clock.now += timedelta(seconds=1)
    told = await refused(client(slack).conversations_create(name="inc-20"))
    assert (told["error"], told["headers"]["Retry-After"]) == ("ratelimited", "40")
    clock.now += timedelta(seconds=40)
    await client(slack).conversations_create(name="inc-20")


# ── faults ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_fault_bites_as_often_as_it_says_and_only_its_method(slack: Slack):
    slack.workspace.faults.add(Fault("chat.*", error="fatal_error", times=2))
    bot = client(slack)
    for _ in range(2):
        assert (await refused(bot.chat_postMessage(channel="#general", text="x")))["error"] == "fatal_error"
        await bot.auth_test()
    await bot.chat_postMessage(channel="#general", text="x")


async def test_a_limit_on_purpose_is_sat_out_by_the_client(slack: Slack):
    slack.workspace.faults.add(Fault("auth.test", error="ratelimited", status=429, retry_after=0))
    bot = client(slack)
    bot.retry_handlers = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)]
    assert (await bot.auth_test())["ok"] is True


async def test_html_in_place_of_json(slack: Slack):
    slack.workspace.faults.add(Fault("auth.test", status=503))
    with pytest.raises(SlackApiError) as caught:
        await client(slack).auth_test()
    assert caught.value.response.status_code == 503


async def test_a_lost_answer_leaves_its_work_done(slack: Slack):
    slack.workspace.faults.add(Fault("chat.postMessage", drop=True, when="after"))
    with pytest.raises(aiohttp.ClientError):
        await client(slack).chat_postMessage(channel="#general", text="said")
    general = slack.workspace.named("general")
    assert general
    assert [message.text for message in general.messages.values()] == ["said"]


async def test_a_dropped_call_leaves_nothing(slack: Slack):
    slack.workspace.faults.add(Fault("chat.postMessage", drop=True))
    with pytest.raises(aiohttp.ClientError):
        await client(slack).chat_postMessage(channel="#general", text="said")
    general = slack.workspace.named("general")
    assert general
    assert not general.messages


async def test_a_slow_answer_meets_the_clients_patience(slack: Slack):
    slack.workspace.faults.add(Fault("auth.test", delay=30.0))
    impatient = AsyncWebClient(slack.workspace.settings.bot_token, base_url=slack.api_url, timeout=0.05)
    with pytest.raises(TimeoutError):
        await impatient.auth_test()


def test_secrets_are_not_in_the_settings_repr():
    settings = SlackSettings(bot_token="xoxb-1", app_token="xapp-1", signing_secret="sign-1")
    assert not any(secret in repr(settings) for secret in ("xoxb-1", "xapp-1", "sign-1"))
