"""What the API asks of a request beyond its shape: of its tools, its marks for the cache, its schema and its limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from playground.claude.conversation import check_conversation
from playground.claude.errors import invalid
from playground.claude.schema import check_object, check_strict
from playground.claude.shape import Json, check_shape

MOST_OUTPUT = 128_000
MOST_MARKS = 4
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_THINKING_AT_LEAST = 1_024


def check(body: object, *, counting: bool = False) -> Json:
    """The body, when the real API would take it. Raises ApiError.

    Stricter than the real one in one thing: roles have to alternate, where the real one joins neighbours of one role.
    """
    if not isinstance(body, dict):
        raise invalid("Input should be a valid dictionary or object to extract fields from")
    check_shape(body, counting=counting)
    if not counting:
        _check_limits(body)
    _check_tools(body)
    _check_output(body)
    _check_marks(body)
    check_conversation(body["messages"])
    return body


def _check_limits(body: Json) -> None:
    most = body["max_tokens"]
    if most < 0 or (most == 0 and body.get("stream")):
        raise invalid("max_tokens: Input should be greater than or equal to 1")
    if most > MOST_OUTPUT:
        raise invalid(
            f"max_tokens: {most} > {MOST_OUTPUT}, which is the maximum allowed number of output tokens "
            f"for {body['model']}"
        )
    thinking = body.get("thinking", {})
    if thinking.get("type") == "enabled":
        budget = thinking["budget_tokens"]
        if budget < _THINKING_AT_LEAST:
            raise invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
        if budget >= most:
            raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _check_tools(body: Json) -> None:
    tools: Sequence[Json] = body.get("tools", [])
    for index, tool in enumerate(tools):
        where = f"tools.{index}.custom"
        if not _NAME.fullmatch(tool["name"]):
            raise invalid(f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        check_object(tool["input_schema"], f"{where}.input_schema")
        if tool.get("strict"):
            check_strict(tool["input_schema"], f"{where}.input_schema")
    names = [tool["name"] for tool in tools]
    if len(set(names)) < len(names):
        raise invalid("tools: Tool names must be unique.")
    choice = body.get("tool_choice")
    if choice and not tools:
        raise invalid("tool_choice may only be specified while providing `tools`.")
    if choice and choice["type"] == "tool" and choice["name"] not in names:
        raise invalid(f"Tool '{choice['name']}' not found in provided tools")


def _check_output(body: Json) -> None:
    form = body.get("output_config", {}).get("format")
    if form:
        check_strict(form["schema"], "output_config.format.schema")


def _check_marks(body: Json) -> None:
    marked = sum(bool(part.get("cache_control")) for part in _markable(body)) + bool(body.get("cache_control"))
    if marked > MOST_MARKS:
        raise invalid(f"A maximum of {MOST_MARKS} blocks with cache_control may be provided. Found {marked}.")


def _markable(body: Json) -> Iterator[Json]:
    system = body.get("system", [])
    yield from body.get("tools", [])
    yield from [] if isinstance(system, str) else system
    for message in body["messages"]:
        yield from [] if isinstance(message["content"], str) else message["content"]
