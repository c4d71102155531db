"""An incident that is over becomes a memory, which the next one like it finds."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.memory import Learnt, Memory
from bot.memory.archive import Archive
from bot.memory.recollect import Life, recollect, to_look_at


async def remember(archive: Archive, incident_id: str, opening: int) -> Memory:
    """Keeps one memory of this opening, and puts it and its postmortem into the queue for a person to look at.

    May be repeated: there is one memory for each incident and opening, and what a person made of it stays. Raises
    JournalDown, and LookupError where there is no such incident.
    """
    memory = recollect(await _life(archive, incident_id, opening))
    before = await archive.memories.memory(memory.id)
    memory = memory if before is None else with_review(memory, before)
    await archive.memories.keep(memory)
    await archive.reviews.wait(to_look_at(memory, archive.clock.now()))
    await _postmortem(archive, memory)
    return memory


def with_review(memory: Memory, before: Memory) -> Memory:
    """What was learnt anew, in the light of what a person made of it before (pure).

    What a person wrote stays, unless a person named another cause since.
    """
    reviewed = replace(memory, review=before.review, reviewed_by=before.reviewed_by)
    if before.review != "edited":
        return reviewed
    cause = memory if memory.cause_by == "person" and before.cause_by != "person" else before
    return replace(
        reviewed,
        cause=cause.cause,
        cause_by=cause.cause_by,
        confidence=cause.confidence,
        resolution=before.resolution,
        false_alarm=before.false_alarm,
    )


async def _postmortem(archive: Archive, memory: Memory) -> None:
    """Its draft, where one was written, waits as well."""
    if archive.postmortems and await archive.postmortems.written(memory.incident_id, memory.opening):
        title, text = f"{memory.service} · {memory.title}", "The draft stands in the incident's channel, as a file."
        id_, at = f"postmortem:{memory.id}", archive.clock.now()
        await archive.reviews.wait(Learnt(id_, "postmortem", memory.incident_id, at, title, text))


async def _life(archive: Archive, incident_id: str, opening: int) -> Life:
    incident = await archive.journal.incident(incident_id)
    runs = (await archive.runs.of_incident(incident_id))[::-1]
    return Life(
        incident,
        opening,
        await archive.journal.report(incident_id, opening),
        await archive.entries.of_incident(incident_id),
        [(run, await archive.runs.events(run.id)) for run in runs],
        await archive.memories.thumbs(incident_id),
    )
