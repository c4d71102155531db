"""Whether a request has the shape that the SDK's own types give it, with nothing more in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from anthropic import types
from anthropic.types.message_count_tokens_params import MessageCountTokensParams
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from anthropic.types.model_param import ModelParam
from pydantic import TypeAdapter
from pydantic_core import ErrorDetails, SchemaValidator, ValidationError

from playground.claude.errors import invalid, not_found

MODELS: frozenset[str] = frozenset(get_args(get_args(ModelParam)[0]))
"""Those that the SDK names."""
Json = dict[str, Any]

_BLOCKS: Mapping[str, type] = {
    "text": types.TextBlockParam,
    "image": types.ImageBlockParam,
    "document": types.DocumentBlockParam,
    "thinking": types.ThinkingBlockParam,
    "redacted_thinking": types.RedactedThinkingBlockParam,
    "tool_use": types.ToolUseBlockParam,
    "tool_result": types.ToolResultBlockParam,
}
_CHOICES: Mapping[str, type] = {
    "auto": types.ToolChoiceAutoParam,
    "any": types.ToolChoiceAnyParam,
    "tool": types.ToolChoiceToolParam,
    "none": types.ToolChoiceNoneParam,
}
_ENVELOPE = {"role", "content"}


def check_shape(body: Json, *, counting: bool) -> None:
    """Raises ApiError with a path and a reason, as the real one does: `messages.0.content.0.text.text: Field required`.

    The whole is checked against the type of the SDK's call; what stands in unions (blocks, tools, choices) against the
    one type that its `type` names, so that one fault gives one sentence.
    """
    parts = {"messages": [], "system": "", "tools": [], "tool_choice": {"type": "auto"}}
    _check(_type_of(body, counting=counting), body | {name: rest for name, rest in parts.items() if name in body}, "")
    if body["model"] not in MODELS:
        raise not_found(f"model: {body['model']}")
    _check_messages(body["messages"])
    if not isinstance(body.get("system", ""), str):
        _check_blocks(body["system"], "system", only={"text"})
    for index, tool in enumerate(_list(body.get("tools", []), "tools")):
        if isinstance(tool, dict) and tool.get("type", "custom") not in {"custom", None}:
            raise invalid(f"tools.{index}: this stand-in has no tools of its own, only custom ones")
        _check(types.ToolParam, tool, f"tools.{index}.custom")
    if "tool_choice" in body:
        _check_tagged(_CHOICES, body["tool_choice"], "tool_choice")


def _type_of(body: Json, *, counting: bool) -> type:
    if counting:
        return MessageCountTokensParams
    return MessageCreateParamsStreaming if body.get("stream") is True else MessageCreateParamsNonStreaming


def _check_messages(messages: object) -> None:
    for index, message in enumerate(_list(messages, "messages")):
        where = f"messages.{index}"
        if not isinstance(message, dict):
            raise invalid(f"{where}: Input should be an object")
        for name in sorted(_ENVELOPE - set(message)):
            raise invalid(f"{where}.{name}: Field required")
        for name in sorted(set(message) - _ENVELOPE):
            raise invalid(f"{where}.{name}: Extra inputs are not permitted")
        if message["role"] not in {"user", "assistant"}:
            raise invalid(f"{where}.role: Input should be 'user' or 'assistant'")
        if not isinstance(message["content"], str):
            _check_blocks(message["content"], f"{where}.content", only=set(_BLOCKS))


def _check_blocks(blocks: object, where: str, only: set[str]) -> None:
    allowed = {tag: form for tag, form in _BLOCKS.items() if tag in only}
    for index, block in enumerate(_list(blocks, where)):
        _check_tagged(allowed, block, f"{where}.{index}")


def _check_tagged(forms: Mapping[str, type], value: object, where: str) -> None:
    """Against the one of several forms that its `type` names."""
    tag = value.get("type") if isinstance(value, dict) else None
    if not isinstance(tag, str) or tag not in forms:
        expected = ", ".join(f"'{form}'" for form in forms)
        raise invalid(
            f"{where}: Input tag '{tag}' found using 'type' does not match any of the expected tags: {expected}"
        )
    _check(forms[tag], value, f"{where}.{tag}")


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise invalid(f"{where}: Input should be a valid list")
    return value


# ── the SDK's types, as a door ──


def _check(form: type, value: object, where: str) -> None:
    try:
        _strictly(form).validate_python(value)
    except ValidationError as problem:
        worst = max(problem.errors(include_url=False, include_input=False), key=lambda error: len(error["loc"]))
        path = ".".join((*([where] if where else []), *_path(worst)))
        raise invalid(f"{path}: {worst['msg']}") from None


def _path(error: ErrorDetails) -> list[str]:
    """Names and places, without the names of types that pydantic puts between them for a union's members."""
    return [str(step) for step in error["loc"] if isinstance(step, int) or (step[:1].islower() and "[" not in step)]


@cache
def _strictly(form: type) -> SchemaValidator:
    return SchemaValidator(_closed(TypeAdapter(form).core_schema))


def _closed(schema: Any) -> Any:
    """The same schema, in which an unknown field is an error and an iterable is looked into at once."""
    if isinstance(schema, list | tuple):
        return type(schema)(_closed(part) for part in schema)
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    if closed.get("type") == "generator":
        closed["type"] = "list"
    if closed.get("type") == "typed-dict" and "allow" not in (
        closed.get("extra_behavior"),
        closed.get("config", {}).get("extra_fields_behavior"),
    ):
        closed["extra_behavior"] = "forbid"
    return closed
