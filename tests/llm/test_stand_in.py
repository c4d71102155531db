"""The door to the model against the playground's Claude, which refuses whatever the real API would refuse."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.domain.dialogue import Message, Request, Text, ToolResult
from bot.domain.money import Account
from bot.llm.pace import Pace
from bot.questions.consult import Consult, NoModel
from integrations.contract import ToolSpec
from playground.claude import running
from playground.claude.faults import Fault
from tests.llm.api import KEY, LARGE, SMALL, claude
from tests.llm.test_consult import Ledger

PROPERTIES = {"services": {"type": "array", "items": {"type": "string"}}, "text": {"type": "string"}}
SHAPE = {"type": "object", "properties": PROPERTIES, "required": ["services", "text"], "additionalProperties": False}
TOOLS = (ToolSpec("search_logs", "Log lines.", SHAPE), ToolSpec("query_metrics", "Figures.", SHAPE))
FACTS = "<facts>\n[1] prometheus · payment-service · error rate 23.4 % (normal 0.3 %)\n</facts>\n"
ASKED = (Message("user", (Text(f"{FACTS}<question>what do the logs of payment-service say?</question>"),)),)
LONG = "Answer briefly, from the facts. " * 400
"""The API caches no short prefix."""
SUMMARY = {
    "type": "object",
    "properties": {"summary": {"type": "string"}},
    "required": ["summary"],
    "additionalProperties": False,
}


@pytest.fixture
async def there():
    async with running(key=KEY) as api:
        yield api


@pytest.mark.parametrize("model", [LARGE, SMALL, "claude-opus-5-5", "claude-haiku-4-5"])
async def test_a_whole_conversation_with_tools_is_valid_turn_by_turn(there, model):
    there.faults.add(Fault("thinking", times=None))
    messages = ASKED
    async with claude(there.url) as door:
        for turn in range(4):
            reply = await door.say(Request("answer", LONG, messages, TOOLS, may_use_tools=turn < 3), model)
            results = [
                ToolResult(use.id, '<data id="2" source="elasticsearch" tool="search_logs">\nrefused\n</data>')
                for use in reply.tool_uses
            ]
            messages += (Message("assistant", reply.blocks), Message("user", (*results, Text("Go on."))))
            if reply.stop == "end_turn":
                break
    assert (reply.stop, there.refused) == ("end_turn", [])
    assert len(there.requests) > 1
    assert reply.usage.cache_read > 0


async def test_structured_output(there):
    async with claude(there.url) as door:
        reply = await door.say(Request("analysis", "Analyse.", ASKED, schema=SUMMARY), LARGE)
    assert json.loads(reply.text).keys() == {"summary"}


async def test_a_paused_turn_goes_back_as_it_is_and_goes_on(there):
    there.faults.add(Fault("pause_turn"))
    async with claude(there.url) as door:
        paused = await door.say(Request("answer", "Answer.", ASKED), LARGE)
        reply = await door.say(Request("answer", "Answer.", (*ASKED, Message("assistant", paused.blocks))), LARGE)
    assert (paused.stop, reply.stop, there.refused) == ("pause_turn", "end_turn", [])


FAULTS = ("rate_limit", "overloaded", "error", "refusal", "broken_stream", "stream_error", "garbage")


@pytest.mark.parametrize("kind", FAULTS)
async def test_whatever_goes_wrong_with_the_first_model_the_second_answers(there, kind):
    there.faults.add(Fault(kind, model=LARGE, times=None))
    async with claude(there.url) as door:
        consult = Consult(door, Ledger(), Pace(50, 200_000))
        found = await consult.ask(Request("answer", "Answer.", ASKED), Account("answer"))
    assert found.reply.model == SMALL


async def test_a_deadline_ends_a_slow_call(there):
    there.faults.add(Fault("slow", seconds=30, times=None))
    async with claude(there.url) as door:
        consult = Consult(door, Ledger(), Pace(50, 200_000))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await consult.ask(Request("answer", "Answer.", ASKED), Account("briefing"), urgent=True)


async def test_a_wrong_key(there):
    async with claude(there.url, key="sk-ant-another-one-000000") as door:
        consult = Consult(door, Ledger(), Pace(50, 200_000))
        with pytest.raises(NoModel, match="the key is refused: look at ANTHROPIC_API_KEY"):
            await consult.ask(Request("answer", "Answer.", ASKED), Account("answer"))
