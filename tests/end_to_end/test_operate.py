"""The bot in the hands of those who run it: doctor, health, stopping, a database that is away, a Slack that is slow."""

import asyncio
import os
import signal
import sqlite3
from pathlib import Path

import httpx
import pytest

from playground.slack.faults import Fault
from playground.slack.messages import Draft
from playground.slack.messages import post as post_as
from playground.terminal import as_text
from tests.end_to_end.watch import briefed, briefing, channel_of, incident_channels, said_by_bot, until, warm

EXIT_S = 25.0
"""A byte comes every 0.2 s, and the upload would take half an hour."""


async def post(town, alert, **more):
    async with httpx.AsyncClient(timeout=20) as client:
        headers = {"authorization": f"Bearer {town.env['GENERIC_WEBHOOK_TOKEN']}"} | more
        return await client.post(f"{town.bot.url}/webhooks/alert", json=alert, headers=headers)


async def test_doctor_finds_all_well_and_names_what_is_off(open_town):
    async with open_town(start=False) as town:
        code, printed = await town.bot.run("doctor")
        assert code == 0, printed
        for line in (
            "✓ database",
            "✓ slack ",
            "✓ slack events",
            "✓ prometheus",
            "✓ elasticsearch",
            "✓ github",
            "✓ pagerduty",
            "✓ chromadb",
            "✓ runbooks",
        ):
            assert line in printed, (line, printed)
        assert "· webhook grafana" in printed
        assert "GRAFANA_WEBHOOK_TOKEN" in printed


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, ("invalid_auth", "SLACK_BOT_TOKEN")),
        ({"SLACK_BOT_TOKEN": ""}, ("SLACK_BOT_TOKEN is not set",)),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, ("SLACK_APP_TOKEN",)),
        ({"SLACK_API_URL": "http://127.0.0.1:9/api/"}, ("SLACK_API_URL",)),
        ({"SLACK_INCIDENTS_CHANNEL": "C0NOTHERE"}, ("channel_not_found",)),
        ({"PROMETHEUS_TOKEN": "wrong"}, ("PROMETHEUS_TOKEN",)),
        ({"ELASTICSEARCH_API_KEY": "wrong"}, ("ELASTICSEARCH_API_KEY",)),
        ({"GITHUB_TOKEN": "wrong"}, ("GITHUB_TOKEN",)),
        ({"PAGERDUTY_API_KEY": "wrong"}, ("PAGERDUTY_API_KEY",)),
        ({"EXTRA_CA_FILE": "/nowhere/ca.pem"}, ("EXTRA_CA_FILE",)),
        ({"ALERTMANAGER_WEBHOOK_TOKEN": "", "GENERIC_WEBHOOK_TOKEN": ""}, ("no alert can come in",)),
        ({"SERVICES_FILE": "/nowhere/services.yaml"}, ("SERVICES_FILE",)),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite"}, ("DATABASE_URL",)),
        ({"DATABASE_URL": "mysql://x"}, ("sqlite:///path or postgresql://",)),
        ({"HTTP_PORT": "many"}, ("HTTP_PORT",)),
    ],
)
async def test_doctor_names_each_fault_with_its_fix_and_never_a_secret(open_town, broken, told):
    async with open_town(start=False, **broken) as town:
        code, printed = await town.bot.run("doctor")
        assert code == 1, printed
        for words in told:
            assert words in printed, printed
        assert "Traceback" not in printed
        for name in ("SLACK_BOT_TOKEN", "GITHUB_TOKEN", "PAGERDUTY_API_KEY", "ELASTICSEARCH_API_KEY"):
            value = town.env[name]
            assert not value or value not in printed or value == "wrong"


@pytest.mark.parametrize(
    ("method", "check"), [("apps.connections.open", "✗ slack events"), ("conversations.info", "✗ slack channel")]
)
async def test_doctor_says_it_where_slack_goes_away_in_between(open_town, method, check):
    async with open_town(start=False) as town:
        town.slack.workspace.faults.add(Fault(method, drop=True, times=None))
        code, printed = await town.bot.run("doctor")
        assert code == 1
        assert "Traceback" not in printed
        assert f"{check}" in printed
        assert "no answer" in printed


