"""`autonomy.yaml`: which steps a team lets run unasked, checked strictly; what is doubtful grants nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.guard.autonomy import TABLE, grantable
from runbooks.entry import Entry
from runbooks.model import Library, Problem, Runbook, Step
from runbooks.prepared import Prepared
from runbooks.written import Written, Wrong, documents

_KEYS = ("runbook", "step", "command", "condition", "profiles", "by", "why")
_PROFILES = tuple(name for name, row in TABLE.items() if row["read"].verdict == "run")
"""Those in which anything runs unasked at all."""


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
    """As it stands in the runbook, where the step has one."""
    line: int = 1


@dataclass(frozen=True, slots=True)
class Grants:
    """What was granted, and what of the file could not be used."""

    entries: tuple[Grant, ...] = ()
    problems: tuple[Problem, ...] = ()
    file: str = ""

    def granted(self, runbook_id: str, step: Step, profile: str, prepared: Prepared) -> Grant | None:
        """The grant under which this step, as it is written now, runs unasked in the profile; None: it asks.

        Nothing that `bot.guard.autonomy.grantable` leaves out, whatever the file says.
        """
        if step.approval or not grantable(prepared):
            return None
        return next((one for one in self._of(runbook_id, step) if profile in one.profiles), None)

    def _of(self, runbook_id: str, step: Step) -> tuple[Grant, ...]:
        named = (one for one in self.entries if (one.runbook, one.step) == (runbook_id, step.name))
        return tuple(one for one in named if (one.commands, one.condition) == as_written(step))

    def lapsed(self, library: Library) -> tuple[Problem, ...]:
        """Grants that hold no longer, or never did: the runbook or step is gone, reads differently, or always asks."""
        found = ((one, _lapse(one, library.get(one.runbook))) for one in self.entries)
        return tuple(Problem(self.file, one.line, why) for one, why in found if why)


def as_written(step: Step) -> tuple[tuple[str, ...], str]:
    """What a grant repeats of a step: its commands and its condition. No commands: it cannot be granted."""
    parts = step.then if step.action == "conditional" else (step,)
    only = all(part.action == "exec" for part in parts)
    return (tuple(part.command for part in parts) if only else (), step.condition)


def _lapse(grant: Grant, book: Runbook | None) -> str:
    """Why the grant does not hold by the runbook as it is now; empty: it holds."""
    if book is None:
        return f"grants nothing: there is no runbook `{grant.runbook}`"
    steps = [step for step in book.steps if step.name == grant.step]
    if not steps:
        return f"grants nothing: runbook `{book.id}` has no step named `{grant.step}`"
    same = [step for step in steps if as_written(step) == (grant.commands, grant.condition)]
    if not same:
        return f"has lapsed: {book.file}:{steps[0].line} reads differently now. Look at it, and grant it anew."
    return next((f"grants nothing: {why}" for step in same if (why := _asks(step, book))), "")


def _asks(step: Step, book: Runbook) -> str:
    """Why the step asks whatever is granted; empty: it need not."""
    if step.approval:
        return f"the step says `approval: required` ({book.file}:{step.line})"
    if step.unsafe or any(part.unsafe for part in step.then):
        return f"the step is `unsafe` ({book.file}:{step.line})"
    return "the step is of critical risk" if (step.risk or book.risk) == "critical" else ""


def load_grants(path: Path | None) -> Grants:
    """Reads the file. Never raises: what cannot be used is a problem with file and line, and grants nothing."""
    if path is None:
        return Grants()
    faults: list[Wrong] = []
    found = tuple(_alone(_granted(_read(path, faults), faults), faults))
    problems = (Problem(str(path), fault.line, fault.message) for fault in sorted(faults, key=lambda one: one.line))
    return Grants(found, tuple(problems), str(path))


def _read(path: Path, faults: list[Wrong]) -> Any:
    """The one document of the file; None where there is none that can be read."""
    try:
        found = list(documents(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        faults.append(Wrong(mark.line + 1 if mark else 1, f"not YAML: {getattr(error, 'problem', None) or error}"))
    except (OSError, UnicodeDecodeError) as error:
        faults.append(Wrong(1, f"cannot be read ({type(error).__name__}); see AUTONOMY_FILE"))
    except (Wrong, RecursionError, ValueError, OverflowError) as error:
        faults.append(Wrong(getattr(error, "line", 1), getattr(error, "message", "nested too deep, or no value")))
    else:
        if len(found) <= 1:
            return found[0] if found else None
        faults.append(Wrong(1, "more than one document; put all grants under one `grants:`"))
    return None


def _granted(document: Any, faults: list[Wrong]) -> Iterable[Grant]:
    """Every entry without a fault."""
    if document is None:
        return
    if not isinstance(document, Written):
        faults.append(Wrong(1, "must be a mapping with the key `grants`"))
        return
    root = Entry(document, faults)
    root.only(("grants",))
    for entry in root.each("grants", "`runbook`, `step`, `command`, `profiles`, `by` and `why`"):
        before = len(faults)
        grant = _grant(entry)
        if len(faults) == before:
            yield grant


def _grant(entry: Entry) -> Grant:
    entry.only(_KEYS)
    for key in _KEYS:
        if key != "condition" and entry.get(key) in (None, "", []):
            entry.wrong(key, f"a grant needs `{key}`")
    for profile in (profiles := entry.texts("profiles")):
        if profile not in _PROFILES:
            entry.wrong("profiles", f"`profiles` are of {', '.join(_PROFILES)}, not {profile[:40]!r}")
    return Grant(
        runbook=entry.text("runbook"),
        step=entry.text("step"),
        commands=tuple(text.strip() for text in entry.texts("command")),
        profiles=profiles,
        by=entry.text("by"),
        why=entry.text("why"),
        condition=entry.text("condition").strip(),
        line=entry.line,
    )


def _alone(grants: Iterable[Grant], faults: list[Wrong]) -> Iterable[Grant]:
    """Each that does not say again what stands further up: two that differ would leave open which one counts."""
    seen: dict[tuple[str, str, str], int] = {}
    for grant in grants:
        places = [(grant.runbook, grant.step, profile) for profile in grant.profiles]
        twice = next((seen[place] for place in places if place in seen), None)
        if twice is None:
            seen |= dict.fromkeys(places, grant.line)
            yield grant
        else:
            faults.append(Wrong(grant.line, f"`{grant.step}` of `{grant.runbook}` is granted in line {twice} already"))
