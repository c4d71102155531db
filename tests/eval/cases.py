"""Recordings with known causes, and the answers that are judged by them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.eval.scoring import Truth


class NoCases(Exception):
    """A folder in which there is nothing to measure on; says what is missing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One recording and its truth. The folder is read by whoever answers, the truth only by whoever judges."""

    folder: Path
    truth: Truth

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def quiet(self) -> bool:
        """Whether nothing was wrong: no cause is the right answer."""
        return self.truth["service"] is None

    @property
    def by_rollout(self) -> bool:
        """Whether a rollout was the cause."""
        return bool(self.truth.get("deployment"))

    @property
    def system(self) -> str:
        return str(self.truth.get("system", "?"))

    @property
    def kind(self) -> str:
        return str(self.truth.get("kind", "?"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What was named for one recording: (service or None, confidence), the likeliest first."""

    causes: tuple[tuple[str | None, str], ...]
    seconds: float = 0.0
    blames_rollout: bool = False
    """Whether the first cause names a version; `replay` does not print it."""

    @classmethod
    def of(
        cls, causes: Sequence[Mapping[str, str | None]], seconds: float = 0.0, *, blames_rollout: bool = False
    ) -> Answer:
        """From the form in which `replay` prints causes."""
        return cls(tuple((one["service"], str(one["confidence"])) for one in causes), seconds, blames_rollout)

    @property
    def first(self) -> str | None:
        return self.causes[0][0] if self.causes else None

    @property
    def sure(self) -> str:
        """The first cause's confidence; «no cause named» where there is none."""
        return self.causes[0][1] if self.causes and self.causes[0][0] is not None else "no cause named"

    @property
    def accuses(self) -> bool:
        """Whether it names a first cause with medium or high confidence."""
        return self.sure in ("medium", "high")

    def line(self) -> dict[str, object]:
        """As the scorer reads it."""
        return {"causes": [{"service": name, "confidence": sure} for name, sure in self.causes]}


Answers = Mapping[str, Answer]
"""Name of the recording → answer."""


def cases_in(folder: Path, truths: Path | None = None) -> tuple[Case, ...]:
    """Every recording of the folder (or of `cases/` in it) whose truth is known, by name.

    Truths stand beside the recordings, or in one file, {recording: truth}. Raises NoCases where there is none.
    """
    folder = folder / "cases" if (folder / "cases").is_dir() else folder
    recorded = sorted(path.parent for path in folder.glob("*/alert.json"))
    if truths:
        known = json.loads(truths.read_text())
        found = [Case(path, known[path.name]) for path in recorded if path.name in known]
    else:
        found = [Case(p, json.loads((p / "truth.json").read_text())) for p in recorded if (p / "truth.json").exists()]
    if not found:
        raise NoCases(f"No recording with a truth in {folder}: each needs alert.json and truth.json (or --truths FILE)")
    return tuple(found)