def is_there(path):
    return Path(path).exists()


def content(path):
    return Path(path).read_bytes()


async def test_doctor_looks_at_the_database_and_leaves_it_as_it_is(open_town):
    async with open_town(start=False) as town:
        path = town.env["DATABASE_URL"].removeprefix("sqlite:///")
        assert "not there yet: serve creates it" in (await town.bot.run("doctor"))[1]
        assert not is_there(path)

        sqlite3.connect(path).close()
        assert "writable and empty" in (await town.bot.run("doctor"))[1]
        assert content(path) == b""

        with sqlite3.connect(path, isolation_level=None) as old:
            old.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            old.execute("INSERT INTO alembic_version VALUES ('0000')")
        before = content(path)
        code, printed = await town.bot.run("doctor")
        assert code == 0
        assert "! database" in printed
        assert "revision 0000" in printed
        assert "serve will bring it to" in printed
        assert content(path) == before

        with sqlite3.connect(path, isolation_level=None) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            assert "✗ database" in (await town.bot.run("doctor"))[1]


async def test_health_and_readiness_are_about_the_database_alone(open_town):
    dead = "http://127.0.0.1:9"
    async with (
        open_town(SLACK_API_URL=f"{dead}/api/", PROMETHEUS_URL=dead) as town,
        httpx.AsyncClient(base_url=town.bot.url, timeout=30) as client,
    ):
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).json() == {"ready": True}
        assert "first_response_time_seconds" in (await client.get("/metrics")).text


async def test_a_database_that_cannot_be_written_is_503_and_nothing_is_lost_once_it_can(open_town):
    async with open_town() as town:
        path = town.env["DATABASE_URL"].removeprefix("sqlite:///")
        with sqlite3.connect(path, isolation_level=None) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            refused = await post(town, {"title": "Slow", "service": "held"})
            holder.execute("ROLLBACK")
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert (await post(town, {"title": "Slow", "service": "held"})).status_code == 202
        await briefed(town, "held")
        assert len(incident_channels(town)) == 1


async def test_sigterm_finishes_what_is_in_hand(open_town):
    async with open_town() as town:
        await warm(town)
        await town.director.start("wrong-endpoint")
        await until(lambda: channel_of(town, "payment-service"), what="the channel")
        code = await town.bot.stop()
        assert code == 0
        assert "v2.34.1" in briefing(channel_of(town, "payment-service"))
        assert "Traceback" not in town.bot.log.read_text()


async def test_without_a_channel_in_time_the_headline_goes_to_the_incidents_channel_and_moves_later(open_town):
    async with open_town(CHANNEL_TIMEOUT_S="0.5") as town:
        town.slack.workspace.faults.add(Fault("conversations.create", delay=3.0, error="ratelimited", status=None))
        await town.director.start("wrong-endpoint")
        incidents = town.slack.workspace.named("incidents")
        first = await until(lambda: next(iter(said_by_bot(incidents)), None), what="the headline in #incidents")
        assert "payment-service" in str(first.blocks)
        assert not incident_channels(town)
        text = await briefed(town, "payment-service")
        assert "v2.34.1" in text
        channel = channel_of(town, "payment-service")
        await until(lambda: f"<#{channel.id}>" in str(first.blocks), what="the pointer to the channel")
        assert len(said_by_bot(incidents)) == 1


async def test_slack_is_away_for_a_while_and_everything_is_said_once_afterwards(open_town):
    async with open_town() as town:
        town.slack.workspace.faults.add(Fault("*", status=503, times=12))
        await town.director.start("wrong-endpoint")
        await briefed(town, "payment-service")
        channel = channel_of(town, "payment-service")
        await until(lambda: channel.pins, what="the pin")
        assert len(incident_channels(town)) == 1
        assert len(said_by_bot(channel)) == 1


