"""How an incident was closed: by whom, in what words, and whether anybody looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

How = Literal["by a person", "by itself", "not reviewed"]
"""`by itself`: AUTO_RESOLVE is set. `not reviewed`: nobody answered the proposal to close it."""


@dataclass(frozen=True, slots=True)
class Closing:
    """One for each opening of an incident, at most; the first one counts."""

    incident_id: str
    opening: int
    at: datetime
    by: str
    """A Slack user id, or `bot`."""
    how: How
    words: str = ""
    """What helped, in the words of who closed it: masked, and data."""
    false_alarm: bool = False
    firing: tuple[str, ...] = ()
    """Names of the alerts that fired all the same."""
