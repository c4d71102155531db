"""What the life of an incident needs of the record: what people and the bot did in it, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from bot.domain.entry import Entry, Kind
from bot.domain.incident import Posted

Place = Literal["channel", "pagerduty"]
"""Where entries are told on: as a message in the incident's channel, or where its alert came from."""


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

    async def numbered(self, incident_id: str, number: int) -> Entry | None:
        """The entry of this number, if the incident has it."""
        ...

    async def keyed(self, incident_id: str, key: str) -> Entry | None:
        """The entry that stands there under this key."""
        ...

    async def of_open(self) -> Mapping[str, Sequence[Entry]]:
        """Of each open incident that has any, by its id, in the order of their numbers."""
        ...

    async def made_since(self, moment: datetime, kinds: Sequence[Kind]) -> Sequence[Entry]:
        """Those of these kinds that were made after this moment, in any incident, the oldest first."""
        ...

    async def of_alert(self, source: str, fingerprint: str) -> str | None:
        """Id of the incident that the newest alert of this fingerprint belongs to."""
        ...

    async def at_message(self, posted: Posted) -> str | None:
        """Id of the incident whose briefing is this message."""
        ...


class Outbox(Protocol):
    """Which entries are still to be told on. Every method raises JournalDown."""

    async def untold(
        self, place: Place, kinds: Sequence[Kind], since: datetime, incident_id: str | None = None
    ) -> Sequence[Entry]:
        """Entries of these kinds that were made since then and not told there yet, the oldest first.

        Of one incident, or of all of them.
        """
        ...

    async def fired_by(self, incident_id: str, source: str, moment: datetime) -> Sequence[str]:
        """Fingerprints of this sender's alerts of the incident that had fired by then and not again since."""
        ...

    async def keep_told(self, entry: Entry, place: Place, at: datetime, refused: str = "") -> None:
        """It was told there, or refused for good, and why. A second time it changes nothing."""
        ...

    async def forget_told(self, before: datetime) -> None:
        """What was told on before then: nobody asks for it any more. The entries themselves stay."""
        ...


class NoEntries:
    """`Entries` where nothing is kept: nothing was done in any incident."""

    async def append(self, entry: Entry) -> Entry | None:
        return None

    async def of_incident(self, incident_id: str) -> Sequence[Entry]:
        return ()

    async def numbered(self, incident_id: str, number: int) -> Entry | None:
        return None

    async def keyed(self, incident_id: str, key: str) -> Entry | None:
        return None

    async def of_open(self) -> Mapping[str, Sequence[Entry]]:
        return {}

    async def made_since(self, moment: datetime, kinds: Sequence[Kind]) -> Sequence[Entry]:
        return ()

    async def at_message(self, posted: Posted) -> str | None:
        return None

    async def of_alert(self, source: str, fingerprint: str) -> str | None:
        return None
