"""What a program or a server said: a bounded part of it, as text without what could fool a reader."""

from __future__ import annotations

import codecs
import re

MOST_KEPT = 1 << 20
"""Bytes that are kept of each stream; the rest is read and dropped."""
_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")
"""Colours, cursor movements and titles of a terminal (ECMA-48)."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""Controls, and what is invisible or changes the direction of text. Tabs and line ends stay."""


class Kept:
    """The first bytes of a stream, and how many there were."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._bytes = bytearray()
        self.total = 0

    def add(self, piece: bytes) -> None:
        self.total += len(piece)
        self._bytes += piece[: self._most - len(self._bytes)]

    @property
    def cut(self) -> bool:
        return self.total > self._most

    @property
    def text(self) -> str:
        """As UTF-8, what is not with U+FFFD in its place; a character that the limit halves is left out."""
        return codecs.getincrementaldecoder("utf-8")("replace").decode(bytes(self._bytes), final=not self.cut)


def plain(text: str) -> str:
    """Text that shows as it is: no terminal sequences, one kind of line end, U+FFFD for what cannot be seen."""
    text = _SEQUENCES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub("\ufffd", text)
