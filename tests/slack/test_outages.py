"""Slack in trouble, over real sockets: the story goes on, and everything is said once, where people can see it."""

import asyncio
import time
from collections import Counter
from contextlib import asynccontextmanager

import pytest
import stamina
from structlog.testing import capture_logs

from bot.desk import Telling
from bot.domain.briefing import Briefing, Section
from bot.keep_current import catch_up
from bot.ports import ChatError
from bot.respond import respond
from bot.slack.channels import Channels
from bot.slack.chat import SlackChat
from bot.slack.ears import Ears, EarSettings
from bot.slack.governor import Governor
from bot.slack.rates import NONE
from bot.slack.scopes import SCOPES
from bot.slack.web import Web
from integrations.contract import OnCall
from integrations.trust import context as tls_context
from playground.slack import channels as in_slack
from playground.slack import messages as spoken
from playground.slack.faults import Fault
from playground.slack.messages import Draft
from playground.slack.serve import running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER
from playground.terminal import as_text
from playground.world import Person
from tests.end_to_end.watch import until
from tests.slack.ears import MadeUp
from tests.stories.incident_sample import series
from tests.stories.world import Life, Source, desk_with, fire, resolve, stopped

DANA = Person("U00DANA", "dana", "Dana Dale", "dana@example.com")
FOUND = (series("error_rate", 0.004, 0.2), OnCall(1, "Dana", "dana@example.com", None))


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=30):
        yield


@pytest.fixture
async def slack():
    settings = SlackSettings(bot_scopes=frozenset(SCOPES), ack_within=1.0, retry_after=(0.05,) * 40)
    async with running(settings, people=(DANA,)) as server:
        yield server


@asynccontextmanager
async def desk(slack, tmp_path, waits_for=None):
    """A desk whose chat is this Slack; its source answers at once, or when it may."""
    hours_pass_at_once = Governor(NONE, now=lambda: time.monotonic() * 1e8)
    web = Web(slack.workspace.settings.bot_token, slack.api_url, governor=hours_pass_at_once)
    chat = SlackChat(web, str, Channels(web, patience_s=0.05))
    incidents = slack.workspace.named("incidents").id
    try:
        source = Source("prometheus", *FOUND, waits_for=waits_for)
        async with desk_with(tmp_path, chat, source, incidents=incidents) as found:
            yield found
    finally:
        await chat.close()


@asynccontextmanager
async def telling(here, taken):
    """The story beside the test. Longer than elsewhere: it waits for Slack in truth."""

    async def tell():
        async with asyncio.timeout(40):
            await respond(Telling(here, taken.incident_id, taken.opening, may_stand=lambda: False), Life())

    story = asyncio.create_task(tell())
    try:
        yield story
    finally:
        await stopped(story)


def own(slack):
    """The channels that the bot opened, those that nobody can use any more too."""
    return [channel for channel in slack.workspace.channels.values() if channel.name.startswith("inc-")]


def said(channel, *, replies=False):
    """What the bot said there, by the end of its key."""
    told = [m for m in channel.messages.values() if m.bot_id and m.metadata and m.is_reply == replies]
    return [m.metadata["event_payload"]["key"].split(":", 1)[1] for m in told]


def text_of(channel, key="1:briefing"):
    (found,) = [m for m in channel.messages.values() if m.metadata and m.metadata["event_payload"]["key"].endswith(key)]
    return as_text(found)


def everything_stands_once(slack):
    (channel,) = own(slack)
    assert said(channel) == ["1:briefing"]
    assert "Errors" in text_of(channel)
    (line,) = said(slack.workspace.named("incidents"))
    assert line == "1:notice" or "moved to its own channel" in text_of(slack.workspace.named("incidents"))
    assert list(channel.pins) == [next(m.ts for m in channel.messages.values() if m.bot_id and m.blocks)]
    assert DANA.slack_id in channel.members
    assert [file.name for m in channel.messages.values() for file in m.files] != []
    assert sum(m.subtype == "channel_topic" for m in channel.messages.values()) == 1


