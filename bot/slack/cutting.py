"""Long texts cut into pieces that fit into a block of Slack's, no code span or fence left open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.domain.text import boundary
from bot.slack.words import sendable, size

PIECE = 2_800
"""Of one block's text; the rest of Slack's 3,000 is for the marker and for closing a fence."""
_FENCE = "```"
_ATOM = re.compile(r"<[^<>\n]*>|```[^\n]*?```|`[^`\n]*`|&\w{1,6};|\s+|[^\s<&`]+|.", re.DOTALL)


def pack(lines: Iterable[str], limit: int) -> Iterator[str]:
    """The lines as texts of at most `limit` units: cut between lines, else words, else letters.

    A code span or fence that is cut is closed before the cut and opened again behind it. Blank texts are left out.
    """
    room = limit - 2 * (len(_FENCE) + 1)
    held: list[str] = []
    fenced = False
    for line in (part for text in lines for part in sendable(text).split("\n")):
        closing = fenced and line.strip() == _FENCE
        for part in _letters(line, room) if fenced else _words(line, room):
            if held and not closing and size("\n".join(held)) + 1 + size(part) > room:
                yield from _text((*held, _FENCE) if fenced else held)
                held = [_FENCE] if fenced else []
            held.append(part)
        fenced ^= line.count(_FENCE) % 2 == 1
    yield from _text((*held, _FENCE) if fenced else held)


def _text(lines: Iterable[str]) -> Iterator[str]:
    text = "\n".join(lines)
    if text.replace(_FENCE, "").strip():
        yield text


def _words(line: str, limit: int) -> Iterator[str]:
    """The line in parts of at most `limit`, no link, entity or code span cut open that would fit whole."""
    if size(line) <= limit:
        yield line
        return
    held = ""
    for atom in _ATOM.findall(line):
        for part in _inside(atom, limit):
            if held and size(held) + size(part) > limit:
                yield held
                held = ""
            held += part
    if held.strip():
        yield held


def _inside(atom: str, limit: int) -> Iterator[str]:
    """An atom that is too long by itself: a code span in several spans, anything else between letters."""
    if size(atom) <= limit:
        yield atom
        return
    mark = next((mark for mark in (_FENCE, "`") if atom.startswith(mark) and atom.endswith(mark)), "")
    inner = atom[len(mark) : len(atom) - len(mark)] if mark else atom
    cut = _words if mark else _letters
    for part in cut(inner, limit - 2 * len(mark)):
        yield f"{mark}{part}{mark}"


def _letters(text: str, limit: int) -> Iterator[str]:
    while size(text) > limit:
        at = boundary(text, limit if text[:limit].isascii() else limit // 2)
        yield text[:at]
        text = text[at:]
    yield text
