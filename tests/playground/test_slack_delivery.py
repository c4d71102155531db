"""Events, commands and clicks reach a real Bolt app over Socket Mode and over signed HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from playground.serving import serving
from playground.slack import messages
from playground.slack.deliver import NotAcknowledged
from playground.slack.interactions import Click
from playground.slack.messages import Draft
from playground.slack.model import Channel
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER
from playground.world import Person

DANA = Person("U000000DANA", "dana", "Dana Okafor", "dana@example.com")
PATIENCE = 45.0
PLACES: dict[str, Any] = {"channels": ("general", "inc-a"), "bot_channels": ("inc-a",)}


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    settings = SlackSettings(ack_within=30.0, retry_after=(0.0, 0.0), **PLACES)
    async with running(settings, [DANA]) as running_slack:
        yield running_slack


@pytest.fixture
async def place(slack: Slack) -> Channel:
    """A channel with the bot and everybody in it from the start, so that nobody was seen joining."""
    found = slack.workspace.named("inc-a")
    assert found
    return found


def says(slack: Slack, place: Channel, text: str) -> str:
    return messages.post(slack.workspace, place, DANA.slack_id, Draft(text)).ts


def bolt(slack: Slack) -> tuple[AsyncApp, "asyncio.Queue[dict[str, Any]]"]:
    """An app that puts what it gets into a queue."""
    settings = slack.workspace.settings
    web = AsyncWebClient(settings.bot_token, base_url=slack.api_url)
    app = AsyncApp(client=web, signing_secret=settings.signing_secret)
    got: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def keep(body: dict[str, Any]) -> None:
        got.put_nowait(body)

    for event in ("message", "app_mention", "reaction_added", "reaction_removed", "member_joined_channel"):
        app.event(event)(keep)

    @app.command("/incident-action")
    async def command(ack, body) -> None:
        got.put_nowait(body)
        await ack(f"doing {body['text']}")

    @app.action("run")
    async def run(ack, body, respond) -> None:
        await ack()
        got.put_nowait(body)
        await respond(text="ran", replace_original=True)

    return app, got


@asynccontextmanager
async def socket_mode(slack: Slack) -> AsyncIterator["asyncio.Queue[dict[str, Any]]"]:
    app, got = bolt(slack)
    web = AsyncWebClient(slack.workspace.settings.app_token, base_url=slack.api_url)
    handler = AsyncSocketModeHandler(app, slack.workspace.settings.app_token, web_client=web)
    await handler.connect_async()
    try:
        yield got
    finally:
        await handler.close_async()


@asynccontextmanager
async def http_mode(slack: Slack) -> AsyncIterator["asyncio.Queue[dict[str, Any]]"]:
    app, got = bolt(slack)
    handler = AsyncSlackRequestHandler(app)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    async with serving(Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])) as url:
        await slack.set_request_url(f"{url}/slack/events")
        yield got


async def next_of(got: "asyncio.Queue[dict[str, Any]]", kind: str) -> dict[str, Any]:
    """The next delivery whose event (or body) is of this type."""
    async with asyncio.timeout(PATIENCE):
        while True:
            body = await got.get()
            if kind in (body.get("type"), body.get("event", {}).get("type"), body.get("command")):
                return body


@pytest.mark.parametrize("mode", [socket_mode, http_mode])
async def test_what_people_say_and_do_reaches_the_app(slack: Slack, place: Channel, mode):
    async with mode(slack) as got:
        ts = says(slack, place, f"<@{BOT_USER}> what changed?")
        mention = await next_of(got, "app_mention")
        assert (mention["event"]["channel"], mention["event"]["ts"]) == (place.id, ts)
        assert mention["authorizations"][0]["user_id"] == BOT_USER
        messages.react(slack.workspace, place, DANA.slack_id, place.messages[ts], "white_check_mark")
        reaction = (await next_of(got, "reaction_added"))["event"]
        assert reaction["item"] == {"type": "message", "channel": place.id, "ts": ts}
        assert (reaction["user"], reaction["reaction"], reaction["item_user"]) == (
            DANA.slack_id,
            "white_check_mark",
            DANA.slack_id,
        )
        messages.unreact(slack.workspace, place, DANA.slack_id, place.messages[ts], "white_check_mark")
        assert (await next_of(got, "reaction_removed"))["event"]["user"] == DANA.slack_id


@pytest.mark.parametrize("mode", [socket_mode, http_mode])
async def test_a_command_is_answered_to_the_one_who_typed_it(slack: Slack, place: Channel, mode):
    async with mode(slack) as got:
        await slack.interactions.command(DANA.slack_id, place, "/incident-action run payment-rollback")
        body = await next_of(got, "/incident-action")
    assert (body["text"], body["user_name"], body["channel_id"]) == ("run payment-rollback", "dana", place.id)
    whispered = slack.workspace.whispers[-1]
    assert (whispered.text, whispered.ephemeral_to) == ("doing run payment-rollback", DANA.slack_id)


@pytest.mark.parametrize("mode", [socket_mode, http_mode])
async def test_a_pressed_button_reaches_the_app_which_may_replace_the_message(slack: Slack, place: Channel, mode):
    run = {"type": "button", "action_id": "run", "value": "step-2", "text": {"type": "plain_text", "text": "Run"}}
    blocks = [{"type": "actions", "block_id": "gate", "elements": [run]}]
    gate = messages.post(slack.workspace, place, BOT_USER, Draft("gate", blocks))
    async with mode(slack) as got:
        await slack.interactions.click(DANA.slack_id, gate, Click("gate", "run"))
        body = await next_of(got, "block_actions")
        for _ in range(int(PATIENCE / 0.01)):
            if gate.text == "ran":
                break
            await asyncio.sleep(0.01)
    action = body["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("run", "gate", "step-2")
    assert (body["user"]["id"], body["container"]["message_ts"]) == (DANA.slack_id, gate.ts)
    assert (gate.text, gate.blocks) == ("ran", [])


async def test_every_event_has_its_own_id_and_only_the_bots_channels_speak(slack: Slack, place: Channel):
    general = slack.workspace.named("general")
    assert general
    async with socket_mode(slack) as got:
        says(slack, general, "unheard")
        for number in range(3):
            says(slack, place, str(number))
        bodies = [await next_of(got, "message") for _ in range(3)]
    assert [body["event"]["text"] for body in bodies] == ["0", "1", "2"]
    assert len({body["event_id"] for body in bodies}) == 3


async def test_an_event_without_its_scope_or_subscription_is_not_sent(slack: Slack, place: Channel):
    events = frozenset({"reaction_added", "message.channels"})
    few = SlackSettings(events=events, bot_scopes=frozenset({"reactions:read"}), **PLACES)
    async with running(few, [DANA]) as poor:
        there = poor.workspace.named("inc-a")
        assert there
        async with socket_mode(poor) as got:
            ts = says(poor, there, f"<@{BOT_USER}> hello")
            messages.react(poor.workspace, there, DANA.slack_id, there.messages[ts], "eyes")
            body = await asyncio.wait_for(got.get(), PATIENCE)
    assert body["event"]["type"] == "reaction_added"


# ── Socket Mode itself ───────────────────────────────────────────────────────────────────────────


async def raw_socket(slack: Slack, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    app_token = slack.workspace.settings.app_token
    opened = await AsyncWebClient(base_url=slack.api_url).apps_connections_open(app_token=app_token)
    socket = await session.ws_connect(opened["url"])
    assert (await socket.receive_json(timeout=PATIENCE))["type"] == "hello"
    return socket


async def test_an_event_that_is_not_acknowledged_comes_again_and_says_so():
    hasty = SlackSettings(ack_within=0.3, retry_after=(0.0,), **PLACES)
    async with running(hasty, [DANA]) as slack, aiohttp.ClientSession() as session:
        place = slack.workspace.named("inc-a")
        assert place
        socket = await raw_socket(slack, session)
        says(slack, place, "hello")
        first = await socket.receive_json(timeout=PATIENCE)
        second = await socket.receive_json(timeout=PATIENCE)
        await socket.send_json({"envelope_id": second["envelope_id"]})
        says(slack, place, "next")
        third = await socket.receive_json(timeout=PATIENCE)
        await socket.send_json({"envelope_id": third["envelope_id"]})
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert first["envelope_id"] != second["envelope_id"]
    assert (first["retry_attempt"], second["retry_attempt"], second["retry_reason"]) == (0, 1, "timeout")
    assert third["payload"]["event"]["text"] == "next"


async def test_an_event_waits_for_an_app_that_was_away(slack: Slack, place: Channel):
    says(slack, place, "said while it was away")
    async with socket_mode(slack) as got:
        assert (await next_of(got, "message"))["event"]["text"] == "said while it was away"


async def test_the_app_comes_back_when_its_socket_is_refreshed(slack: Slack, place: Channel):
    async with socket_mode(slack) as got:
        await asyncio.wait_for(slack.socket_mode.connected(), PATIENCE)
        await slack.socket_mode.refresh("refresh_requested")
        await asyncio.wait_for(slack.socket_mode.connected(), PATIENCE)
        says(slack, place, "still there?")
        assert (await next_of(got, "message"))["event"]["text"] == "still there?"


async def test_a_ticket_opens_one_socket(slack: Slack):
    app_token = slack.workspace.settings.app_token
    opened = await AsyncWebClient(base_url=slack.api_url).apps_connections_open(app_token=app_token)
    async with aiohttp.ClientSession() as session:
        first = await session.ws_connect(opened["url"])
        assert (await first.receive_json(timeout=PATIENCE))["num_connections"] == 1
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(opened["url"])


async def test_deliveries_go_down_each_socket_in_turn(slack: Slack, place: Channel):
    async with aiohttp.ClientSession() as session:
        sockets = [await raw_socket(slack, session) for _ in range(2)]
        for number, socket in enumerate(sockets):
            says(slack, place, str(number))
            told = await socket.receive_json(timeout=PATIENCE)
            await socket.send_json({"envelope_id": told["envelope_id"]})
            assert told["payload"]["event"]["text"] == str(number)


# ── signed HTTP itself ───────────────────────────────────────────────────────────────────────────


async def test_a_request_url_must_answer_the_challenge(slack: Slack):
    async def silent(request: Request) -> Response:
        return PlainTextResponse("ok")

    async with serving(Starlette(routes=[Route("/", silent, methods=["POST"])])) as url:
        with pytest.raises(NotAcknowledged, match="challenge"):
            await slack.set_request_url(f"{url}/")
    with pytest.raises(NotAcknowledged, match="connection_failed"):
        await slack.set_request_url(f"{url}/")


async def test_a_wrong_signature_is_refused_by_the_app_and_the_event_sent_again(place: Channel, slack: Slack):
    seen: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    app = AsyncApp(client=AsyncWebClient("xoxb-1", base_url=slack.api_url), signing_secret="another secret")
    handler = AsyncSlackRequestHandler(app)

    async def endpoint(request: Request) -> Response:
        answer = await handler.handle(request)
        seen.put_nowait({**request.headers, "status": str(answer.status_code)})
        return answer

    async with serving(Starlette(routes=[Route("/", endpoint, methods=["POST"])])) as url:
        with pytest.raises(NotAcknowledged, match="http_error"):
            await slack.set_request_url(f"{url}/")
        told = await asyncio.wait_for(seen.get(), PATIENCE)
    assert told["status"] == "401"
    assert told["x-slack-signature"].startswith("v0=")


async def test_an_event_is_posted_again_with_the_number_of_the_try(slack: Slack, place: Channel):
    tries: asyncio.Queue[tuple[str | None, str | None]] = asyncio.Queue()

    async def endpoint(request: Request) -> Response:
        body = await request.json()
        if body["type"] == "url_verification":
            return PlainTextResponse(body["challenge"])
        tries.put_nowait((request.headers.get("x-slack-retry-num"), request.headers.get("x-slack-retry-reason")))
        return PlainTextResponse("no", 500)

    async with serving(Starlette(routes=[Route("/", endpoint, methods=["POST"])])) as url:
        await slack.set_request_url(f"{url}/")
        says(slack, place, "hello")
        told = [await asyncio.wait_for(tries.get(), PATIENCE) for _ in range(3)]
    assert told == [(None, None), ("1", "http_error"), ("2", "http_error")]
