"""What a model answered, held against what exists: sources that are there, commands that were checked (pure)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from runbooks.safe_commands import is_safe, looks_like_a_command

_IDS = re.compile(r"\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]")
_SENTENCE = re.compile(r"\s*(?:.*?[.!?。！？](?:\*\*|[\"')*_])?(?:\s*\[\d{1,4}\])*(?=\s|$)|.+$)")
"""A citation behind the full stop belongs to the sentence before it."""
_FENCED = re.compile(r"```[\w-]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
UNCHECKED = " (not checked)"


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer that may be shown. `text` is still the model's: it has to be made safe for where it is shown."""

    text: str
    cited: tuple[int, ...]
    """The sources that it rests on, in the order of their numbers."""
    dropped: int
    """How many sentences were left out because they cited a source that does not exist."""


def check_answer(text: str, known: Collection[int]) -> Checked:
    """The answer without sentences that cite what is not in `known`, and with its commands marked."""
    kept: list[str] = []
    dropped = 0
    for line in _one_a_line(text).splitlines():
        sentences = _SENTENCE.findall(_apart(line))
        good = [sentence for sentence in sentences if set(_ids(sentence)) <= set(known)]
        dropped += len(sentences) - len(good)
        if good or not line.strip():
            kept.append("".join(good).rstrip())
    told = _SPAN.sub(_marked, "\n".join(kept)).strip()
    return Checked(told, tuple(sorted(set(_ids(told)))), dropped)


def _one_a_line(text: str) -> str:
    """A block of commands becomes a command a line, each in its own span."""
    return _FENCED.sub(lambda block: "\n".join(f"`{line}`" for line in _lines(block[1])), text)


def _lines(block: str) -> list[str]:
    return [line.strip().replace("`", "'") for line in block.splitlines() if line.strip()]


def _apart(line: str) -> str:
    """`[3, 4]` as `[3] [4]`, which is how sources are shown."""
    return _IDS.sub(lambda found: " ".join(f"[{int(id_)}]" for id_ in found[1].split(",")), line)


def _ids(text: str) -> list[int]:
    return [int(id_) for found in _IDS.findall(text) for id_ in found.split(",")]


def _marked(span: re.Match[str]) -> str:
    command = span[1].strip()
    if looks_like_a_command(command) and not is_safe(command):
        return f"{span[0]}{UNCHECKED}"
    return span[0]
