"""What the playground's Claude does not take, in the words of the real one; what is refused is kept."""

from __future__ import annotations

from typing import Any

import anthropic
import httpx
import pytest

from playground.claude.faults import Fault
from tests.playground.asking_claude import KEY, LARGE, STRING, asked, assistant, offered, speaking, tool, user

GOOD: dict[str, Any] = {"model": LARGE, "max_tokens": 100, "messages": [user("Hello")]}
USE = {"type": "tool_use", "id": "toolu_1", "name": "on_call", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "dana"}
MARK = {"cache_control": {"type": "ephemeral"}}


def schema(**changes: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": STRING}, "required": ["a"], "additionalProperties": False, **changes}


def form(told: dict[str, Any]) -> dict[str, Any]:
    return {"output_config": {"format": {"type": "json_schema", "schema": told}}}


def open_tool(**changes: Any) -> dict[str, Any]:
    return {"tools": [{**tool("on_call"), **changes}]}


def talk(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": list(messages), "tools": offered("on_call")}


INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "no max_tokens": ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
    "max_tokens of words": ({"max_tokens": "many"}, "max_tokens: Input should be a valid integer"),
    "too few tokens": ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 1"),
    "too many tokens": ({"max_tokens": 999_999}, "max_tokens: 999999 > 128000, which is the maximum"),
    "temperature": ({"temperature": 0.2}, "temperature: Extra inputs are not permitted"),
    "top_p": ({"top_p": 0.2}, "top_p: Extra inputs are not permitted"),
    "an unknown field": ({"mood": "good"}, "mood: Extra inputs are not permitted"),
    "the old output_format": ({"output_format": {}}, "output_format: Extra inputs are not permitted"),
    "a role of its own": ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be"),
    "no content": ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
    "more in a message": ({"messages": [{**user("x"), "name": "me"}]}, "messages.0.name: Extra inputs"),
    "a block of its own": (
        {"messages": [user([{"type": "words", "text": "x"}])]},
        "messages.0.content.0: Input tag 'words' found using 'type' does not match any of the expected tags: 'text'",
    ),
    "a block without text": (
        {"messages": [user([{"type": "text"}])]},
        "messages.0.content.0.text.text: Field required",
    ),
    "more in a block": (
        {"messages": [user([{"type": "text", "text": "x", "citations_too": 1}])]},
        "messages.0.content.0.text.citations_too: Extra inputs are not permitted",
    ),
    "no messages": ({"messages": []}, "messages: at least one message is required"),
    "the assistant first": (
        {"messages": [assistant("x"), user("y")]},
        'messages: first message must use the "user" role',
    ),
    "a prefill": ({"messages": [user("x"), assistant("y")]}, "does not support assistant message prefill"),
    "two in a row": ({"messages": [user("x"), user("y")]}, 'roles must alternate between "user" and "assistant"'),
    "an empty text": (
        {"messages": [user([{"type": "text", "text": ""}])]},
        "messages: text content blocks must be non-empty",
    ),
    "a blank text": (
        {"messages": [user([{"type": "text", "text": " \n"}])]},
        "messages: text content blocks must contain non-whitespace text",
    ),
    "an empty message": ({"messages": [user("")]}, "messages.0: all messages must have non-empty content"),
    "no blocks": ({"messages": [user([])]}, "messages.0: all messages must have non-empty content"),
    "a use without its result": (
        talk(user("who?"), assistant([USE]), user("go on")),
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1",
    ),
    "words before the result": (
        talk(user("who?"), assistant([USE]), user([{"type": "text", "text": "so:"}, RESULT])),
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1",
    ),
    "one of two results": (
        talk(user("who?"), assistant([USE, {**USE, "id": "toolu_2"}]), user([RESULT])),
        "immediately after: toolu_2",
    ),
    "a result without its use": (
        talk(user([RESULT])),
        "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1",
    ),
    "two results of one use": (
        talk(user("who?"), assistant([USE]), user([RESULT, RESULT])),
        "messages.2.content.1: each tool_use must have a single result",
    ),
    "a use by the user": (
        talk(user([USE]), assistant("x"), user("y")),
        "messages.0: `tool_use` blocks can only be in `assistant` messages",
    ),
    "an empty text in a result": (
        talk(user("x"), assistant([USE]), user([{**RESULT, "content": [{"type": "text", "text": ""}]}])),
        "messages: text content blocks must be non-empty",
    ),
    "more in a result's text": (
        talk(user("x"), assistant([USE]), user([{**RESULT, "content": [{"type": "text", "text": "x", "by": "me"}]}])),
        "by: Extra inputs are not permitted",
    ),
    "a name with a dot": (open_tool(name="on.call"), "tools.0.custom.name: String should match pattern"),
    "no schema": ({"tools": [{"name": "on_call"}]}, "tools.0.custom.input_schema: Field required"),
    "a schema of no object": (
        open_tool(input_schema={"type": "string"}),
        "tools.0.custom.input_schema.type: Input should be 'object'",
    ),
    "a schema that is none": (
        open_tool(strict=False, input_schema={"type": "object", "properties": {"a": {"type": "text"}}}),
        "tools.0.custom.input_schema: JSON schema is invalid",
    ),
    "more in a tool": (open_tool(parameters={}), "tools.0.custom.parameters: Extra inputs are not permitted"),
    "two of a name": ({"tools": offered("on_call") * 2}, "tools: Tool names must be unique."),
    "a tool of the server's": (
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        "no tools of its own",
    ),
    "a choice without tools": ({"tool_choice": {"type": "auto"}}, "tool_choice may only be specified while providing"),
    "a choice of none of them": (
        {"tools": offered("on_call"), "tool_choice": {"type": "tool", "name": "page"}},
        "Tool 'page' not found in provided tools",
    ),
    "a choice of its own": (
        {"tools": offered("on_call"), "tool_choice": {"type": "required"}},
        "tool_choice: Input tag 'required' found using 'type' does not match",
    ),
    "a strict tool that is open": (
        open_tool(input_schema={"type": "object", "properties": {}}),
        "tools.0.custom.input_schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
    "an open schema": (
        form({"type": "object", "properties": {}}),
        "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
    "an open schema further in": (
        form(schema(properties={"a": {"type": "array", "items": {"type": "object", "properties": {}}}})),
        "'additionalProperties' must be explicitly set to false",
    ),
    "a bound": (
        form(schema(properties={"a": {"type": "integer", "minimum": 0}})),
        "output_config.format.schema: For 'integer' type, properties minimum are not supported",
    ),
    "a list of three": (
        form(schema(properties={"a": {"type": "array", "items": STRING, "minItems": 3}})),
        "'minItems' values other than 0 or 1 are not supported",
    ),
    "a property that is not there": (form(schema(required=["a", "b"])), "'required' names b"),
    "a schema of itself": (
        form({"$defs": {"Tree": schema(properties={"a": {"$ref": "#/$defs/Tree"}})}, "$ref": "#/$defs/Tree"}),
        "Recursive schemas are not supported",
    ),
    "a reference to nothing": (form({"$ref": "#/$defs/Tree"}), "names nothing in '$defs'"),
    "five marks": (
        {"messages": [user([{"type": "text", "text": "x", **MARK}] * 5)]},
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    "a system with a picture": (
        {"system": [{"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}}]},
        "system.0: Input tag 'image' found using 'type' does not match any of the expected tags: 'text'",
    ),
    "too little thinking": (
        {"thinking": {"type": "enabled", "budget_tokens": 10}},
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    "more thinking than tokens": (
        {"thinking": {"type": "enabled", "budget_tokens": 2_000}},
        "`max_tokens` must be greater than `thinking.budget_tokens`.",
    ),
    "too long": ({"messages": [user("word " * 900_000)]}, "prompt is too long: 1125000 tokens > 1000000 maximum"),
}


@pytest.mark.parametrize("name", INVALID)
async def test_an_invalid_request_is_refused_in_the_real_ones_words(name):
    changes, words = INVALID[name]
    async with speaking() as (there, sdk):
        with pytest.raises(anthropic.BadRequestError) as raised:
            await sdk.messages.create(**GOOD, extra_body=changes)
        assert raised.value.type == "invalid_request_error"
        assert words in raised.value.api_message
        assert [(one.status, one.message) for one in there.refused] == [(400, raised.value.api_message)]
        assert not there.requests
        assert (await sdk.messages.create(**GOOD)).stop_reason == "end_turn"


async def test_a_model_that_is_not_there_is_not_found():
    async with speaking() as (there, sdk):
        with pytest.raises(anthropic.NotFoundError) as raised:
            await sdk.messages.create(**{**GOOD, "model": "claude-2"})
    assert (raised.value.type, raised.value.api_message) == ("not_found_error", "model: claude-2")
    assert there.refused[0].body["model"] == "claude-2"


async def test_a_wrong_key_is_not_let_in():
    async with speaking(api_key="sk-ant-other") as (there, sdk):
        with pytest.raises(anthropic.AuthenticationError) as raised:
            await sdk.messages.create(**GOOD)
        with pytest.raises(anthropic.AuthenticationError):
            await sdk.messages.count_tokens(model=LARGE, messages=GOOD["messages"])
    body = raised.value.body
    assert body == {
        "type": "error",
        "error": {"type": "authentication_error", "message": "invalid x-api-key"},
        "request_id": raised.value.request_id,
    }
    assert not there.requests
    assert "sk-ant-other" not in repr(there.refused)


async def test_the_version_has_to_be_named():
    async with speaking() as (there, _), httpx.AsyncClient(headers={"x-api-key": KEY}) as client:
        answer = await client.post(f"{there.url}/v1/messages", json=GOOD)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "anthropic-version: header is required")


async def test_what_is_no_json_and_what_is_no_path_are_answered_as_json():
    headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    async with speaking() as (there, _), httpx.AsyncClient(headers=headers) as client:
        broken = await client.post(f"{there.url}/v1/messages", content=b"{oops")
        listed = await client.post(f"{there.url}/v1/messages", json=[1])
        nowhere = await client.post(f"{there.url}/v1/complete", json={})
    assert broken.json()["error"]["message"].startswith("The request body is not valid JSON")
    assert listed.json()["error"]["type"] == "invalid_request_error"
    assert (nowhere.status_code, nowhere.json()["error"]["type"]) == (404, "not_found_error")


async def test_a_refused_request_uses_up_no_fault():
    async with speaking() as (there, sdk):
        there.faults.add(Fault("overloaded"))
        with pytest.raises(anthropic.BadRequestError):
            await sdk.messages.create(**GOOD, extra_body={"temperature": 1})
        with pytest.raises(anthropic.OverloadedError):
            await sdk.messages.create(**GOOD)


async def test_counting_takes_no_max_tokens_and_wants_none():
    async with speaking() as (_, sdk):
        with pytest.raises(anthropic.BadRequestError, match="max_tokens: Extra inputs are not permitted"):
            await sdk.messages.count_tokens(model=LARGE, messages=[user("x")], extra_body={"max_tokens": 1})
        counted = await sdk.messages.count_tokens(model=LARGE, messages=asked("x")["messages"], **form(schema()))
    assert counted.input_tokens > 100