# ── Slack is away, or says no to everything ──────────────────────────────────────────────────────

NO_ALPHABET = "gewartet wird für eine Stunde"
"""What no answer in ASCII holds."""
OUTAGES = {
    "answers 500": Fault("*", status=500, times=8),
    "answers 503 in JSON": Fault("*", status=503, error="service_unavailable", times=8),
    "answers with a web page": Fault("*", status=200, times=8),
    "answers with broken JSON": Fault("*", status=200, body='{"ok": tr', times=8),
    "answers in plain text": Fault("*", status=200, body="maintenance", kind="text/plain", times=8),
    "answers 503 in plain text": Fault("*", status=503, body="no upstream", kind="text/plain", times=8),
    "answers in no alphabet": Fault("*", status=200, body=NO_ALPHABET, kind="text/plain; charset=ascii", times=8),
    "answers with nothing": Fault("*", status=200, body="", times=8),
    "hangs up": Fault("*", drop=True, times=8),
    "does it and hangs up": Fault("*", drop=True, when="after", times=8),
    "does it and answers 500": Fault("*", status=500, when="after", times=8),
    "asks to come again at once": Fault("*", status=429, error="ratelimited", retry_after=0, times=8),
    "asks to come again in an hour": Fault("*", status=429, error="ratelimited", retry_after=3_600, times=8),
    "revokes the token": Fault("*", error="token_revoked", times=8),
    "does not know the token": Fault("*", error="invalid_auth", times=8),
    "moves the workspace": Fault("*", error="org_login_required", times=8),
}


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("when", ["from the start", "once the headline stands"])
async def test_an_outage_is_waited_for_and_then_everything_is_said_once(slack, tmp_path, outage, when):
    answer = asyncio.Event()
    async with desk(slack, tmp_path, answer) as here:
        if when == "from the start":
            slack.workspace.faults.add(OUTAGES[outage])
            answer.set()
        async with telling(here, await fire(here)) as story:
            if when != "from the start":
                await until(lambda: own(slack) and said(own(slack)[0]) and said(slack.workspace.named("incidents")))
                slack.workspace.faults.add(OUTAGES[outage])
                answer.set()
            await story
        everything_stands_once(slack)


# ── the place is gone, or there is none ──────────────────────────────────────────────────────────


def archived(slack, channel):
    in_slack.archive(slack.workspace, channel, BOT_USER)


def deleted(slack, channel):
    """As an administrator does, who may."""
    del slack.workspace.channels[channel.id]


@pytest.mark.parametrize("gone", [archived, deleted])
@pytest.mark.parametrize("when", ["before the briefing", "while it is kept current"])
async def test_an_open_incident_whose_channel_is_gone_goes_on_in_another(slack, tmp_path, gone, when):
    answer = asyncio.Event()
    incidents = slack.workspace.named("incidents")
    async with desk(slack, tmp_path, answer) as here:
        async with telling(here, await fire(here)) as story:
            await until(lambda: own(slack) and said(own(slack)[0]) and said(incidents))
            first = own(slack)[0]
            if when == "before the briefing":
                gone(slack, first)
            answer.set()
            await story
        if when != "before the briefing":
            gone(slack, first)
            await fire(here, "HighLatency")
            await catch_up(here)

        (second,) = [channel for channel in own(slack) if channel is not first]
        assert (said(second), said(second, replies=True)[:1]) == (["1:briefing"], ["moved"])
        assert "Errors" in text_of(second)
        assert ("HighLatency" in text_of(second)) == (when != "before the briefing")
        assert DANA.slack_id in second.members
        assert len(second.pins) == 1
        assert said(incidents) == ["1:notice"]
        assert second.id in text_of(incidents, "1:notice")
        await resolve(here)
        await resolve(here, "HighLatency")
        await catch_up(here)
        assert said(second) == ["1:briefing", "1:resolved"]
        assert len(own(slack)) == (2 if gone is archived else 1)


