"""Whether messages make a conversation: whose turn it is, and that tools and their results belong together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from playground.claude.errors import invalid
from playground.claude.reply import PAUSED, signature
from playground.claude.shape import Json


def blocks_of(message: Json) -> list[Json]:
    """A message's blocks; a plain text is one."""
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def check_conversation(messages: Sequence[Json]) -> None:
    """Raises ApiError in the words of the real one."""
    if not messages:
        raise invalid("messages: at least one message is required")
    _check_turns(messages)
    for index, message in enumerate(messages):
        _check_texts(message, index)
        _check_thinking(message, index)
        _check_uses(messages, index)
        _check_results(messages, index)


def _check_turns(messages: Sequence[Json]) -> None:
    roles = [message["role"] for message in messages]
    if roles[0] != "user":
        raise invalid('messages: first message must use the "user" role')
    for before, after in pairwise(roles):
        if before == after:
            raise invalid(
                'messages: roles must alternate between "user" and "assistant", '
                f'but found multiple "{after}" roles in a row'
            )
    last = blocks_of(messages[-1])
    paused = last and last[-1].get("text") == PAUSED
    if roles[-1] == "assistant" and not paused:
        raise invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def _check_texts(message: Json, index: int) -> None:
    blocks = blocks_of(message)
    if not blocks or message["content"] == "":
        raise invalid(f"messages.{index}: all messages must have non-empty content")
    inside = [
        part
        for block in blocks
        if block["type"] == "tool_result" and not isinstance(block.get("content", ""), str)
        for part in block["content"]
    ]
    for block in (*blocks, *inside):
        if block["type"] != "text":
            continue
        if not block["text"]:
            raise invalid("messages: text content blocks must be non-empty")
        if not block["text"].strip():
            raise invalid("messages: text content blocks must contain non-whitespace text")


def _check_thinking(message: Json, index: int) -> None:
    for place, block in enumerate(blocks_of(message)):
        if block["type"] == "thinking" and block["signature"] != signature(block["thinking"]):
            raise invalid(f"messages.{index}.content.{place}: Invalid `signature` in `thinking` block")


def _check_uses(messages: Sequence[Json], index: int) -> None:
    """Every use has its result in the next message, before anything else there."""
    uses = [block["id"] for block in blocks_of(messages[index]) if block["type"] == "tool_use"]
    if not uses:
        return
    if messages[index]["role"] != "assistant":
        raise invalid(f"messages.{index}: `tool_use` blocks can only be in `assistant` messages")
    answered = _leading_results(messages[index + 1]) if index + 1 < len(messages) else []
    if missing := [use for use in uses if use not in answered]:
        raise invalid(
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
            "message."
        )


def _check_results(messages: Sequence[Json], index: int) -> None:
    """Every result belongs to a use of the message before, and no use has two."""
    before = messages[index - 1] if index else None
    uses = {block["id"] for block in blocks_of(before) if block["type"] == "tool_use"} if before else set()
    seen: set[str] = set()
    for place, block in enumerate(blocks_of(messages[index])):
        if block["type"] != "tool_result":
            continue
        told = block["tool_use_id"]
        if told not in uses:
            raise invalid(
                f"messages.{index}.content.{place}: unexpected `tool_use_id` found in `tool_result` blocks: {told}. "
                "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if told in seen:
            raise invalid(
                f"messages.{index}.content.{place}: each tool_use must have a single result. Found multiple "
                f"`tool_result` blocks with id: {told}"
            )
        seen.add(told)


def _leading_results(message: Json) -> list[str]:
    found = []
    for block in blocks_of(message):
        if block["type"] != "tool_result":
            break
        found.append(block["tool_use_id"])
    return found
