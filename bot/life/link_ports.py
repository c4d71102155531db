"""What telling several incidents in one channel needs of the record."""

from __future__ import annotations

from typing import Protocol

from bot.domain.incident import Incident


class Links(Protocol):
    """Which incidents are told in the channel of another, their lead. Everything raises JournalDown."""

    async def linked_to(self, incident_id: str) -> tuple[Incident, ...]:
        """Those told with it, open and resolved, in the order in which they were opened."""
        ...

    async def find(self, name: str, env: str) -> Incident | None:
        """The incident of this id, or the open one that has this channel (name or id), or of this service.

        Of several environments `env` comes first.
        """
        ...

    async def split(self, incident_id: str, by: str) -> bool:
        """From now on it is told by itself, and rules leave it so. False: it was linked to nothing."""
        ...

    async def merge(self, incident_id: str, lead_id: str, by: str) -> bool:
        """From now on it is told with this lead, and so is all that was told with it.

        False: it cannot be, because the lead is linked itself by now, or is this very incident.
        """
        ...


class NoLinks:
    """`Links` where each incident is told by itself."""

    async def linked_to(self, _incident_id: str) -> tuple[Incident, ...]:
        return ()

    async def find(self, _name: str, _env: str) -> Incident | None:
        return None

    async def split(self, _incident_id: str, _by: str) -> bool:
        return False

    async def merge(self, _incident_id: str, _lead_id: str, _by: str) -> bool:
        return False
