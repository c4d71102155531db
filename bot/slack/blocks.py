"""A briefing as Slack messages: one that stands in the channel, and what did not fit as messages for its thread.

Whatever a briefing holds, no message breaks a limit of Slack's and no line is lost. Limits as in Slack's Block Kit
reference (text object 3,000 characters, 50 blocks) and its `chat.update` page (text 4,000 characters), each kept with
room to spare and counted in UTF-16 units, which is never less than what Slack counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.domain.briefing import Briefing
from bot.slack.buttons import rows
from bot.slack.cutting import PIECE, pack
from bot.slack.words import sendable, size

BLOCKS = 45
TOTAL = 8_500
"""Of all blocks of one message. Slack documents no figure; 9,597 were seen to pass and 11,341 to be refused."""
FALLBACK = 3_500
MORE = "… more in the thread"

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
    """A headline, section or footer, cut into texts that each fit into a block; or one row of a section's buttons."""

    kind: Literal["section", "context", "actions"]
    pieces: tuple[str, ...] = ()
    title: str = ""
    row: Block | None = None

    @property
    def first(self) -> _Bit:
        if self.row is not None:
            return _Bit(self.row, sum(size(element["text"]["text"]) for element in self.row["elements"]))
        whole = len(self.pieces) == 1
        return _bit(self.kind, self.pieces[0] if whole else f"{self.pieces[0]}\n{MORE}")

    def after(self, pieces: int) -> Iterator[_Bit]:
        """What comes after so many pieces, under the title again."""
        if self.row is not None:
            yield from () if pieces else (self.first,)
        named = f"*{self.title}*, continued\n" if self.title and pieces else ""
        for piece in self.pieces[pieces:]:
            yield _bit("section", named + piece)
            named = ""


@dataclass(frozen=True, slots=True)
class _Bit:
    """One block."""

    block: Block
    length: int


def render(briefing: Briefing) -> Message:
    """The message and what has to follow it in its thread. Never raises, whatever the briefing holds."""
    parts = _parts(briefing)
    standing = _standing(parts)
    blocks = [parts[index].first.block for index in standing]
    if len(standing) < len(parts):
        blocks.append(_bit("context", MORE).block)
    rest = [bit for index, part in enumerate(parts) for bit in part.after(1 if index in standing else 0)]
    return Message(_fallback(briefing.plain), tuple(blocks or [_bit("section", "…").block]), tuple(_thread(rest)))


def _parts(briefing: Briefing) -> list[_Part]:
    parts = [_part("section", (briefing.headline,))]
    for section in briefing.sections:
        parts.append(_part("section", section.text, section.title or ""))
        parts += (_Part("actions", row=row) for row in rows(section.buttons))
    parts.append(_part("context", (briefing.footer or "",)))
    return [part for part in parts if part.pieces or part.row]


def _part(kind: Literal["section", "context"], lines: Iterable[str], title: str = "") -> _Part:
    return _Part(kind, tuple(pack(lines, PIECE)), " ".join(sendable(title).split())[:60].replace("*", ""))


def _standing(parts: Sequence[_Part]) -> list[int]:
    """Which parts stand in the message: the first text, the last, and of those between all that still fit.

    Buttons stand only where what they belong to does.
    """
    texts = [index for index, part in enumerate(parts) if part.row is None]
    ends = {texts[0], texts[-1]} if texts else set()
    room = TOTAL - sum(parts[index].first.length for index in ends)
    standing = set(ends)
    for index, part in enumerate(parts):
        alone = part.row is not None and index > 0 and index - 1 not in standing
        if index not in ends and not alone and len(standing) < BLOCKS and part.first.length <= room:
            standing.add(index)
            room -= part.first.length
    return sorted(standing)


def _thread(rest: Iterable[_Bit]) -> Iterator[Message]:
    """The rest, as few messages as can hold it."""
    bits: list[_Bit] = []
    room = TOTAL
    for bit in rest:
        if bits and (len(bits) == BLOCKS or bit.length > room):
            yield _continued(bits)
            bits, room = [], TOTAL
        bits.append(bit)
        room -= bit.length
    if bits:
        yield _continued(bits)


def _continued(bits: Sequence[_Bit]) -> Message:
    text = next((str(bit.block["text"]["text"]) for bit in bits if bit.block["type"] == "section"), MORE)
    return Message(_fallback(text.partition("\n")[0]), tuple(bit.block for bit in bits))


def _bit(kind: str, text: str) -> _Bit:
    """`verbatim` keeps Slack from making links, channels and names out of plain words; `expand` from folding them."""
    mrkdwn = {"type": "mrkdwn", "text": text, "verbatim": True}
    if kind == "context":
        return _Bit({"type": "context", "elements": [mrkdwn]}, size(text))
    return _Bit({"type": "section", "text": mrkdwn, "expand": True}, size(text))


def _fallback(plain: str) -> str:
    first, *more = list(pack((plain,), FALLBACK)) or ["…"]
    return f"{first}…" if more else first
