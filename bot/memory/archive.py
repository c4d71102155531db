"""What lies in reach where incidents are remembered: their records, the memory, and what waits to be looked at."""

from __future__ import annotations

from dataclasses import dataclass

from bot.closing.ports import Closings, Postmortems
from bot.life.entry_ports import Entries
from bot.memory.deeds_as_steps import Shelf
from bot.memory.ports import Memories, Owed, Reviews
from bot.ports import Clock, Journal
from bot.runs.action_ports import Audit, Runs


@dataclass(frozen=True, slots=True)
class Archive:
    """`audit`: None where there is no AUDIT_KEY, so that nothing can be recorded in it."""

    journal: Journal
    entries: Entries
    runs: Runs
    memories: Memories
    reviews: Reviews
    clock: Clock
    audit: Audit | None = None
    postmortems: Postmortems | None = None
    """None where none are written."""
    owed: Owed | None = None
    """None where nobody looks for what a crash left undone."""
    shelf: Shelf | None = None
    """None where no runbooks are drafted."""
    closings: Closings | None = None
    """None where nothing is closed."""
