"""A tool's answer as bounded text: whole lines, and open about what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.contract import TOOL_ANSWER_BYTES

MOST_BYTES = TOOL_ANSWER_BYTES - 500
"""Some room stays for what says that it was cut, and for the marks of what is masked later."""


@dataclass(frozen=True, slots=True)
class Told:
    text: str
    cut: str
    """As in ToolAnswer; the text says it too, in its last line."""


def told(head: Sequence[str], lines: Sequence[str], total: int, what: str, *, newest: bool = False) -> Told:
    """The head, then as many whole lines as fit: the first, or the last where they end with the `newest`.

    `total` is how many `what` (such as «lines») there are in all, `lines` being those that were read.
    """
    room = MOST_BYTES - sum(size(line) + 1 for line in head)
    kept: list[str] = []
    for line in reversed(lines) if newest else lines:
        room -= size(line) + 1
        if room < 0:
            break
        kept.append(line)
    if newest:
        kept.reverse()
    which = "newest" if newest else "first"
    cut = f"the {which} {len(kept):,} of {total:,} {what}" if len(kept) < total else ""
    return Told("\n".join((*head, *kept, *([f"(cut: {cut})"] if cut else []))), cut)


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))


def short(text: str, most: int) -> str:
    """At most so many bytes, cut between words, the cut shown as «…».

    Never within a word: half of a secret is one that nobody recognises and masks.
    """
    if size(text) <= most:
        return text
    whole = text.encode("utf-8", "replace")[: most - 3].decode("utf-8", "ignore")
    if not text[len(whole)].isspace():
        whole = whole[: len(whole) - len(whole.split(" ")[-1].split("\n")[-1].split("\t")[-1])]
    return whole.rstrip() + "…"
