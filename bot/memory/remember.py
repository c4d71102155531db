"""An incident that is over becomes a memory, which the next one like it finds, and perhaps the draft of a runbook."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from bot.domain.memory import Learnt, Memory, memory_id
from bot.domain.postmortem import Written
from bot.life.lifecycle import standing
from bot.memory.archive import Archive
from bot.memory.draft_runbook import draft, same_steps
from bot.memory.ports import Memories
from bot.memory.recollect import Life, by_itself, recollect, to_look_at
from bot.ports import JournalDown

TRIES = 9
"""How often a memory is read and kept anew where somebody wrote it in between."""


async def remember(archive: Archive, incident_id: str, opening: int) -> Memory:
    """Keeps one memory of this opening, and puts it, its postmortem and what mended it into the queue for a person.

    May be repeated: there is one memory for each incident and opening, and what a person made of it stays. Raises
    JournalDown, and LookupError where there is no such incident.
    """
    id_ = memory_id(incident_id, opening)
    owed = await archive.owed.of(id_) if archive.owed else 0
    life, written = await _life(archive, incident_id, opening), await _postmortem(archive, incident_id, opening)
    memory = replace(recollect(life), url=written.url or None if written and written.review != "rejected" else None)
    named = await _named_since(archive, life, id_)
    _, memory = await keep(archive.memories, memory, named_since=named, look_kept=life.report is not None)
    await archive.reviews.wait(to_look_at(memory, archive.clock.now()))
    if written is not None:
        await archive.reviews.wait(_to_review(memory, archive.clock.now()))
    await _runbook(archive, life, memory)
    if archive.owed and owed:
        await archive.owed.settle(id_, owed)
    return memory


async def keep(
    memories: Memories, memory: Memory, *, named_since: bool = False, look_kept: bool = True
) -> tuple[Memory | None, Memory]:
    """Keeps what was learnt anew, in the light of what a person made of it; what stood there before, and what does now.

    `named_since`: the cause was named by a person after the last one had looked at the memory. `look_kept`: what the
    look had told is still there to learn from.

    Whoever decides, or learns it too, at this moment comes before or after, and is not written over. Raises
    JournalDown.
    """
    for _ in range(TRIES):
        before = await memories.memory(memory.id)
        after = memory
        if before is not None:
            seen = memory if look_kept else with_look(memory, before)
            after = with_review(seen, before, named_since=named_since)
        if after == before or await memories.keep(after, before):
            return before, after
    raise JournalDown(f"the memory {memory.id} is written by others again and again")


def with_look(memory: Memory, before: Memory) -> Memory:
    """What was learnt anew, with what the look had told while it was kept; a cause that people named counts (pure)."""
    seen = replace(memory, began_at=before.began_at, fingerprint=before.fingerprint)
    if memory.cause_by != "evidence" or before.cause_by != "evidence":
        return seen
    return replace(seen, cause=before.cause, confidence=before.confidence)


def with_review(memory: Memory, before: Memory, *, named_since: bool = False) -> Memory:
    """What was learnt anew, in the light of what a person made of it before (pure).

    What a person wrote stays, unless a person named another cause since: the last word counts.
    """
    reviewed = replace(memory, review=before.review, reviewed_by=before.reviewed_by)
    if before.review != "edited":
        return reviewed
    cause = memory if named_since or (memory.cause_by == "person" and before.cause_by != "person") else before
    return replace(
        reviewed,
        cause=cause.cause,
        cause_by=cause.cause_by,
        confidence=cause.confidence,
        resolution=before.resolution,
        false_alarm=before.false_alarm,
    )


async def _named_since(archive: Archive, life: Life, id_: str) -> bool:
    cause, looked_at = standing(life.entries, life.since).cause, await archive.reviews.learnt(f"memory:{id_}")
    at = looked_at.reviewed_at if looked_at else None
    return cause is not None and at is not None and cause.at > at


async def _postmortem(archive: Archive, incident_id: str, opening: int) -> Written | None:
    return await archive.postmortems.written(incident_id, opening) if archive.postmortems else None


def _to_review(memory: Memory, at: datetime) -> Learnt:
    """The postmortem as it waits: its text stands where it was put."""
    title, text = f"{memory.service} · {memory.title}", "The draft stands in the incident's channel, as a file."
    return Learnt(f"postmortem:{memory.id}", "postmortem", memory.incident_id, at, title, text)


async def _runbook(archive: Archive, life: Life, memory: Memory) -> None:
    """A draft of what mended it, once, unless the very same was drafted before. It is worked out beside the others."""
    id_ = f"runbook:{memory.id}"
    if archive.shelf is None or await archive.reviews.learnt(id_) is not None:
        return
    text = await asyncio.to_thread(draft, life, archive.shelf)
    if text is None or any(same_steps(text, one.text) for one in await archive.reviews.of_kind("runbook")):
        return
    title = f"{memory.service} · {memory.title}"
    await archive.reviews.wait(Learnt(id_, "runbook", memory.incident_id, archive.clock.now(), title, text))


async def _life(archive: Archive, incident_id: str, opening: int) -> Life:
    incident = await archive.journal.incident(incident_id)
    runs = (await archive.runs.of_incident(incident_id))[::-1]
    began, ended = await _bounds(archive, incident_id, opening) if incident.opening > opening else (None, None)
    life = Life(
        incident,
        opening,
        await archive.journal.report(incident_id, opening),
        await archive.entries.of_incident(incident_id),
        [(run, await archive.runs.events(run.id)) for run in runs],
        await archive.memories.thumbs(incident_id),
        began,
        ended,
    )
    return by_itself(life)


async def _bounds(archive: Archive, incident_id: str, opening: int) -> tuple[datetime | None, datetime | None]:
    """When an earlier opening began and was closed; None: nobody knows. Its beginning only its memory has kept."""
    if archive.closings is None:
        return None, None
    earlier = await archive.closings.closing(incident_id, opening - 1)
    closed = await archive.closings.closing(incident_id, opening)
    before = await archive.memories.memory(memory_id(incident_id, opening))
    known = [*([before.opened_at] if before else []), *([earlier.at] if earlier else [])]
    return max(known, default=None), closed.at if closed else None