QUESTIONS = {
    "why?": "v2.34.1",
    "what changed?": "alice",
    "how bad is it": "23.4 %",
    "seen before?": "othing",
    "who is on call": "Dana",
    "tell me a joke": "I don't know",
}


async def test_people_are_answered_from_the_evidence(open_town):
    async with open_town() as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, "payment-service")
        channel, slack = channel_of(town, "payment-service"), town.slack
        you = slack.workspace.settings.you.slack_id
        channel.members.append(you)
        await slack.interactions.command(you, channel, "/incident-action")
        await whispered(slack, "rollback-deployment")
        await slack.interactions.command(you, channel, "/incident-action rollback-deployment")
        await whispered(slack, "kubectl rollout undo")

        thread = said_by_bot(channel)[0].ts
        for question, words in QUESTIONS.items():
            asked = post_as(slack.workspace, channel, you, Draft(text=question, thread_ts=thread))
            answer = await until(lambda asked=asked: _answer(channel, asked), what=f"an answer to {question}")
            assert words in as_text(answer), (question, as_text(answer))
        assert "no model was used" in as_text(answer)


async def whispered(slack, words):
    """To the command; before it the bot may say that it takes longer."""
    await until(lambda: any(words in as_text(said) for said in slack.workspace.whispers), what=words)


def _answer(channel, asked):
    """The bot's answer behind a question, once it is whole; the chart may come in between."""
    behind = (m for m in channel.replies(asked.thread_ts) if m.bot_id and m.ts > asked.ts)
    return next((m for m in behind if "no model was used" in as_text(m)), None)


async def test_slack_can_reach_the_bot_by_signed_http_too(open_town):
    async with open_town(SLACK_APP_TOKEN="") as town:
        slack = town.slack
        await slack.set_request_url(f"{town.bot.url}/slack/events")
        you, general = slack.workspace.settings.you.slack_id, slack.workspace.named("general")
        await slack.interactions.command(you, general, "/incident-action")
        await whispered(slack, "No incident is open")

        async with httpx.AsyncClient(timeout=30) as client:
            forged = await client.post(f"{town.bot.url}/slack/events", data={"command": "/incident-action"})
        assert forged.status_code == 401


async def trickle(town):
    """An upload that goes on byte by byte until the bot answers; the head of its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(town.bot.url.rpartition(":")[2]))
    head = ("POST /webhooks/alert HTTP/1.1", "Host: bot", f"Authorization: Bearer {town.env['GENERIC_WEBHOOK_TOKEN']}")
    writer.write("\r\n".join((*head, "Content-Type: application/json", "Content-Length: 9999", "", "{")).encode())
    answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))  # not to its end: what is sent meanwhile resets it
    while not answer.done():
        writer.write(b" ")
        await asyncio.wait({answer}, timeout=0.2)
    writer.close()
    return await answer


async def closed(url):
    """Waits until nobody listens there any more."""
    for _ in range(200):
        try:
            async with httpx.AsyncClient() as client:  # a new connection each time: open ones are served on
                await client.get(f"{url}/healthz")
        except httpx.TransportError:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the bot goes on listening")


@pytest.mark.parametrize("signals", [1, 2])
async def test_a_slow_upload_does_not_hold_up_the_exit(open_town, signals):
    async with open_town() as town:
        slow = asyncio.create_task(trickle(town))
        async with httpx.AsyncClient(timeout=30) as client:  # it connects after the upload: that one is in hand by then
            await client.get(f"{town.bot.url}/healthz")
        if signals == 2:
            os.kill(town.bot.pid, signal.SIGTERM)
            await closed(town.bot.url)
        async with asyncio.timeout(EXIT_S):
            assert await town.bot.stop() == 0
            assert b" 503 " in await slow
        assert "Traceback" not in town.bot.log.read_text()


async def test_a_wrong_setting_ends_serve_with_one_sentence(open_town):
    async with open_town(start=False, HTTP_PORT="many") as town:
        code, printed = await town.bot.run("serve")
        assert code == 1
        assert "HTTP_PORT" in printed
        assert "Traceback" not in printed
