"""What a step's output leaves for later steps: its first line, JSON, a table, or a pattern's groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runbooks.model import Step
from runbooks.prepared import Outcome


class GleanError(Exception):
    """An output that is not what the step's `parse` says."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Gleaned:
    """Texts as they stood in the output. Each is checked against its pattern where it is used, not here."""

    values: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[Mapping[str, str], ...] = ()
    table: str = ""
    """Name under which conditions speak of the rows."""


def glean(step: Step, outcome: Outcome) -> Gleaned:
    """Reads an output as the step's `parse` says (psql without one: its rows). Raises GleanError."""
    raise NotImplementedError
