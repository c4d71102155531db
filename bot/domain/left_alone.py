"""A story that ends its process time after time, and is left alone for a while so that the others go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LeftAlone:
    name: str
    """The story's own: `answer:C1:1723.4:1`."""
    incident_id: str
    """Empty where it belongs to none."""
    until: datetime
    """When it is taken up once more."""

    @property
    def story(self) -> str:
        """`respond`, `answer`, `remediate` …"""
        return self.name.partition(":")[0]
