"""People ask in an incident's channel: a real bot, the real SDK, and a script in the model's place."""

import httpx
import pytest

from playground.claude.faults import Fault
from playground.slack import channels, messages
from playground.slack.interactions import Click
from playground.slack.messages import Draft
from playground.slack.settings import YOU
from playground.terminal import as_text
from tests.end_to_end.watch import briefed, briefing, channel_of, until

SERVICE = "payment-service"


class Asker:
    """Somebody in the incident's channel."""

    def __init__(self, town, channel):
        self.town, self.channel = town, channel
        channels.join(town.slack.workspace, channel, YOU.slack_id)

    def says(self, text, thread=None):
        """What is written; gives back the thread in which an answer would stand."""
        said = messages.post(self.town.slack.workspace, self.channel, YOU.slack_id, Draft(text, thread_ts=thread))
        return thread or said.ts

    def replies(self, thread):
        return [m for m in self.channel.messages.values() if m.thread_ts == thread and m.bot_id]

    def answers(self, thread):
        """The bot's replies that are whole: their small print says what they took, or that no model was used."""
        return [m for m in self.replies(thread) if "· $" in as_text(m) or "no model was used" in as_text(m)]

    async def answered(self, thread, number=1):
        found = await until(lambda: len(self.answers(thread)) >= number and self.answers(thread), what="an answer")
        return found[number - 1]

    async def taps(self, message, label):
        block, element = next(
            (block, element)
            for block in message.blocks
            for element in block.get("elements", ())
            if element.get("type") == "button" and element["text"]["text"] == label
        )
        click = Click(block["block_id"], element["action_id"], None)
        await self.town.slack.interactions.click(YOU.slack_id, message, click)


@pytest.fixture
async def asker(open_town):
    async with open_town(model="script", BUDGET_ANSWER="0.20") as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        yield Asker(town, channel_of(town, SERVICE))


async def metrics(town):
    async with httpx.AsyncClient(timeout=30) as client:
        return (await client.get(f"{town.bot.url}/metrics")).text


async def test_asking(asker):
    await the_briefing_gets_a_second_opinion(asker)
    thread = await a_question_is_answered_with_its_sources(asker)
    await asked_on_in_the_thread_it_knows_what_was_said(asker, thread)
    await a_vote_is_counted(asker, thread)
    await people_among_themselves_are_left_alone(asker)
    await a_model_that_is_down_is_said_and_the_evidence_answers(asker)
    await a_refused_question_goes_to_the_next_model(asker)
    await what_it_costs_can_be_asked(asker)
    nothing_from_outside_stands_in_a_system_prompt(asker)


async def the_briefing_gets_a_second_opinion(asker):
    text = await until(lambda: briefing(asker.channel) if "Second opinion" in briefing(asker.channel) else "")
    assert "with claude-" in text
    assert "confidence high" in text


async def a_question_is_answered_with_its_sources(asker):
    thread = asker.says("did anything change in the gateway?")
    answer = as_text(await asker.answered(thread))
    assert "v2.34.1" in answer
    assert "Sources" in answer
    assert "[1]" in answer
    return thread


async def asked_on_in_the_thread_it_knows_what_was_said(asker, thread):
    asker.says("and what do the logs say", thread)
    answer = as_text(await asker.answered(thread, 2))
    assert "connection refused" in answer
    first = asker.town.claude.requests[-1]["messages"][0]["content"]
    told = first if isinstance(first, str) else "".join(part["text"] for part in first)
    assert "did anything change in the gateway?" in told.partition("<earlier>")[2]


async def a_vote_is_counted(asker, thread):
    await asker.taps(asker.answers(thread)[0], "👍")
    whispers = asker.town.slack.workspace.whispers
    await until(lambda: any("Noted." in as_text(said) for said in whispers), what="that it is noted")
    assert 'answer_votes_total{vote="up"} 1.0' in await metrics(asker.town)


async def people_among_themselves_are_left_alone(asker):
    before = len(asker.town.claude.requests)
    thread = asker.says("lunch at noon works for me")
    answered = asker.says("how bad is it?")
    await asker.answered(answered)
    assert asker.replies(thread) == []
    assert len(asker.town.claude.requests) > before


async def a_model_that_is_down_is_said_and_the_evidence_answers(asker):
    for _ in range(2):
        asker.town.claude.faults.add(Fault("overloaded"))
    thread = asker.says("how bad is it right now?")
    answer = as_text(await asker.answered(thread))
    assert "No model: " in answer
    assert "Errors 23." in answer


async def a_refused_question_goes_to_the_next_model(asker):
    asker.town.claude.faults.add(Fault("refusal", model="claude-sonnet-*", times=2))
    thread = asker.says("who is on call?")
    answer = as_text(await asker.answered(thread))
    assert "Dana" in answer
    assert "claude-haiku" in answer


async def what_it_costs_can_be_asked(asker):
    code, printed = await asker.town.bot.run("spend", "--by", "model", "--json")
    assert code == 0
    assert "claude-sonnet-5-5" in printed


def nothing_from_outside_stands_in_a_system_prompt(asker):
    systems = {repr(request["system"]) for request in asker.town.claude.requests}
    assert len(systems) == 2  # that of an answer and that of an analysis
    assert not any(
        word in system for system in systems for word in (SERVICE, "v2.34.1", "gateway", "connection refused")
    )


async def test_killed_while_it_answers(open_town):
    """kill -9 in the middle of an answer, and a restart: one answer, in one reply."""
    async with open_town(model="script") as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        asker = Asker(town, channel_of(town, SERVICE))
        await until(lambda: "Second opinion" in briefing(asker.channel), what="the second opinion")
        before = len(town.claude.requests)
        town.claude.faults.add(Fault("slow", seconds=5.0))
        thread = asker.says("did anything change in the gateway?")
        await until(lambda: asker.replies(thread) and len(town.claude.requests) > before, what="a reply that grows")
        await town.bot.kill()
        await town.bot.start()
        answer = as_text(await asker.answered(thread))
        assert "v2.34.1" in answer
        assert len(asker.replies(thread)) == 1


async def test_stop_ends_it(open_town):
    async with open_town(model="script") as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        asker = Asker(town, channel_of(town, SERVICE))
        await until(lambda: "Second opinion" in briefing(asker.channel), what="the second opinion")
        town.claude.faults.add(Fault("slow", seconds=30.0))
        thread = asker.says("did anything change in the gateway?")
        await until(lambda: asker.replies(thread), what="a reply that grows")
        asker.says("stop", thread)
        await until(lambda: "Stopped." in as_text(asker.replies(thread)[0]), what="the end of it")
        assert len(asker.replies(thread)) == 1
