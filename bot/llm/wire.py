"""A dialogue as the Messages API wants it (pure): what is masked, what is cached, what is left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.domain.dialogue import Block, Message, Opaque, Request, Text, ToolResult, ToolUse
from bot.llm.families import effort, family
from integrations.contract import ToolSpec

Mask = Callable[[str], str]
Json = dict[str, Any]

CACHED: Json = {"type": "ephemeral"}
"""The prefix up to here is kept for five minutes. At most four marks in a request."""


def request(asked: Request, model: str, mask: Mask) -> Json:
    """The arguments of the SDK's `messages.stream`. All that came from outside is masked; the system's words are ours.

    Four marks: the last tool and the system are the same for every question, the first message for every turn of one
    answer, and the last one grows.
    """
    made = family(model)
    messages = [_message(one, model, mask) for one in asked.messages]
    messages = [one for one in messages if one["content"]]
    for marked in (messages[:1] + messages[-1:]) if len(messages) > 1 else messages:
        _mark(marked["content"])
    sent: Json = {
        "model": model,
        "max_tokens": asked.most_tokens + made.room,
        "system": [{"type": "text", "text": asked.system, "cache_control": CACHED}],
        "messages": messages,
        **made.asks,
    }
    if asked.tools:
        sent["tools"] = _tools(asked.tools)
        sent["tool_choice"] = {"type": "auto" if asked.may_use_tools else "none"}
    if shape := _output(asked, effort(asked.work) if made.effort else None):
        sent["output_config"] = shape
    return sent


def _output(asked: Request, effort_made: str | None) -> Json:
    shape: Json = {} if effort_made is None else {"effort": effort_made}
    if asked.schema is not None:
        shape["format"] = {"type": "json_schema", "schema": dict(asked.schema)}
    return shape


def _tools(specs: Sequence[ToolSpec]) -> list[Json]:
    tools: list[Json] = [
        {"name": one.name, "description": one.description, "input_schema": dict(one.parameters), "strict": True}
        for one in sorted(specs, key=lambda spec: spec.name)
    ]
    tools[-1]["cache_control"] = CACHED
    return tools


def _message(message: Message, model: str, mask: Mask) -> Json:
    """The results of tools stand first, as the API wants them; what is empty or another model's is left out."""
    ordered = sorted(message.blocks, key=lambda block: not isinstance(block, ToolResult))
    blocks = [_block(block, model, mask) for block in ordered]
    return {"role": message.role, "content": [block for block in blocks if block is not None]}


def _block(block: Block, model: str, mask: Mask) -> Json | None:
    match block:
        case Text(text):
            return {"type": "text", "text": mask(text)} if text.strip() else None
        case ToolUse(id, name, arguments):
            return {"type": "tool_use", "id": id, "name": name, "input": masked(dict(arguments), mask)}
        case ToolResult(id, text, failed):
            return {"type": "tool_result", "tool_use_id": id, "content": mask(text), "is_error": failed}
        case Opaque(kept, author):
            # signed over its words: it goes back as it came, and what it was made of had been masked
            return dict(json.loads(kept)) if author in ("", model) else None


def _mark(content: list[Json]) -> None:
    """On the last block that may carry a mark."""
    for block in reversed(content):
        if block["type"] in ("text", "tool_use", "tool_result"):
            block["cache_control"] = CACHED
            return


def masked(value: Any, mask: Mask) -> Any:
    """The same JSON with every text in it masked, the names of its fields too."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask(str(key)): masked(item, mask) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item, mask) for item in value]
    return value
