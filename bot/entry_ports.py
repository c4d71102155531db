"""What the life of an incident needs of the record: what people and the bot did in it, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.entry import Entry


class Entries(Protocol):
    """The record of each incident. It only grows. Every method raises JournalDown."""

    async def append(self, entry: Entry) -> Entry | None:
        """Commits it under the next number, and the incident is shown anew; gives back the entry with its number.

        None: one stands there already under the same key, and nothing has changed. Raises LookupError where there is
        no such incident.
        """
        ...

    async def of_incident(self, incident_id: str) -> Sequence[Entry]:
        """In the order of their numbers."""
        ...

    async def keyed(self, incident_id: str, key: str) -> Entry | None:
        """The entry that stands there under this key."""
        ...
