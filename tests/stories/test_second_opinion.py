"""After the briefing a model says what it makes of it, and the message is improved in place, or stays as it is."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot.desk import Telling
from bot.domain.dialogue import Reply, Text
from bot.domain.money import Money, Usage
from bot.keep_current import catch_up
from bot.questions.consult import Consult
from bot.questions.model_ports import ModelError, OverBudget
from bot.questions.second_opinion import second_opinion
from tests.stories.model_world import NAME, FullPurse, NoPace, Script, WithTools
from tests.stories.world import FakeSlack, desk_with, fire, tell


def opinion(**changes):
    told = {
        "summary": "Errors rose to 20 % [1].",
        "causes": [
            {
                "service": "payment-service",
                "text": "It fails by itself.",
                "confidence": "low",
                "facts": [1],
                "ruled_out_by": "errors in orders first",
            }
        ],
        "first_steps": [{"text": "Look at the pods", "command": "kubectl get pods -n payments"}],
        "affected": ["payment-service"],
    }
    return Reply(NAME, (Text(json.dumps(told | changes)),), "end_turn", Usage(input=2_000, output=300))


@pytest.fixture
async def told(tmp_path):
    """Tells a whole story with this script; gives back the briefing in the end, and the script."""

    async def telling(*replies, purse=None, deadline_s=20.0, key=True):
        script, chat = Script(*replies), FakeSlack()
        consult = Consult(script if key else None, purse or FullPurse(), NoPace())
        async with desk_with(tmp_path, chat, WithTools()) as desk:
            desk = replace(desk, consult=consult, opinion_deadline_s=deadline_s)
            await tell(desk, await fire(desk))
            first = len(chat.of("briefing").said)
            await catch_up(desk)
            return chat.of("briefing"), script, first

    return telling


async def test_the_briefing_is_improved_in_place(told):
    briefing, script, first = await told(opinion())
    assert "Second opinion (claude-sonnet-5-5): Errors rose to 20 % [1]." in briefing.text
    assert "kubectl get pods -n payments" in briefing.text
    assert "with claude-sonnet-5-5 · $0.0023" in briefing.text
    assert "no model" in briefing.said[first - 1]
    assert script.requests[0].schema is not None


async def test_an_opinion_that_comes_while_the_message_is_brought_up_to_date_is_shown_by_the_next_round(tmp_path):
    chat = FakeSlack()
    async with desk_with(tmp_path, chat, WithTools()) as desk:
        taken = await fire(desk)
        await tell(desk, taken)
        editing, go_on = chat.hold("edit")
        showing = asyncio.create_task(catch_up(desk))
        await editing.wait()
        asked = replace(desk, consult=Consult(Script(opinion()), FullPurse(), NoPace()))
        assert await second_opinion(Telling(asked, taken.incident_id, taken.opening, lambda: False))
        go_on.set()
        await showing
        await catch_up(desk)

        assert "Second opinion" in chat.of("briefing").text


async def test_without_a_key_nothing_is_asked_and_nothing_said(told):
    briefing, script, _ = await told(opinion(), key=False)
    assert script.requests == []
    assert "Second opinion" not in briefing.text
    assert "could not look" not in briefing.text.lower()


async def test_a_model_that_is_down_leaves_it_as_the_evidence_made_it(told):
    briefing, _, _ = await told(ModelError("overloaded", passing=True, used=Usage()))
    assert "Could not look: model (overloaded)" in briefing.text
    assert "no model" in briefing.text


async def test_at_the_deadline_it_stays_as_it_is(told):
    async def hangs(request):
        await asyncio.Event().wait()

    briefing, _, _ = await told(hangs, deadline_s=0.05)
    assert "no answer in 0.05 s" in briefing.text


async def test_a_spent_budget_is_said(told):
    purse = FullPurse(OverBudget("incident", Money.dollars(5), Money.dollars(5), None))
    briefing, _, _ = await told(opinion(), purse=purse)
    assert "the budget of $5.00 an incident is spent" in briefing.text


async def test_an_opinion_in_another_form_is_no_opinion(told):
    briefing, _, _ = await told(Reply(NAME, (Text("{not json"),), "max_tokens"))
    assert "its answer had another form" in briefing.text


async def test_what_the_model_is_asked_holds_the_findings_and_no_raw_line(told):
    _, script, _ = await told(opinion())
    (request,) = script.requests
    text = request.messages[0].blocks[0].text
    assert "<facts>" in text
    assert "payment-service" not in request.system
