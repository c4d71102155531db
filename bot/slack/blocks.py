"""A briefing as Slack messages: one that stands in the channel, and what did not fit as messages for its thread.

Whatever a briefing holds, no message breaks a limit of Slack's and no line is lost. Limits as in Slack's Block Kit
reference (text object 3,000 characters, 50 blocks) and its `chat.update` page (text 4,000 characters), each kept with
room to spare and counted in UTF-16 units, which is never less than what Slack counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.domain.briefing import Briefing
from bot.domain.text import boundary

PIECE = 2_800
"""Of one block's text; the rest of Slack's 3,000 is for the marker and for closing a fence."""
BLOCKS = 45
TOTAL = 8_500
"""Of all blocks of one message. Slack documents no figure; 9,597 were seen to pass and 11,341 to be refused."""
FALLBACK = 3_500
MORE = "… more in the thread"
_FENCE = "```"
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_ATOM = re.compile(r"<[^<>\n]*>|```[^\n]*?```|`[^`\n]*`|&\w{1,6};|\s+|[^\s<&`]+|.", re.DOTALL)

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """What `chat.postMessage` takes: `text` is the fallback that notifications show."""

    text: str
    blocks: tuple[Block, ...]
    more: tuple[Message, ...] = ()
    """For the thread behind it, in order; these have nothing more themselves."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A headline, section or footer, cut into texts that each fit into a block; never empty."""

    kind: Literal["section", "context"]
    pieces: tuple[str, ...]
    title: str = ""

    @property
    def first(self) -> str:
        return self.pieces[0] if len(self.pieces) == 1 else f"{self.pieces[0]}\n{MORE}"

    def after(self, pieces: int) -> Iterator[str]:
        """What comes after so many pieces, under the title again."""
        named = f"*{self.title}*, continued\n" if self.title and pieces else ""
        for piece in self.pieces[pieces:]:
            yield named + piece
            named = ""


def render(briefing: Briefing) -> Message:
    """The message and what has to follow it in its thread. Never raises, whatever the briefing holds."""
    parts = _parts(briefing)
    standing = _standing(parts)
    blocks = [_block(parts[index].kind, parts[index].first) for index in standing]
    if len(standing) < len(parts):
        blocks.append(_block("context", MORE))
    rest = [piece for index, part in enumerate(parts) for piece in part.after(1 if index in standing else 0)]
    return Message(_fallback(briefing.plain), tuple(blocks or [_block("section", "…")]), tuple(_thread(rest)))


def _parts(briefing: Briefing) -> list[_Part]:
    head = _part("section", (briefing.headline,))
    foot = _part("context", (briefing.footer or "",))
    middle = (_part("section", section.text, section.title or "") for section in briefing.sections)
    return [part for part in (head, *middle, foot) if part.pieces]


def _part(kind: Literal["section", "context"], lines: Iterable[str], title: str = "") -> _Part:
    return _Part(kind, tuple(pack(lines, PIECE)), " ".join(_sendable(title).split())[:60].replace("*", ""))


def _standing(parts: Sequence[_Part]) -> list[int]:
    """Which parts stand in the message: the first, the last, and of those between all that still fit."""
    ends = {0, len(parts) - 1} if parts else set()
    room = TOTAL - sum(size(parts[index].first) for index in ends)
    standing = set(ends)
    for index, part in enumerate(parts):
        if index not in ends and len(standing) < BLOCKS and size(part.first) <= room:
            standing.add(index)
            room -= size(part.first)
    return sorted(standing)


def _thread(rest: Iterable[str]) -> Iterator[Message]:
    """The rest, as few messages as can hold it."""
    blocks: list[Block] = []
    room = TOTAL
    for piece in rest:
        if blocks and (len(blocks) == BLOCKS or size(piece) > room):
            yield _continued(blocks)
            blocks, room = [], TOTAL
        blocks.append(_block("section", piece))
        room -= size(piece)
    if blocks:
        yield _continued(blocks)


def _continued(blocks: Sequence[Block]) -> Message:
    first: str = blocks[0]["text"]["text"]
    return Message(_fallback(first.partition("\n")[0]), tuple(blocks))


def _block(kind: Literal["section", "context"], text: str) -> Block:
    """`verbatim` keeps Slack from making links, channels and names out of plain words; `expand` from folding them."""
    mrkdwn = {"type": "mrkdwn", "text": text, "verbatim": True}
    if kind == "context":
        return {"type": "context", "elements": [mrkdwn]}
    return {"type": "section", "text": mrkdwn, "expand": True}


def _fallback(plain: str) -> str:
    first, *more = list(pack((plain,), FALLBACK)) or ["…"]
    return f"{first}…" if more else first


# ── cutting ──────────────────────────────────────────────────────────────────────────────────────


def size(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def pack(lines: Iterable[str], limit: int) -> Iterator[str]:
    """The lines as texts of at most `limit` units: cut between lines, else words, else letters.

    A code span or fence that is cut is closed before the cut and opened again behind it. Blank texts are left out.
    """
    room = limit - 2 * (len(_FENCE) + 1)
    held: list[str] = []
    fenced = False
    for line in (part for text in lines for part in _sendable(text).split("\n")):
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


def _sendable(text: str) -> str:
    """Without what JSON or Slack cannot carry: control characters and halves of surrogate pairs."""
    return _UNSENDABLE.sub(lambda found: "\n" if found[0] == "\r" else "\ufffd", text.replace("\r\n", "\n"))
