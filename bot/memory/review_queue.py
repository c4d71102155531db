"""What was learnt waits for a person: accepted, edited or rejected, once, and what then becomes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.domain.analysis import Confidence
from bot.domain.entry import Entry
from bot.domain.memory import MOST_TEXT, Learnt, Memory, Review, opening_of
from bot.domain.postmortem import Written
from bot.guard.redact import redact
from bot.memory.archive import Archive
from bot.memory.ports import Decision
from bot.memory.remember import remember
from bot.runs.action_ports import Entry as Recorded

MEMORY, POSTMORTEM = "memory:", "postmortem:"
LONGEST = 60_000
"""Characters of a runbook or a postmortem that somebody edited."""


async def decide(archive: Archive, one: Learnt, review: Review, by: str, texts: tuple[str, str] | None = None) -> bool:
    """What a person makes of it; False: somebody had decided already. Raises JournalDown.

    `texts`, where it was edited, are its new words and, of a memory, what fixed it.
    """
    at = archive.clock.now()
    limit = LONGEST if one.kind in ("runbook", "postmortem") else MOST_TEXT
    cleaned = None if texts is None else (_clean(texts[0], limit), _clean(texts[1], limit))
    written = await postmortem_of(archive, one) if one.kind == "postmortem" else None
    words = "" if cleaned is None else cleaned[0]
    another = one.kind == "cause" and review in ("edited", "rejected")
    decision = Decision(
        one.id,
        review,
        by,
        at,
        text=None if cleaned is None or written is not None else words,
        memory=partial(reviewed, review=review, by=by, texts=cleaned) if one.kind == "memory" else None,
        entry=Entry(one.incident_id, f"reviewed:{one.id}", at, "cause", by, words) if another else None,
        written=looked_at(written, review, by, at, cleaned) if written else None,
    )
    if not await archive.reviews.decide(decision):
        return False
    if another or written is not None:
        await correct(archive, one.incident_id)
    if archive.audit is not None:
        facts = {"learnt": one.id, "review": review}
        await archive.audit.record(Recorded("memory.reviewed", by, one.incident_id, facts=facts), at)
    return True


async def correct(archive: Archive, incident_id: str) -> None:
    """What is remembered of an incident anew, after people said something of it since; nothing where nothing is."""
    for memory in await archive.memories.of_incident(incident_id):
        await remember(archive, incident_id, memory.opening)


def reviewed(memory: Memory, review: Review, by: str, texts: tuple[str, str] | None) -> Memory:
    """The memory after a person looked at it (pure). A cause that they wrote is theirs."""
    after = replace(memory, review=review, reviewed_by=by)
    if texts is None:
        return after
    cause, resolution = texts
    if cause == memory.cause:
        return replace(after, resolution=resolution)
    sure: Confidence = "high" if cause else "unknown"
    return replace(after, cause=cause, cause_by="person", confidence=sure, resolution=resolution)


async def postmortem_of(archive: Archive, one: Learnt) -> Written | None:
    """The postmortem that waits under this. Raises JournalDown."""
    if archive.postmortems is None:
        return None
    opening = opening_of(one.id.removeprefix(POSTMORTEM), one.incident_id)
    return await archive.postmortems.written(one.incident_id, opening)


def looked_at(written: Written, review: Review, by: str, at: datetime, texts: tuple[str, str] | None) -> Written:
    """The postmortem after a person looked at it (pure). An edited one is theirs, no model's."""
    after = replace(written, review=review, reviewed_by=by, reviewed_at=at)
    return after if texts is None else replace(after, text=f"{texts[0]}\n", model=None)


def _clean(text: str, limit: int) -> str:
    return redact(text).strip()[:limit]