async def test_an_incident_that_is_over_gets_no_second_channel(slack, tmp_path):
    async with desk(slack, tmp_path) as here:
        async with telling(here, await fire(here)) as story:
            await story
        archived(slack, own(slack)[0])
        await resolve(here)
        await catch_up(here)
        assert len(own(slack)) == 1
        assert "resolved" in text_of(slack.workspace.named("incidents"), "1:notice")
        assert await here.journal.stale() == ()


async def test_fired_again_after_its_channel_was_archived_it_gets_another(slack, tmp_path):
    async with desk(slack, tmp_path) as here:
        async with telling(here, await fire(here)) as story:
            await story
        first = own(slack)[0]
        await resolve(here)
        await catch_up(here)
        archived(slack, first)
        async with telling(here, await fire(here, "HighLatency")) as story:
            await story
        (second,) = [channel for channel in own(slack) if channel is not first]
        assert said(second) == ["2:briefing"]


@pytest.mark.parametrize("refusal", ["restricted_action", "missing_scope", "cannot_create_channel"])
async def test_where_no_other_channel_can_be_opened_it_goes_on_in_the_incidents_channel(slack, tmp_path, refusal):
    incidents = slack.workspace.named("incidents")
    async with desk(slack, tmp_path) as here:
        async with telling(here, await fire(here)) as story:
            await story
        archived(slack, own(slack)[0])
        slack.workspace.faults.add(Fault("conversations.create", error=refusal, times=None))
        await fire(here, "HighLatency")
        await catch_up(here)
        assert said(incidents) == ["1:notice", "1:briefing"]
        assert "HighLatency" in text_of(incidents)
        await catch_up(here)
        assert said(incidents) == ["1:notice", "1:briefing"]


async def test_an_incidents_channel_that_is_archived_costs_the_notice_alone(slack, tmp_path):
    archived(slack, slack.workspace.named("incidents"))
    async with desk(slack, tmp_path) as here:
        async with telling(here, await fire(here)) as story:
            await story
        assert said(own(slack)[0]) == ["1:briefing"]
        assert await here.journal.unbriefed() == ()


@pytest.mark.parametrize("taken", [1, 5])
async def test_a_name_that_people_have_taken_costs_nothing_but_the_name(slack, tmp_path, taken):
    name = "inc-payment-service"
    for number in range(1, taken + 1):
        theirs = in_slack.create(slack.workspace, DANA.slack_id, name if number == 1 else f"{name}-{number}")
        if number % 2:
            theirs.archived = True
    async with desk(slack, tmp_path) as here:
        taken_in = await fire(here)
        async with telling(here, taken_in) as story:
            await story
    (ours,) = [channel for channel in own(slack) if channel.creator == BOT_USER]
    assert said(ours) == ["1:briefing"]
    unique = f"{name}-{taken_in.incident_id.removeprefix('INC-').lower()}"
    assert ours.name == (f"{name}-2" if taken == 1 else unique)


@pytest.mark.parametrize("first", ["post", "edit"])
async def test_what_carries_on_in_the_thread_is_said_once_though_its_answer_was_lost(slack, first):
    web = Web(slack.workspace.settings.bot_token, slack.api_url)
    chat, small = SlackChat(web, str), Briefing("p", "head")
    long = Briefing("p", "head", (Section(tuple(f"line {n} " + "x" * 90 for n in range(100)), title="Log"),))
    channel = slack.workspace.channels[(await chat.open_channel("inc-x", "INC-X")).id]
    lost = Fault("chat.postMessage", drop=True, when="after")
    try:
        if first == "edit":
            posted = await chat.post(channel.id, small, key="k")
            slack.workspace.faults.add(lost)
            with pytest.raises(ChatError):
                await chat.edit(posted, long)
        else:
            stop_hearing = slack.workspace.hear(lambda _: slack.workspace.faults.add(lost))
            with pytest.raises(ChatError):
                await chat.post(channel.id, long, key="k")
            stop_hearing()
            slack.workspace.faults.clear()
            posted = await chat.find(channel.id, "k")
        await chat.edit(posted, long)
    finally:
        await chat.close()
    found = [m.metadata["event_payload"]["key"] for m in channel.messages.values() if m.metadata]
    assert sorted(found) == sorted({*found, "k"})
    assert any("line 99" in as_text(m) for m in channel.messages.values())


