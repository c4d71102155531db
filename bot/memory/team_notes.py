"""The team's standing words: MEMORY.md, and the lines that people proposed in Slack and others accepted.

The file belongs to the team and is never written: it may be read-only, under review in a repository, or another on
each replica. What grows by `/incident remember` is kept in the database and read behind it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from bot.guard.redact import redact
from bot.memory.ports import Reviews
from bot.ports import JournalDown
from integrations.contract import Gap

NAME = "team notes"
LARGEST = 8_000
"""Characters of all of them together: they stand in each prompt, and in each report."""


@dataclass(frozen=True, slots=True)
class Notes:
    text: str = ""
    gaps: tuple[Gap, ...] = ()
    """What of them could not be read, or was cut."""


class TeamNotes:
    def __init__(self, file: Path | None, reviews: Reviews) -> None:
        self._file = file
        self._reviews = reviews

    async def read(self) -> Notes:
        """All of them as they are now, masked. What cannot be read is a gap; nothing is raised."""
        gaps, parts = [], []
        try:
            parts.append(await asyncio.to_thread(self._written))
        except (OSError, UnicodeDecodeError) as problem:
            gaps.append(Gap(NAME, f"MEMORY_FILE cannot be read ({type(problem).__name__})", partial=True))
        try:
            parts.append("\n".join(f"- {one.text}" for one in await self._reviews.settled(("note",))))
        except JournalDown:
            gaps.append(Gap(NAME, "the bot's own database does not answer", partial=True))
        whole = redact("\n\n".join(part.strip() for part in parts if part.strip()))
        if len(whole) > LARGEST:
            gaps.append(Gap(NAME, f"the first {LARGEST:,} of {len(whole):,} characters", partial=True))
        return Notes(whole[:LARGEST], tuple(gaps))

    def _written(self) -> str:
        if self._file is None:
            return ""
        with self._file.open(encoding="utf-8-sig") as file:
            return file.read(4 * LARGEST)
