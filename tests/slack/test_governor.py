"""The governor before a Slack on a socket: no more than it takes, the urgent first, pauses for all, the newest said."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.domain.briefing import Briefing
from bot.domain.incident import Posted
from bot.measures import Measures
from bot.pace import Rate
from bot.ports import ChatError, Doing
from bot.priority import Priority, at
from bot.slack import rates
from bot.slack.chat import SlackChat
from bot.slack.governor import Governor
from bot.slack.rates import Call
from bot.slack.scopes import SCOPES
from bot.slack.web import Web
from playground.slack import messages
from playground.slack.changes import Change, Edited
from playground.slack.changes import Posted as Said
from playground.slack.faults import Fault
from playground.slack.messages import Draft
from playground.slack.rates import Rate as SlackRate
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.world import Person

DANA = Person("U00DANA", "dana", "Dana Dale", "dana@example.com")
SLOW = Rate(2, 0.5)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with running(SlackSettings(bot_scopes=frozenset(SCOPES)), (DANA,)) as server:
        yield server


@pytest.fixture
def place(slack: Slack) -> str:
    found = slack.workspace.named("incidents")
    assert found
    return found.id


class Bot:
    """One process of the bot, before this Slack."""

    def __init__(self, slack: Slack, limits: Mapping[str, Rate] | None) -> None:
        self.measures = Measures()
        self.governor = Noting(limits, measures=self.measures)
        web = Web(slack.workspace.settings.bot_token, slack.api_url, governor=self.governor)
        self.chat = SlackChat(web, str)

    def figure(self, name: str, **labels: str) -> float:
        return self.measures.registry.get_sample_value(name, labels) or 0.0

    @property
    def waiting(self) -> float:
        return sum(self.figure("slack_calls_waiting", priority=one.name.lower()) for one in Priority)


class Noting(Governor):
    """Notes which methods asked for a turn and got it."""

    def __init__(self, limits: Mapping[str, Rate] | None, measures: Measures) -> None:
        super().__init__(limits, measures=measures)
        self.went: list[str] = []

    @asynccontextmanager
    async def turn(self, call: Call, since: float, longest_s: float) -> AsyncIterator[None]:
        async with super().turn(call, since, longest_s):
            self.went.append(call.method)
            yield


@pytest.fixture
async def bot(slack: Slack) -> AsyncIterator[Callable[..., Bot]]:
    made: list[Bot] = []

    def start(limits: Mapping[str, Rate] | None = rates.PUBLISHED) -> Bot:
        made.append(Bot(slack, limits))
        return made[-1]

    yield start
    for one in made:
        await one.chat.close()


def words(text: str) -> Briefing:
    return Briefing(text, text)


def hear(slack: Slack, kind: type[Change]) -> list[str]:
    """What is posted, or edited, from now on, in its order."""
    heard: list[str] = []

    def note(change: Change) -> None:
        if isinstance(change, kind) and isinstance(change, Edited | Said) and change.message.bot_id:
            heard.append(change.message.text)

    slack.workspace.hear(note)
    return heard


async def until(look: Callable[[], Any]) -> Any:
    async with asyncio.timeout(10.0):
        while not (found := look()):  # noqa: ASYNC110 - what is watched are plain objects
            await asyncio.sleep(0.01)
        return found


async def test_a_burst_into_one_channel_is_never_more_than_slack_takes(slack: Slack, place: str, bot) -> None:
    slack.workspace.meter.rates["chat.postMessage"] = SlackRate(2, 0.5, per_channel=True)
    one, said = bot({"chat.postMessage": Rate(2, 0.5, per_channel=True)}), hear(slack, Said)
    await asyncio.gather(*(one.chat.post(place, words(f"line {n}"), key=f"k{n}") for n in range(6)))
    assert sorted(said) == [f"line {n}" for n in range(6)]
    assert slack.workspace.meter.refused.total() == 0


async def test_what_is_urgent_goes_before_noise_that_came_first(slack: Slack, place: str, bot) -> None:
    one, said = bot({"chat.postMessage": Rate(1, 0.3, per_channel=True)}), hear(slack, Said)

    async def post(text: str, priority: Priority) -> None:
        with at(priority):
            await one.chat.post(place, words(text), key=text)

    noise = [asyncio.create_task(post(f"noise {n}", Priority.CHATTER)) for n in range(4)]
    await until(lambda: said)
    urgent = [asyncio.create_task(post(p.name, p)) for p in reversed(Priority) if p is not Priority.CHATTER]
    await asyncio.gather(*noise, *urgent)
    assert said[:5] == ["noise 0", "HEADLINE", "APPROVAL", "ANSWER", "BRIEFING"]
    assert said[5:] == ["noise 1", "noise 2", "noise 3"]


async def test_a_pause_that_slack_asks_for_is_kept_by_all_who_wait(slack: Slack, place: str, bot) -> None:
    one, said = bot(rates.NONE), hear(slack, Said)
    slack.workspace.faults.add(Fault("chat.postMessage", status=429, error="ratelimited", retry_after=1, times=None))
    first = asyncio.create_task(one.chat.post(place, words("first"), key="first"))
    await until(lambda: one.figure("slack_rate_limited_total", method="chat.postMessage"))
    others = [asyncio.create_task(one.chat.post(place, words(f"{n}"), key=f"{n}")) for n in range(5)]
    await until(lambda: one.waiting == 6)
    slack.workspace.faults.clear()
    await asyncio.gather(first, *others)
    assert one.figure("slack_rate_limited_total", method="chat.postMessage") == 1
    assert said == ["first", "0", "1", "2", "3", "4"]


async def test_during_a_long_pause_nothing_is_asked_and_nobody_is_kept(slack: Slack, place: str, bot) -> None:
    one = bot(rates.PUBLISHED)
    slack.workspace.faults.add(Fault("chat.postMessage", status=429, error="ratelimited", retry_after=3600))
    for n in range(3):
        with pytest.raises(ChatError, match="ratelimited"):
            await one.chat.post(place, words("x"), key=f"{n}")
    assert one.figure("slack_rate_limited_total", method="chat.postMessage") == 1
    assert one.governor.went.count("chat.postMessage") == 1


async def test_no_pause_is_longer_than_an_hour(slack: Slack, place: str) -> None:
    now = [0.0]
    web = Web(slack.workspace.settings.bot_token, slack.api_url, governor=Governor(rates.NONE, now=lambda: now[0]))
    chat = SlackChat(web, str)
    slack.workspace.faults.add(Fault("chat.postMessage", status=429, error="ratelimited", retry_after=10**12))
    with pytest.raises(ChatError, match="ratelimited"):
        await chat.post(place, words("x"), key="x")
    now[0] = 3_601.0
    assert await chat.post(place, words("x"), key="x")
    await chat.close()


async def test_a_channels_pause_is_not_the_others_until_a_second_one_is_refused(slack: Slack, place: str, bot) -> None:
    one = bot(rates.PUBLISHED)
    general = slack.workspace.named("general")
    assert general
    limit = Fault("chat.postMessage", status=429, error="ratelimited", retry_after=3600)
    slack.workspace.faults.add(limit)
    with pytest.raises(ChatError, match="ratelimited"):
        await one.chat.post(place, words("x"), key="x")
    with pytest.raises(ChatError, match="not_in_channel"):  # asked all the same
        await one.chat.post(general.id, words("x"), key="x")
    slack.workspace.faults.add(limit)
    for _ in range(2):
        with pytest.raises(ChatError, match="ratelimited"):
            await one.chat.post(general.id, words("x"), key="x")
    with pytest.raises(ChatError, match="ratelimited"):
        await one.chat.post("C0ANOTHER", words("x"), key="x")
    assert one.figure("slack_rate_limited_total", method="chat.postMessage") == 2


async def test_after_a_refused_burst_a_method_goes_evenly(slack: Slack, place: str, bot) -> None:
    """As before a Slack that counts since before the bot was started again, or that takes no bursts."""
    slack.workspace.meter.rates["chat.postMessage"] = SlackRate(1, 1.0, per_channel=True)
    one, said = bot(rates.PUBLISHED), hear(slack, Said)
    await asyncio.gather(*(one.chat.post(place, words(f"{n}"), key=f"{n}") for n in range(6)))
    assert sorted(said) == [f"{n}" for n in range(6)]
    assert slack.workspace.meter.refused["chat.postMessage"] <= rates.POSTING.calls - 1


async def test_edits_that_wait_become_one_which_says_the_newest(slack: Slack, place: str, bot) -> None:
    one, edits = bot({"chat.update": Rate(1, 0.3)}), hear(slack, Edited)
    posted = await one.chat.post(place, words("first"), key="k")
    other = await one.chat.post(place, words("other"), key="other")
    await one.chat.edit(other, words("takes the first turn"))
    await asyncio.gather(*(one.chat.edit(posted, words(f"version {n}")) for n in range(10)))
    assert edits == ["takes the first turn", "version 9"]


async def test_an_edit_whose_caller_is_gone_is_made_by_the_next(slack: Slack, place: str, bot) -> None:
    one, edits = bot({"chat.update": Rate(1, 0.3)}), hear(slack, Edited)
    posted = await one.chat.post(place, words("first"), key="k")
    await one.chat.edit(posted, words("takes the first turn"))
    editing = [asyncio.create_task(one.chat.edit(posted, words(f"version {n}"))) for n in range(3)]
    await until(lambda: one.waiting)
    editing[0].cancel()
    await asyncio.gather(*editing, return_exceptions=True)
    assert edits == ["takes the first turn", "version 2"]


async def test_an_urgent_edit_hurries_the_one_that_waits_for_the_same_message(slack: Slack, place: str, bot) -> None:
    one, edits = bot({"chat.update": Rate(1, 0.3)}), hear(slack, Edited)
    posts = [await one.chat.post(place, words("first"), key=f"k{n}") for n in range(4)]

    async def edit(posted: Posted, text: str, priority: Priority) -> None:
        with at(priority):
            await one.chat.edit(posted, words(text))

    noise = [asyncio.create_task(edit(p, f"noise {n}", Priority.CHATTER)) for n, p in enumerate(posts)]
    await until(lambda: edits)
    urgent = asyncio.create_task(edit(posts[3], "urgent", Priority.APPROVAL))
    await asyncio.gather(*noise, urgent)
    assert edits == ["noise 0", "urgent", "noise 1", "noise 2"]


async def test_who_stops_waiting_leaves_the_line(slack: Slack, place: str, bot) -> None:
    one, said = bot({"chat.postMessage": Rate(1, 0.3, per_channel=True)}), hear(slack, Said)
    tasks = [asyncio.create_task(one.chat.post(place, words(f"{n}"), key=f"{n}")) for n in range(3)]
    await until(lambda: one.waiting == 2)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert said == ["0", "2"]
    assert one.waiting == 0


async def test_an_answer_does_not_wait_for_its_own_growing(slack: Slack, place: str, bot) -> None:
    slack.workspace.faults.add(Fault("chat.startStream", error="unknown_method", times=None))
    one, edits = bot({"chat.update": Rate(1, 0.3)}), hear(slack, Edited)
    channel = slack.workspace.named("incidents")
    assert channel
    thread = messages.post(slack.workspace, channel, DANA.slack_id, Draft("why?")).ts
    other = await one.chat.post(place, words("other"), key="other")
    posted = await one.chat.begin_reply(place, thread, reader=DANA.slack_id, key="answer:1")
    await one.chat.edit(other, words("takes the first turn"))
    await one.chat.grow_reply(posted, "It may be\n", (Doing("t", "Look", "in_progress"),))
    await until(lambda: one.waiting)
    await one.chat.end_reply(posted, words("It is the gateway"))
    assert edits == ["takes the first turn", "It is the gateway"]


async def test_each_call_counts_for_the_method_that_it_is(slack: Slack, place: str, bot) -> None:
    one = bot(rates.PUBLISHED)
    channel = slack.workspace.named("incidents")
    assert channel
    thread = messages.post(slack.workspace, channel, DANA.slack_id, Draft("why?")).ts
    home = await one.chat.open_channel("inc-checkout-1121-0342", "I1")
    await one.chat.open_channel("inc-checkout-1121-0342", "I2")
    posted = await one.chat.post(home.id, words("first"), key="k")
    await one.chat.find(home.id, "k")
    await one.chat.find(home.id, "k", posted.ts)
    await one.chat.edit(posted, words("new"))
    await one.chat.topic(home.id, "topic")
    await one.chat.pin(posted)
    await one.chat.invite(home.id, [DANA.email])
    await one.chat.picture(posted, b"\x89PNG\r\n\x1a\n", title="t", alt="a", key="p")
    await one.chat.react(posted, "white_check_mark")
    await one.chat.reactions(posted)
    await one.chat.whisper(place, DANA.slack_id, words("psst"))
    reply = await one.chat.begin_reply(place, thread, reader=DANA.slack_id, key="answer:1")
    await one.chat.grow_reply(reply, "It is\n")
    await until(lambda: "chat.appendStream" in one.governor.went)
    await one.chat.end_reply(reply, words("It is the gateway"))
    taken = slack.workspace.meter.taken - Counter({"files.getUploadURLExternal": 1})
    assert set(one.governor.went) <= set(rates.PUBLISHED)
    assert {method: one.governor.went.count(method) for method in one.governor.went} == dict(taken)