# ── the bot's ears ───────────────────────────────────────────────────────────────────────────────


def ears_of(slack, replies):
    settings = slack.workspace.settings
    return Ears(
        EarSettings(settings.bot_token, settings.app_token, None, slack.api_url, tls_context("slack", None)), replies
    )


async def dropped(slack, _number):
    slack.socket_mode.drop()


async def refreshed(slack, _number):
    await slack.socket_mode.refresh("refresh_requested")


async def dropped_and_refused(slack, number):
    """The way back is refused, each time in other ways."""
    refusals = (
        Fault("apps.connections.open", status=500),
        Fault("apps.connections.open", error="invalid_auth"),
        Fault("apps.connections.open", drop=True),
        Fault("apps.connections.open", status=200),
    )
    slack.workspace.faults.add(*refusals[2 * number :][:2])
    slack.socket_mode.drop()


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", "no healthy upstream"),
        ("text/plain; charset=ascii", NO_ALPHABET),
        ("text/html", "<html><body>Something went wrong</body></html>"),
        ("application/json", '{"ok": fal'),
        ("application/json", '["ok"]'),
        ("application/json", ""),
    ],
)
async def test_whatever_answers_in_the_place_of_slack_a_socket_is_asked_for_again(slack, status, kind, body):
    slack.workspace.faults.add(Fault("apps.connections.open", status=status, kind=kind, body=body))
    chat = SlackChat(Web(slack.workspace.settings.bot_token, slack.api_url), str)
    replies = MadeUp(chat, to_message=None)
    ears = ears_of(slack, replies)
    with capture_logs() as logs:
        await ears.open()
        try:
            await asyncio.wait_for(slack.socket_mode.connected(), 10)
            spoken.post(slack.workspace, slack.workspace.named("incidents"), DANA.slack_id, Draft("is it heard"))
            await until(lambda: replies.noted, what="what was written")
        finally:
            await ears.close()
            await chat.close()
    assert [line["event"] for line in logs if "deaf" in line["event"]] == [
        "deaf for now: no socket to Slack; look at SLACK_APP_TOKEN"
    ]


@pytest.mark.parametrize(("breaks", "times"), [(dropped, 5), (refreshed, 5), (dropped_and_refused, 2)])
async def test_what_people_write_while_the_socket_drops_again_and_again_is_heard_once(slack, breaks, times):
    place = slack.workspace.named("incidents")
    chat = SlackChat(Web(slack.workspace.settings.bot_token, slack.api_url), str)
    replies = MadeUp(chat, to_message=None)
    ears = ears_of(slack, replies)
    await ears.open()
    try:
        for number in range(times):
            await asyncio.wait_for(slack.socket_mode.connected(), 30)
            spoken.post(slack.workspace, place, DANA.slack_id, Draft(f"before {number}"))
            await breaks(slack, number)
            spoken.post(slack.workspace, place, DANA.slack_id, Draft(f"while {number}"))
        await until(lambda: len({heard.text for heard in replies.noted}) == 2 * times, what="all that was written")
        await asyncio.wait_for(slack.socket_mode.connected(), 30)
    finally:
        await ears.close()
        await chat.close()
    assert Counter(heard.text for heard in replies.noted).most_common(1)[0][1] == 1
