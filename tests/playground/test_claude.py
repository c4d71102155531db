"""The playground's Claude through the real SDK: answers, streams, tools, structured output, usage."""

from __future__ import annotations

import json

import anthropic
import httpx
import pytest
from pydantic import BaseModel

from playground.claude.faults import Fault
from tests.playground.asking_claude import (
    KEY,
    LARGE,
    SMALL,
    STRING,
    asked,
    assistant,
    offered,
    speaking,
    tool,
    user,
)

RULES = [{"type": "text", "text": "Our own words. " * 400, "cache_control": {"type": "ephemeral"}}]


async def test_an_answer_has_text_usage_and_a_stop_reason():
    async with speaking() as (there, sdk):
        reply = await sdk.messages.create(**asked("what is the error rate?"))
    assert reply.stop_reason == "end_turn"
    assert reply.model == LARGE
    assert "23.4 %" in reply.content[0].text
    assert reply.usage.input_tokens > 100
    assert reply.usage.output_tokens == -(-len(reply.content[0].text) // 4)
    assert [request["model"] for request in there.requests] == [LARGE]


async def test_a_stream_grows_into_the_same_answer_as_the_whole():
    request = asked("did anything change?", tools=offered())
    async with speaking() as (_, sdk):
        whole = await sdk.messages.create(**request)
        async with sdk.messages.stream(**request) as stream:
            kinds = [event.type async for event in stream]
            streamed = await stream.get_final_message()
    blocks = [(block.type, getattr(block, "text", None), getattr(block, "input", None)) for block in whole.content]
    assert [(b.type, getattr(b, "text", None), getattr(b, "input", None)) for b in streamed.content] == blocks
    assert (streamed.stop_reason, streamed.usage.output_tokens) == ("tool_use", whole.usage.output_tokens)
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"


async def test_the_events_come_in_the_real_ones_order():
    headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    body = {**asked("did anything change?", tools=offered("deployments")), "stream": True}
    async with speaking() as (there, _), httpx.AsyncClient(headers=headers) as client:
        answer = await client.post(f"{there.url}/v1/messages", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data")]
    names = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event")]
    assert names == [event["type"] for event in events]
    once = [name for place, name in enumerate(names) if name != names[place - 1]]
    text = ["content_block_start", "content_block_delta", "content_block_stop"]
    assert once == ["message_start", "ping", *text, *text, "message_delta", "message_stop"]
    deltas = [event["delta"]["type"] for event in events if event["type"] == "content_block_delta"]
    assert sorted(set(deltas)) == ["input_json_delta", "text_delta"]
    assert events[0]["message"]["stop_reason"] is None
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    assert events[-2]["usage"]["output_tokens"] > 1


async def test_a_key_may_come_in_either_header():
    async with speaking() as (there, _), httpx.AsyncClient() as client:
        for headers in ({"x-api-key": KEY}, {"Authorization": f"Bearer {KEY}"}):
            answer = await client.post(
                f"{there.url}/v1/messages",
                json=asked("who is on call?"),
                headers={**headers, "anthropic-version": "2023-06-01"},
            )
            assert answer.status_code == 200


async def test_a_tool_is_used_with_arguments_that_its_schema_takes():
    every = tool(
        "query_metrics",
        query=STRING,
        service={"type": "string", "enum": ["ledger", "payment-service"]},
        minutes={"type": "integer"},
        level={"type": ["string", "null"]},
        exact={"type": "boolean"},
        span={"type": "object", "properties": {"hours": {"type": "integer"}}, "additionalProperties": False},
        names={"type": "array", "items": STRING, "minItems": 1},
        kind={"const": "range"},
        either={"anyOf": [{"type": "number"}, {"type": "null"}]},
    )
    async with speaking() as (_, sdk):
        reply = await sdk.messages.create(**asked("is the error rate still up?", tools=[every]))
    use = reply.content[-1]
    assert use.name == "query_metrics"
    assert use.input["query"].startswith('100 * sum(rate(http_requests_total{service="payment-service",code=~')
    assert use.input["service"] == "payment-service"
    assert 0 < use.input["minutes"] <= 360
    assert use.input["exact"] is False
    assert use.input["kind"] == "range"
    assert isinstance(use.input["names"], list)
    assert set(use.input) == set(every["input_schema"]["properties"])


async def test_two_topics_use_two_tools_at_once_unless_that_is_off():
    request = asked("did a deploy raise the latency?", tools=offered())
    async with speaking() as (_, sdk):
        both = await sdk.messages.create(**request)
        one = await sdk.messages.create(**request, tool_choice={"type": "auto", "disable_parallel_tool_use": True})
    assert [block.name for block in both.content[1:]] == ["deployments", "query_metrics"]
    assert len(one.content) == 2
    assert len({block.id for block in (*both.content[1:], one.content[1])}) == 3


@pytest.mark.parametrize(
    ("choice", "used"),
    [({"type": "none"}, []), ({"type": "any"}, ["on_call"]), ({"type": "tool", "name": "show_diff"}, ["show_diff"])],
)
async def test_a_choice_of_tool_is_kept(choice, used):
    async with speaking() as (_, sdk):
        reply = await sdk.messages.create(**asked("who is it?", tools=offered(), tool_choice=choice))
    assert [block.name for block in reply.content if block.type == "tool_use"] == used
    assert (reply.stop_reason == "tool_use") == bool(used)


class Step(BaseModel):
    text: str
    command: str


class Cause(BaseModel):
    service: str
    text: str
    confidence: str
    facts: list[int]
    ruled_out_by: str


class Opinion(BaseModel):
    summary: str
    causes: list[Cause]
    first_steps: list[Step]
    affected: list[str]


async def test_structured_output_says_again_what_the_engine_found():
    async with speaking() as (_, sdk):
        reply = await sdk.messages.parse(**asked(""), output_format=Opinion)
        async with sdk.messages.stream(**asked(""), output_format=Opinion) as stream:
            streamed = await stream.get_final_message()
    found = reply.parsed_output
    assert [(c.service, c.confidence, c.facts) for c in found.causes] == [("payment-service", "high", [1, 2, 3])]
    assert found.first_steps[0].command == "kubectl get deployment payment-service -n payments -o wide"
    assert found.affected == ["payment-service", "checkout-web"]
    assert "23.4 %" in found.summary or "v2.34.1" in found.summary
    assert streamed.content[0].parsed_output == found


async def test_without_a_cause_the_opinion_has_none():
    nothing = {
        "model": SMALL,
        "max_tokens": 300,
        "messages": [user("<facts>\nno cause · confidence unknown\n</facts>")],
    }
    async with speaking() as (_, sdk):
        reply = await sdk.messages.parse(**nothing, output_format=Opinion)
    assert reply.parsed_output.causes == []
    assert reply.parsed_output.first_steps == []


async def test_tokens_are_counted_the_same_before_and_after():
    request = asked("who is on call?", tools=offered(), system="Our own words.")
    async with speaking() as (there, sdk):
        before = await sdk.messages.count_tokens(**{k: v for k, v in request.items() if k != "max_tokens"})
        after = await sdk.messages.create(**request)
    assert before.input_tokens == after.usage.input_tokens
    assert len(there.requests) == 1


async def test_a_marked_prefix_is_written_once_and_read_afterwards():
    request = asked("who is on call?", system=RULES, tools=offered())
    async with speaking() as (_, sdk):
        first = (await sdk.messages.create(**request)).usage
        second = (await sdk.messages.create(**request)).usage
        other = (await sdk.messages.create(**{**request, "model": SMALL})).usage
        fewer = (await sdk.messages.create(**{**request, "tools": offered("on_call")})).usage
    assert first.cache_creation_input_tokens > 1_500
    assert first.cache_read_input_tokens == 0
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (
        0,
        first.cache_creation_input_tokens,
    )
    assert second.input_tokens == first.input_tokens
    assert other.cache_read_input_tokens == fewer.cache_read_input_tokens == 0


async def test_a_mark_that_moves_on_reads_what_was_written_before_it():
    mark = {"cache_control": {"type": "ephemeral"}}
    long = {"type": "text", "text": "A question with much behind it. " * 200}
    async with speaking() as (_, sdk):
        first = (await sdk.messages.create(**asked("", messages=[user([{**long, **mark}])]))).usage
        more = [user([long]), assistant("An answer."), user([{"type": "text", "text": "And more. " * 50, **mark}])]
        second = (await sdk.messages.create(**asked("", messages=more))).usage
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens > 1_500
    assert 0 < second.cache_creation_input_tokens < 200


async def test_a_short_prefix_is_not_cached():
    short = [{"type": "text", "text": "Few words.", "cache_control": {"type": "ephemeral"}}]
    async with speaking() as (_, sdk):
        for _ in range(2):
            usage = (await sdk.messages.create(model=LARGE, max_tokens=9, system=short, messages=[user("x")])).usage
            assert (usage.cache_creation_input_tokens, usage.cache_read_input_tokens) == (0, 0)


async def test_thinking_comes_first_and_is_taken_back_only_unchanged():
    request = asked("did anything change?", tools=offered("deployments"), thinking={"type": "adaptive"})
    async with speaking() as (_, sdk):
        reply = await sdk.messages.create(**request)
        assert [block.type for block in reply.content] == ["thinking", "text", "tool_use"]
        blocks = [block.model_dump(exclude_none=True) for block in reply.content]
        result = user([{"type": "tool_result", "tool_use_id": blocks[2]["id"], "content": "no changes"}])
        more = [*request["messages"], assistant(blocks), result]
        assert (await sdk.messages.create(**{**request, "messages": more})).stop_reason == "end_turn"
        blocks[0]["thinking"] += " And something else."
        with pytest.raises(anthropic.BadRequestError, match="Invalid `signature` in `thinking` block"):
            await sdk.messages.create(**{**request, "messages": more})


async def test_max_tokens_of_the_request_cuts_the_answer():
    async with speaking() as (_, sdk):
        reply = await sdk.messages.create(**{**asked("what is the error rate?"), "max_tokens": 5})
    assert (reply.stop_reason, reply.usage.output_tokens) == ("max_tokens", 5)


async def test_a_fault_may_be_for_one_model_only():
    async with speaking() as (there, sdk):
        there.faults.add(Fault("overloaded", model="claude-sonnet-*"))
        assert (await sdk.messages.create(**{**asked("who?"), "model": SMALL})).stop_reason == "end_turn"
        with pytest.raises(anthropic.OverloadedError):
            await sdk.messages.create(**asked("who?"))
        assert (await sdk.messages.create(**asked("who?"))).stop_reason == "end_turn"
        assert len(there.requests) == 3
