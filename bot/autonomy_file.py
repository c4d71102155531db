"""`autonomy.yaml`: which steps a team lets run unasked, checked strictly; what is doubtful grants nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runbooks.model import Library, Problem, Step
from runbooks.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Grant:
    """One step of one runbook that runs unasked in these profiles."""

    runbook: str
    step: str
    """Its name."""
    commands: tuple[str, ...]
    """As they stand in the runbook, variables and all."""
    profiles: tuple[str, ...]
    by: str
    why: str
    condition: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True)
class Grants:
    """What was granted, and what of the file could not be used."""

    entries: tuple[Grant, ...] = ()
    problems: tuple[Problem, ...] = ()
    file: str = ""

    def granted(self, runbook_id: str, step: Step, profile: str, prepared: Prepared) -> Grant | None:
        """The grant under which this step, as it is written now, runs unasked in the profile; None: it asks."""
        raise NotImplementedError

    def lapsed(self, library: Library) -> tuple[Problem, ...]:
        """Grants that no longer hold: the runbook or step is gone, or is written differently now."""
        raise NotImplementedError


def load_grants(path: Path | None) -> Grants:
    """Reads the file. Never raises: what cannot be used is a problem with file and line, and grants nothing."""
    raise NotImplementedError
