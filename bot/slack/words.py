"""Lengths and plain texts as Slack takes them."""

from __future__ import annotations

import re

from bot.domain.text import clean, cut

_UNSENDABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def size(text: str) -> int:
    """Length in UTF-16 units, which is never less than what Slack counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def sendable(text: str) -> str:
    """Without what JSON or Slack cannot carry: control characters and halves of surrogate pairs."""
    return _UNSENDABLE.sub(lambda found: "\n" if found[0] == "\r" else "\ufffd", text.replace("\r\n", "\n"))


def short(text: str, limit: int) -> str:
    """One line of plain text of 1 to `limit` units; «…» for nothing."""
    line = clean(text)
    room = limit
    while size(shown := cut(line, room)) > limit:
        room -= max(1, (size(shown) - limit) // 2)
    return shown or "…"
