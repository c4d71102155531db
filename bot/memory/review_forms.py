"""The form in which somebody puts right what was learnt, and what they sent off (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.memory import Learnt, Memory
from bot.domain.said import Field, Form
from runbooks.loader import read

A_BOX = 2_500
"""Characters in one box, so that people can add some."""
FULL_BOX = 3_000
"""UTF-16 units that Slack takes: a box with more would begin empty, and what was in it be lost with the tap."""
LONGEST = 50_000
"""Characters of all boxes: a form may have a hundred, and 250 kB."""


def form_of(does: str, one: Learnt, text: str, memory: Memory | None = None) -> Form | None:
    """With all of its text; None where that is longer than a form can be."""
    fields = _fields(text, memory)
    if len(text) > LONGEST or any(len(field.value.encode("utf-16-le", "replace")) > 2 * FULL_BOX for field in fields):
        return None
    return Form(does, one.id, "Put it right", "Keep it", fields)


def sent_off(texts: Mapping[str, str]) -> str:
    """The text of all boxes, in their order."""
    named = {int(name.removeprefix("text") or 1): said for name, said in texts.items() if name.startswith("text")}
    return "\n".join(said for _, said in sorted(named.items())).strip()


def wrong_with(one: Learnt, text: str) -> str:
    """Why it cannot be kept so; empty: it can."""
    if not text:
        return "" if one.kind == "memory" else "is needed; to drop it, reject it"
    if one.kind != "runbook":
        return ""
    library = read(text)
    if library.problems:
        return f"line {library.problems[0].line}: {library.problems[0].message}"
    return "" if len(library.runbooks) == 1 else "must be one runbook"


def _fields(text: str, memory: Memory | None) -> tuple[Field, ...]:
    if memory is not None:
        cause = Field("text", "What was the cause?", value=memory.cause, required=False, long=True)
        return (cause, Field("fixed", "What fixed it?", value=memory.resolution, required=False, long=True))
    boxes = list(_boxes(text))
    labels = ["Text"] if len(boxes) == 1 else [f"Text, {number} of {len(boxes)}" for number, _ in enumerate(boxes, 1)]
    names = ["text", *(f"text{number}" for number in range(2, len(boxes) + 1))]
    return tuple(
        Field(name, label, value=box, long=True) for name, label, box in zip(names, labels, boxes, strict=True)
    )


def _boxes(text: str) -> Iterator[str]:
    """Cut between lines, so that joined by line breaks they are the text again."""
    lines: list[str] = []
    for line in text.rstrip().split("\n"):
        if lines and sum(len(one) + 1 for one in lines) + len(line) > A_BOX:
            yield "\n".join(lines)
            lines = []
        lines.append(line)
    yield "\n".join(lines)
