"""The door to the model over a real socket and through the real SDK: what is sent, and what is made of the answer."""

from __future__ import annotations

import json

import pytest

from bot.domain.dialogue import Message, Opaque, Request, Text, ToolResult, ToolUse
from bot.domain.money import Usage
from integrations.contract import ToolSpec
from tests.llm.api import KEY, LARGE, SMALL, api, block, claude, event, says, start, text, tool

NOTHING = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
QUESTION = Message("user", (Text("<question>why?</question>"),))
TOOLS = (ToolSpec("search_logs", "Lines.", NOTHING), ToolSpec("query_metrics", "Figures.", NOTHING))


def asks(*messages, **fields):
    return Request("answer", "Answer briefly.", messages or (QUESTION,), **fields)


async def said(answer, request=None, model=LARGE, **how):
    """The reply to one request, and the server that was asked."""
    async with api() as server, claude(server) as model_door:
        server.give(answer)
        return await model_door.say(request or asks(), model, **how), server


def marks(body):
    """Where the request says that its prefix is to be cached."""
    places = [(f"tool {one['name']}", one) for one in body.get("tools", [])]
    places += [("system", one) for one in body["system"]]
    places += [
        (f"message {index}.{place}", one)
        for index, message in enumerate(body["messages"])
        for place, one in enumerate(message["content"])
    ]
    return [name for name, one in places if "cache_control" in one]


async def test_an_answer_streams_and_tells_its_tokens():
    heard, used = [], []
    reply, server = await said(
        says(text(0, "The ", "gateway ", "changed.")), on_text=heard.append, on_usage=used.append
    )
    assert (reply.text, reply.stop, reply.model) == ("The gateway changed.", "end_turn", LARGE)
    assert reply.usage == Usage(input=100, output=7, cache_read=30, cache_write=20)
    assert heard[0] == "The "
    assert heard[-1] == "The gateway changed."
    assert used[0] == Usage(100, 1, 30, 20)
    assert used[-1] == reply.usage
    assert server.bodies[0]["stream"] is True
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_text_is_told_at_most_every_fifth_of_a_second_and_at_the_end():
    heard, moments = [], iter([0.0, 0.0, 0.1, 0.3, 0.3, 0.4, 0.4])
    async with api() as server, claude(server, now=lambda: next(moments)) as door:
        server.give(says(text(0, "a", "b", "c", "d")))
        await door.say(asks(), LARGE, heard.append)
    assert heard == ["a", "abc", "abcd"]


async def test_tools_are_sorted_strict_and_used_with_their_arguments():
    answer = says(
        text(0, "I look."),
        tool(1, "search_logs", '{"text": "re', 'fused", "limit": 5}'),
        tool(2, "query_metrics", "{}", number=2),
        stop="tool_use",
    )
    reply, server = await said(answer, asks(tools=TOOLS))
    assert reply.tool_uses == (
        ToolUse("toolu_1", "search_logs", {"text": "refused", "limit": 5}),
        ToolUse("toolu_2", "query_metrics", {}),
    )
    (sent,) = server.bodies
    assert [one["name"] for one in sent["tools"]] == ["query_metrics", "search_logs"]
    assert all(one["strict"] for one in sent["tools"])
    assert sent["tool_choice"] == {"type": "auto"}


async def test_tools_stay_in_a_request_that_may_not_use_them():
    _, server = await said(says(text(0, "x")), asks(tools=TOOLS, may_use_tools=False))
    assert len(server.bodies[0]["tools"]) == 2
    assert server.bodies[0]["tool_choice"] == {"type": "none"}


async def test_structured_output_is_asked_for_by_its_schema():
    reply, server = await said(says(text(0, '{"summary": ', '"x"}')), asks(schema=NOTHING))
    assert server.bodies[0]["output_config"]["format"] == {"type": "json_schema", "schema": NOTHING}
    assert json.loads(reply.text) == {"summary": "x"}


LATER = (
    Message("assistant", (Text("I look."), ToolUse("toolu_1", "search_logs", {"text": "x"}))),
    Message("user", (Text("Now answer."), ToolResult("toolu_1", "nothing", failed=True))),
)


@pytest.mark.parametrize(
    ("request_made", "marked"),
    [
        (asks(), ["system", "message 0.0"]),
        (asks(tools=TOOLS), ["tool search_logs", "system", "message 0.0"]),
        (asks(QUESTION, *LATER, tools=TOOLS), ["tool search_logs", "system", "message 0.0", "message 2.1"]),
    ],
)
async def test_the_stable_prefix_and_the_growing_end_are_cached(request_made, marked):
    _, server = await said(says(text(0, "x")), request_made)
    assert marks(server.bodies[0]) == marked


async def test_results_of_tools_stand_first_in_their_message_and_say_that_they_failed():
    _, server = await said(says(text(0, "x")), asks(QUESTION, *LATER))
    first, second = server.bodies[0]["messages"][2]["content"]
    assert (first["type"], first["tool_use_id"], first["content"], first["is_error"]) == (
        "tool_result",
        "toolu_1",
        "nothing",
        True,
    )
    assert second["text"] == "Now answer."


async def test_empty_texts_are_left_out_for_the_api_refuses_them():
    _, server = await said(says(text(0, "x")), asks(QUESTION, Message("assistant", (Text(" "),)), QUESTION))
    assert [one["role"] for one in server.bodies[0]["messages"]] == ["user", "user"]


