"""Why a run ends, in words (pure): plain sentences, without markup."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.approval import Halted
from bot.domain.move import ROLLBACK
from bot.domain.run import Event, GateDecided, Run, Stopped
from bot.runs.progress import Progress, progress_of

EMERGENCY = "emergency stop: "
"""How the reason begins of a run that the kill switch ended; behind it stands what its author said."""


def everything_stopped(events: Sequence[Event]) -> Halted | None:
    """Who turned the kill switch that ended the run, and why; None: it did not end so."""
    for event in events:
        match event:
            case GateDecided(verdict=Halted() as halted):
                return halted
            case Stopped(by=by, reason=reason) if reason.startswith(EMERGENCY):
                return Halted(reason.removeprefix(EMERGENCY), by)
            case _:
                pass
    return None


def passed_over(run: Run, events: Sequence[Event]) -> str:
    """Which steps failed although the run came to its end; empty: none."""
    steps = [progress_of(events, str(number)) for number in range(1, len(run.runbook.steps) + 1)]
    bad = [at for at in steps if at.failure or (at.checked and not at.checked.ok)]
    return " ".join(sentence(f"{name(at)} failed, and the runbook goes on all the same") for at in bad)


def name(at: Progress) -> str:
    """The step as sentences call it: `step 2`, `the rollback of step 2`."""
    number = at.path.removesuffix(ROLLBACK)
    return f"the rollback of step {number}" if at.path.endswith(ROLLBACK) else f"step {number}"


def sentence(text: str) -> str:
    """With a capital at its beginning and one full stop at its end."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def stopped(at: Progress) -> str:
    """Why a run ends whose deed was killed."""
    return sentence(f"{name(at)} was stopped while it ran; it may have done part of its work")


def became(at: Progress) -> str:
    """What became of the deed that failed, in a few words."""
    if at.failure is None:
        return ""
    if at.failure.result == "timeout":
        return "it did not end within its time limit"
    code = "" if at.failure.exit is None else f"exit {at.failure.exit}"
    return ", ".join(part for part in (code, at.failure.note.rstrip(".")) if part) or "no reason was given"
