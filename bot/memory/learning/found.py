"""What an import found: an incident that can be remembered, or something that was left out, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.memory import Memory
from bot.domain.text import clean, visible
from bot.memory.ports import Memories
from bot.memory.remember import keep, with_review

BY_RECORD = "record"
"""Who reviewed what people wrote down themselves: nobody has to look at it again."""


@dataclass(frozen=True, slots=True)
class Skipped:
    name: str
    why: str
    """And what to do about it."""


Found = Memory | Skipped


@dataclass(frozen=True, slots=True)
class Took:
    """What came of an import, or would come of it."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def from_a_record(memory: Memory, mask: Callable[[str], str]) -> Memory:
    """Masked, and as good as looked at: people wrote it. What says no cause says none.

    Without characters that nobody sees: what hides in a text from outside, and what no database takes.
    """

    def seen(text: str) -> str:
        return mask("\n".join(map(visible, text.splitlines())))

    return replace(
        memory,
        incident_id=clean(memory.incident_id),
        service=clean(memory.service),
        env=clean(memory.env),
        alerts=tuple(mask(clean(name)) for name in memory.alerts),
        title=seen(memory.title),
        summary=seen(memory.summary),
        cause=seen(memory.cause),
        resolution=seen(memory.resolution),
        cause_by="record",
        review="accepted",
        reviewed_by=BY_RECORD,
    )


async def take(
    memories: Memories, found: Iterable[Found], *, since: datetime | None = None, dry_run: bool = False
) -> Took:
    """Keeps what is new or changed; what a person rejected or edited since stays so. Raises JournalDown.

    What was opened before `since` is left out: it would be forgotten again within a day.
    """
    told: dict[str, list[str]] = {"new": [], "changed": [], "unchanged": []}
    skipped: list[Skipped] = []
    seen: set[str] = set()
    for one in found:
        if isinstance(one, Skipped):
            skipped.append(one)
            continue
        if one.id in seen:
            skipped.append(Skipped(one.incident_id, "stands there twice under this name; the first one counts"))
            continue
        if since is not None and one.opened_at < since:
            skipped.append(Skipped(one.incident_id, f"of {one.opened_at:%Y-%m-%d}: older than MEMORY_DAYS keeps"))
            continue
        seen.add(one.id)
        told[await _kept(memories, one, dry_run=dry_run)].append(one.incident_id)
    return Took(tuple(told["new"]), tuple(told["changed"]), tuple(told["unchanged"]), tuple(skipped))


async def _kept(memories: Memories, one: Memory, *, dry_run: bool) -> str:
    if dry_run:
        before = await memories.memory(one.id)
        after = one if before is None else with_review(one, before)
    else:
        before, after = await keep(memories, one)
    if before == after:
        return "unchanged"
    return "new" if before is None else "changed"
