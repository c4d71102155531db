"""An answer of the model's, whole or as a stream of events."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
Stop = Literal["end_turn", "tool_use", "max_tokens", "refusal", "pause_turn", "model_context_window_exceeded"]

PAUSED = "(Paused: send this turn back, and it goes on.)"
"""The text of a turn that is paused; a conversation may end with it."""
_PIECE = re.compile(r"\S*\s*\S*\s*", re.DOTALL)


def signature(thinking: str) -> str:
    """What shows that a block of thinking is ours and was not changed."""
    return hashlib.sha256(f"playground:{thinking}".encode()).hexdigest()


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def thought(words: str) -> Json:
    return {"type": "thinking", "thinking": words, "signature": signature(words)}


@dataclass(frozen=True, slots=True)
class Said:
    """What the script says: blocks as the API has them, and why it stops there."""

    blocks: tuple[Json, ...]
    stop: Stop = "end_turn"

    def cut(self, characters: int, stop: Stop) -> Said:
        """Its first so many characters of text, and no tools."""
        left, kept = characters, []
        for block in self.blocks:
            if block["type"] == "text" and left > 0:
                kept.append(text(block["text"][:left]))
                left -= len(block["text"])
        return Said(tuple(kept), stop)

    @property
    def length(self) -> int:
        """Characters that were written."""
        return sum(len(block.get("text") or block.get("thinking") or json.dumps(block)) for block in self.blocks)

    @property
    def prose(self) -> str:
        return "".join(block["text"] for block in self.blocks if block["type"] == "text")


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said, as an answer to one request. `usage` is the API's JSON, with the output counted."""

    id: str
    model: str
    said: Said
    usage: Json

    def whole(self) -> Json:
        return {**self._frame(), "content": list(self.said.blocks), **self._end(), "usage": self.usage}

    def events(self) -> Iterator[bytes]:
        """The stream, an event at a time."""
        begun = {**self._frame(), "content": [], "stop_reason": None, "stop_sequence": None}
        yield event("message_start", message={**begun, "usage": {**self.usage, "output_tokens": 1}})
        yield event("ping")
        for index, block in enumerate(self.said.blocks):
            yield event("content_block_start", index=index, content_block=_empty(block))
            for delta in _deltas(block):
                yield event("content_block_delta", index=index, delta=delta)
            yield event("content_block_stop", index=index)
        yield event("message_delta", delta=self._end(), usage={"output_tokens": self.usage["output_tokens"]})
        yield event("message_stop")

    def _frame(self) -> Json:
        return {"id": self.id, "type": "message", "role": "assistant", "model": self.model}

    def _end(self) -> Json:
        refused = self.said.stop == "refusal"
        details = {"type": "refusal", "category": None, "explanation": None} if refused else None
        return {"stop_reason": self.said.stop, "stop_sequence": None, "stop_details": details}


def event(kind: str, **fields: Any) -> bytes:
    """One server-sent event, as the API writes it."""
    told = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {told}\n\n".encode()


def _empty(block: Json) -> Json:
    """The block as it begins."""
    match block["type"]:
        case "text":
            return {**block, "text": ""}
        case "thinking":
            return {**block, "thinking": "", "signature": ""}
        case _:
            return {**block, "input": {}}


def _deltas(block: Json) -> Iterator[Json]:
    """What it grows by: two words at a time, or some characters of a tool's input."""
    match block["type"]:
        case "text":
            for piece in _pieces(block["text"]):
                yield {"type": "text_delta", "text": piece}
        case "thinking":
            for piece in _pieces(block["thinking"]):
                yield {"type": "thinking_delta", "thinking": piece}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case _:
            written = json.dumps(block["input"], ensure_ascii=False)
            yield {"type": "input_json_delta", "partial_json": ""}
            for start in range(0, len(written), 12):
                yield {"type": "input_json_delta", "partial_json": written[start : start + 12]}


def _pieces(words: str) -> list[str]:
    return [piece for piece in _PIECE.findall(words) if piece]
