"""A streamed answer of the Messages API, as it comes and when it is whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bot.domain.dialogue import Block, Opaque, Reply, Stop, Text, ToolUse
from bot.domain.money import Usage
from bot.llm.wire import Mask, masked

TELL_EVERY_S = 0.2

_STOPS: dict[str, Stop] = {
    "end_turn": "end_turn",
    "stop_sequence": "end_turn",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "refusal": "refusal",
    "pause_turn": "pause_turn",
    "model_context_window_exceeded": "context_full",
}


class Listening:
    """Takes the events of one stream; tells the text so far, and what has been used."""

    def __init__(
        self,
        on_text: Callable[[str], None],
        on_usage: Callable[[Usage], None],
        mask: Mask,
        now: Callable[[], float],
    ) -> None:
        self._on_text = on_text
        self._on_usage = on_usage
        self._mask = mask
        self._now = now
        self._text: list[str] = []
        self._told: str | None = None
        self._told_at = float("-inf")
        self._bytes = 0
        self.used: Usage | None = None
        """By now; None before the API has said anything of it. Output that it has not yet counted is counted as two
        bytes a token, so never too little."""

    def take(self, event: Any) -> None:
        """One event as the SDK parsed it. Raises what an event of another shape raises."""
        match event.type:
            case "message_start":
                self._use(_usage(event.message.usage))
            case "message_delta" if self.used is not None:
                self._use(_later(self.used, event.usage))
            case "content_block_delta":
                self._grow(event.delta)
            case _:  # where blocks begin and end; pings
                pass

    def finish(self) -> None:
        """Tells what has not been told yet."""
        text = "".join(self._text)
        if text and text != self._told:
            self._tell(text)

    def _grow(self, delta: Any) -> None:
        for name in ("text", "partial_json", "thinking"):
            self._bytes += len((getattr(delta, name, None) or "").encode(errors="replace"))
        if self.used is not None:
            told = self.used
            self._use(Usage(told.input, max(told.output, self._bytes // 2), told.cache_read, told.cache_write))
        if delta.type == "text_delta":
            self._text.append(delta.text)
            if self._now() - self._told_at >= TELL_EVERY_S:
                self._tell("".join(self._text))

    def _tell(self, text: str) -> None:
        self._told, self._told_at = text, self._now()
        self._on_text(self._mask(text))

    def _use(self, usage: Usage) -> None:
        self.used = usage
        self._on_usage(usage)


def reply(message: Any, model: str, mask: Mask) -> Reply | None:
    """The whole message; None where it has no end, because the stream broke off.

    A tool's use counts only where the message ended for it: elsewhere its arguments may have been cut.
    """
    if message.stop_reason is None:
        return None
    stop = _STOPS.get(message.stop_reason, "end_turn")
    blocks = [_block(block, model, mask) for block in message.content]
    whole = stop in ("tool_use", "pause_turn")
    kept = tuple(block for block in blocks if whole or not isinstance(block, ToolUse))
    return Reply(model, kept, stop, _usage(message.usage))


def _block(block: Any, model: str, mask: Mask) -> Block:
    match block.type:
        case "text":
            return Text(mask(block.text))
        case "tool_use":
            return ToolUse(block.id, block.name, masked(dict(block.input), mask))
        case _:
            return Opaque(json.dumps(block.model_dump(mode="json", exclude_none=True), ensure_ascii=False), model)


def _usage(told: Any) -> Usage:
    return Usage(
        told.input_tokens or 0,
        told.output_tokens or 0,
        told.cache_read_input_tokens or 0,
        told.cache_creation_input_tokens or 0,
    )


def _later(before: Usage, told: Any) -> Usage:
    """The later count stands; what it leaves out stays as it was."""
    return Usage(
        before.input if told.input_tokens is None else told.input_tokens,
        told.output_tokens or 0,
        before.cache_read if told.cache_read_input_tokens is None else told.cache_read_input_tokens,
        before.cache_write if told.cache_creation_input_tokens is None else told.cache_creation_input_tokens,
    )
