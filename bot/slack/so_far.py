"""What a reply says that is edited while it grows, until it is done (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.briefing import Briefing, Section
from bot.domain.text import safe
from bot.guard.plain_reply import plain_reply
from bot.ports import Doing

EDITED = 2_500
"""Of a reply that is edited: what fits into one block, so that it stays one message while it grows."""
TASKS = 10
"""Of such a reply: the newest."""
_MARKS = {"in_progress": "⏳", "complete": "✓", "error": "✗"}


def so_far(shown: str, doing: Sequence[Doing]) -> Briefing:
    """`shown` is what of its text may be shown (`streamable`); the titles are masked already."""
    lines = tuple(f"{_MARKS[one.state]} {safe(one.title, 100)}" for one in doing[-TASKS:])
    sections = tuple(Section(part) for part in (lines, plain_reply(shown, limit=EDITED)) if part)
    return Briefing(plain="Looking…", headline="Looking…", sections=sections)
