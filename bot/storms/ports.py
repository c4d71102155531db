"""What storms need of the record: which is on, what its table shows, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.incident import Channel, Posted
from bot.domain.storm import Row, Storm


class Storms(Protocol):
    """The record of storms; they begin at intake. Everything raises JournalDown."""

    async def storm(self, storm_id: str) -> Storm: ...

    async def to_show(self) -> tuple[Storm, ...]:
        """Storms that are on, or that have an incident which is open or was a moment ago; the oldest first."""
        ...

    async def rows(self, storm_id: str) -> tuple[Row, ...]:
        """Every incident that came in it, in the order in which they came."""
        ...

    async def is_over(self) -> bool:
        """Whether new incidents have been few for long enough."""
        ...

    async def keep_channel(self, storm_id: str, channel: Channel) -> None:
        """Its table stands there, or is about to."""
        ...

    async def keep_table(self, storm_id: str, message: Posted) -> None: ...

    async def keep_over(self, storm_id: str) -> None:
        """It has ended: incidents that come now are told by themselves."""
        ...

    async def keep_said(self, rows: Sequence[Row], at: datetime) -> None:
        """They stand in Slack by then; of what was said before, and of what was opened again since, nothing changes."""
        ...

    async def keep_looking(self, incident_id: str, opening: int) -> None:
        """The look into this opening begins."""
        ...
