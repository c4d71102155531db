"""A talk with a model about one question: what was said, what was asked of tools, and what it cost so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.domain.dialogue import Message, ToolResult
from bot.domain.money import NOTHING, Money, Usage
from bot.domain.question import Source

Why = Literal["turns", "tools", "repeats", "time", "tokens", "stopped", "model", "refusal", ""]
"""What ended a talk before the model had answered of itself; `model`: none answers, or the budget is spent."""


@dataclass(frozen=True, slots=True)
class Used:
    """What one use of a tool came to. `text` is fenced and labelled already."""

    key: str
    """Its name and arguments: the same for the same question."""
    result: ToolResult
    source: Source | None = None
    """None where it failed."""
    flagged: bool = False
    """Whether something in it addresses the assistant."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Everything that was said so far; the next turn is a function of it (`bot.questions.next_turn`)."""

    messages: tuple[Message, ...]
    """The first is ours: what is known, and the question. It is never shortened."""
    sources: tuple[Source, ...]
    """What can be cited, by number."""
    turns: int = 0
    calls: int = 0
    used: Usage = field(default_factory=Usage)
    cost: Money = NOTHING
    answers: Mapping[str, ToolResult] = field(default_factory=dict)
    """What each tool said already, by `Used.key`."""
    times: Mapping[str, int] = field(default_factory=dict)
    """How often each was asked for."""
    flagged: tuple[int, ...] = ()
    """Numbers of the sources in which something addresses the assistant."""
    model: str | None = None
    """Which one spoke last."""
    text: str = ""
    """What it said last."""
    over: bool = False
    why: Why = ""
    words: str = ""
    """For people, where `why` is `model`: which budget, or what is wrong with it."""
