"""What is said to a model and what it says: frozen, and the same as JSON after a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.domain.money import Usage
from integrations.contract import ToolSpec


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ToolUse:
    """The model wants a tool used."""

    id: str
    """The model's own; its result carries it."""
    name: str
    arguments: Mapping[str, Any]
    """As the model gave them: not checked yet."""
    kind: Literal["tool_use"] = "tool_use"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a tool: data from outside, fenced and labelled by whoever made this."""

    id: str
    text: str
    failed: bool = False
    kind: Literal["tool_result"] = "tool_result"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A block that has to be sent back as it came, such as the model's thinking with its signature."""

    json: str
    model: str = ""
    """Which one said it: no other can read it."""
    kind: Literal["opaque"] = "opaque"


Block = Text | ToolUse | ToolResult | Opaque


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["user", "assistant"]
    blocks: tuple[Block, ...]


Work = Literal["analysis", "answer", "small"]
"""`analysis` and `answer` go to the large models of the route, `small` (titles, intent) to the small ones."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call. The order system, tools, first message is the stable prefix that is cached."""

    work: Work
    system: str
    """Our own words only: nothing from outside ever stands here."""
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    """Sorted by name, so that the prefix stays the same."""
    most_tokens: int = 2_000
    """Of the reply."""
    schema: Mapping[str, Any] | None = None
    """JSON schema that the reply's text must follow; None: plain text."""
    may_use_tools: bool = True
    """False: it must answer now. The tools stay in the request all the same, so that the cached prefix holds."""

    @property
    def about_tokens(self) -> int:
        """Its input in tokens, without asking anybody: never too few.

        Two bytes of UTF-8 a token. English has four, but hashes, numbers and stack traces come close to two.
        """
        blocks = [block for message in self.messages for block in message.blocks]
        texts = [self.system, *map(_as_sent, blocks), *(f"{tool.name}{tool.description}" for tool in self.tools)]
        shapes = [json.dumps(shape) for shape in (*(dict(tool.parameters) for tool in self.tools), self.schema or {})]
        size = sum(len(text.encode(errors="replace")) for text in (*texts, *shapes))
        return size // 2 + TOKENS_A_BLOCK * (len(blocks) + len(self.tools)) + TOKENS_A_REQUEST


TOKENS_A_BLOCK = 20
"""For what stands around each block and tool: its kind, id and name."""
TOKENS_A_REQUEST = 1_000
"""For what the model's API puts before it of its own, such as how tools are used."""


def _as_sent(block: Block) -> str:
    match block:
        case Text(text) | ToolResult(_, text):
            return text
        case ToolUse(_, name, arguments):
            return name + json.dumps(dict(arguments))
        case Opaque(text):
            return text


Stop = Literal["end_turn", "tool_use", "max_tokens", "refusal", "pause_turn", "context_full"]


@dataclass(frozen=True, slots=True)
class Reply:
    model: str
    """Which one answered."""
    blocks: tuple[Block, ...]
    stop: Stop
    usage: Usage = field(default_factory=Usage)

    @property
    def text(self) -> str:
        """All of its text, in order."""
        return "".join(block.text for block in self.blocks if isinstance(block, Text))

    @property
    def tool_uses(self) -> tuple[ToolUse, ...]:
        return tuple(block for block in self.blocks if isinstance(block, ToolUse))