THOUGHT = {"type": "thinking", "thinking": "a password=hunter2hunter2 stands there", "signature": "c2lnbmVk"}


def thinking(index):
    first = {"type": "thinking", "thinking": "", "signature": ""}
    deltas = (
        {"type": "thinking_delta", "thinking": THOUGHT["thinking"]},
        {"type": "signature_delta", "signature": "c2lnbmVk"},
    )
    return block(index, first, *deltas)


async def test_what_is_opaque_goes_back_as_it_came_but_only_to_the_model_that_said_it():
    unknown = block(1, {"type": "something_new", "data": {"deep": [1]}})
    redacted = block(2, {"type": "redacted_thinking", "data": "abc"})
    async with api() as server, claude(server) as door:
        server.give(says(thinking(0), unknown, redacted, text(3, "Yes.")), says(text(0, "a")), says(text(0, "b")))
        reply = await door.say(asks(), LARGE)
        assert [type(one) for one in reply.blocks] == [Opaque, Opaque, Opaque, Text]
        again = asks(QUESTION, Message("assistant", reply.blocks), QUESTION)
        await door.say(again, LARGE)
        await door.say(again, SMALL)
    back = [body["messages"][1]["content"] for body in server.bodies[1:]]
    assert back[0] == [
        THOUGHT,
        {"type": "something_new", "data": {"deep": [1]}},
        {"type": "redacted_thinking", "data": "abc"},
        {"type": "text", "text": "Yes."},
    ]
    assert back[1] == [{"type": "text", "text": "Yes."}]


@pytest.mark.parametrize(
    ("told", "stop"),
    [
        ("end_turn", "end_turn"),
        ("stop_sequence", "end_turn"),
        ("tool_use", "tool_use"),
        ("max_tokens", "max_tokens"),
        ("refusal", "refusal"),
        ("pause_turn", "pause_turn"),
        ("model_context_window_exceeded", "context_full"),
        ("of_next_year", "end_turn"),
    ],
)
async def test_every_reason_to_stop_is_understood(told, stop):
    reply, _ = await said(says(text(0, "x"), stop=told))
    assert (reply.stop, reply.text) == (stop, "x")


@pytest.mark.parametrize("stop", ["max_tokens", "refusal", "model_context_window_exceeded"])
async def test_a_tool_that_may_have_been_cut_is_not_used(stop):
    reply, _ = await said(says(text(0, "x"), tool(1, "search_logs", '{"text": "refu'), stop=stop), asks(tools=TOOLS))
    assert reply.tool_uses == ()


@pytest.mark.parametrize(
    ("model", "thinking", "effort", "tokens"),
    [
        ("claude-sonnet-5-5", {"type": "between_tools"}, "medium", 2_000),
        ("claude-haiku-5-5", {"type": "disabled"}, "medium", 2_000),
        ("claude-opus-5-5", None, "medium", 6_000),
        ("claude-haiku-4-5-20251001", None, None, 2_000),
        ("claude-sonnet-5-7", None, None, 2_000),
        ("somebody-elses", None, None, 2_000),
    ],
)
async def test_a_model_is_asked_to_think_as_little_as_it_can(model, thinking, effort, tokens):
    _, server = await said(says(text(0, "x")), model=model)
    (sent,) = server.bodies
    assert (sent.get("thinking"), sent.get("output_config", {}).get("effort"), sent["max_tokens"]) == (
        thinking,
        effort,
        tokens,
    )


SECRET = "sk-ant-api03-" + "Q7fK2mXz9LpV4tRw8Yb3" * 2


async def test_no_secret_passes_the_door_in_either_direction():
    called = ToolUse("toolu_1", "search_logs", {"text": f"key {SECRET}", "deep": [{"of": SECRET}]})
    request = asks(
        Message("user", (Text(f"<question>is {SECRET} ours?</question>"),)),
        Message("assistant", (called,)),
        Message("user", (ToolResult("toolu_1", f"api_key={SECRET}\nok"),)),
        tools=TOOLS,
    )
    heard = []
    answer = says(text(0, f"It is {SECRET}"), tool(1, "search_logs", json.dumps({"text": SECRET})), stop="tool_use")
    reply, server = await said(answer, request, on_text=heard.append)
    assert SECRET.encode() not in server.raw[0]
    assert "\nok" in server.bodies[0]["messages"][2]["content"][0]["content"]
    assert SECRET not in repr(reply)
    assert SECRET not in "".join(heard)


async def test_the_system_is_sent_word_for_word():
    _, server = await said(says(text(0, "x")))
    assert [one["text"] for one in server.bodies[0]["system"]] == ["Answer briefly."]


async def test_later_counts_of_tokens_take_the_place_of_the_first():
    last = event(
        "message_delta",
        delta={"stop_reason": "end_turn", "stop_sequence": None},
        usage={
            "output_tokens": 9,
            "input_tokens": 90,
            "cache_read_input_tokens": None,
            "cache_creation_input_tokens": 5,
        },
    )
    answer = says(text(0, "x"))
    answer.events[-2] = last
    reply, _ = await said(answer)
    assert reply.usage == Usage(90, 9, 30, 5)


async def test_counts_that_are_not_told_are_none():
    answer = says(text(0, "x"))
    answer.events[0] = start({"input_tokens": 5, "output_tokens": 1})
    reply, _ = await said(answer)
    assert reply.usage == Usage(5, 7)
