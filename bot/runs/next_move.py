"""What a run does next, out of its events alone (pure): the same events give the same move, on any machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from bot.domain.approval import Expired, Halted
from bot.domain.move import (
    ROLLBACK,
    Act,
    Ask,
    Await,
    Check,
    Choice,
    Choose,
    Finish,
    Glean,
    LoseSight,
    Move,
    OfferRollback,
    Prepare,
    Refuse,
)
from bot.domain.run import DeedBegun, DeedEnded, Ended, Event, MayHaveRun, Run, Stopped
from bot.guard.limits import over, seconds_left
from bot.runs.endings import EMERGENCY, became, name, passed_over, sentence, stopped
from bot.runs.progress import Progress, known, prepared_at, progress_of, rows_left
from runbooks.model import Step
from runbooks.prepared import Deed, Exec, digest

__all__ = [
    "ROLLBACK",
    "Act",
    "Ask",
    "Await",
    "Check",
    "Choice",
    "Choose",
    "Finish",
    "Glean",
    "LoseSight",
    "Move",
    "OfferRollback",
    "Prepare",
    "Refuse",
    "asks_again",
    "choices",
    "done_before",
    "known",
    "next_move",
    "prepared_at",
    "rows_left",
    "seconds_left",
]
"""What the story of a run needs, in one place."""


def next_move(run: Run, events: Sequence[Event]) -> Move:
    """The one thing to do next. Never raises; after `Ended` it stays at Finish.

    Who sees LoseSight began the story again after a crash: while the deed runs, nobody asks.
    """
    for event in events:
        if isinstance(event, Ended):
            return Finish(event.result, event.reason)
    if lost := _open_deed(events):
        return LoseSight(lost.path, lost.index)
    if stops := [event for event in events if isinstance(event, Stopped)]:
        return Finish("stopped", stops[0].reason)
    for number in range(1, len(run.runbook.steps) + 1):
        if move := _of_step(run, events, progress_of(events, str(number))):
            return move
    return Finish("done", passed_over(run, events))


def _open_deed(events: Sequence[Event]) -> DeedBegun | None:
    """The deed that was begun last, if neither its end nor its loss is on record."""
    last: DeedBegun | None = None
    for event in events:
        if isinstance(event, DeedBegun):
            last = event
        elif (
            isinstance(event, DeedEnded | MayHaveRun) and last and (event.path, event.index) == (last.path, last.index)
        ):
            last = None
    return last


def _of_step(run: Run, events: Sequence[Event], at: Progress) -> Move | None:
    """None where the step is through, and the next one's turn has come."""
    if at.skipped:
        return None
    if at.refused or at.no:
        return _no(at)
    if at.failure:
        return _failed(run, events, at)
    if at.lost is not None:
        return _lost(at)
    return _forward(run, events, at) or _afterwards(run, events, at)


def _no(at: Progress) -> Move:
    """The step cannot or must not run. Where nobody answered in time, a person may have it asked again."""
    if at.refused:
        return Finish("refused", at.refused.reason)
    if isinstance(at.no, Halted):
        return Finish("stopped", f"{EMERGENCY}{at.no.reason}")
    if at.no and at.no.kind == "denied":
        return Finish("denied", sentence(f"{name(at)} was denied"))
    return Finish("expired", f"Nobody approved {name(at)} in time.") if at.chosen else Choose(at.path)


def _lost(at: Progress) -> Move | None:
    """It may have run: a person looks, runs it again behind a new gate, or ends the run.

    A check that is good makes the whole step good, its deeds that did not come to their turn too.
    """
    choice = at.chosen.choice if at.chosen else ""
    if choice == "stop":
        return Finish("stopped", sentence(f"{name(at)} may have run, and the run ended there"))
    if choice == "again":
        return _prepare(at.path)
    if choice != "check" or not (at.prepared and at.prepared.prepared.check):
        return Choose(at.path)
    if at.checked is None:
        return Check(at.path)
    return None if at.checked.ok else Choose(at.path)


def _prepare(path: str) -> Move:
    return OfferRollback(path) if path.endswith(ROLLBACK) else Prepare(path)


def _forward(run: Run, events: Sequence[Event], at: Progress) -> Move | None:
    """From preparing to the last deed; None where all of them have ended well."""
    if at.prepared is None:
        return _prepare(at.path)
    left = at.prepared.prepared.deeds[at.done :]
    if not left:
        return None
    if reason := over(events, at.path, left):
        return Refuse(at.path, reason)
    return _gated(run, at) if _asks(at) else Act(at.path, at.done)


def _asks(at: Progress) -> bool:
    """Whether a person has to approve: by the ruling, by the file, always for a rollback.

    Unasked runs what is ruled so and is a read, and what was granted, the first time. Once it may have run and a person
    wants it again, only a read goes without a gate: their choice is enough for that.
    """
    if at.prepared is None or at.prepared.ruling == "ask" or at.prepared.prepared.asks or at.path.endswith(ROLLBACK):
        return True
    return at.again if at.prepared.ruling == "granted" else not at.prepared.prepared.reads


def asks_again(events: Sequence[Event], path: str) -> bool:
    """Whether `again` at `Choose` opens a gate; what only reads runs at once, for the choice itself is enough."""
    return _asks(replace(progress_of(events, path), again=True))


def _gated(run: Run, at: Progress) -> Move:
    """An approval lets run what its gate showed, and nothing that was prepared before or after it."""
    if at.prepared is None or at.gate is None:
        return Ask(at.path)
    if (at.gate.run_id, at.gate.digest) != (run.id, digest(run.id, at.prepared.prepared)):
        return Refuse(at.path, f"The request for {name(at)} does not show what was prepared. Start the run anew.")
    return Act(at.path, at.done) if at.approved else Await(at.gate)


def _afterwards(run: Run, events: Sequence[Event], at: Progress) -> Move | None:
    """Every deed ended well: its output is read, then it is checked."""
    if at.prepared is None:
        return None
    if not at.left and _readable(run, at.path, at.prepared.prepared.deeds):
        return Glean(at.path)
    if at.prepared.prepared.check is None:
        return None
    if at.checked is None:
        return Check(at.path)
    if at.checked.ok or (at.prepared.prepared.continue_on_failure and not _undoable(run, at)):
        return None
    return _undo(
        run, events, at, Finish("failed", sentence(f"the check of {name(at)} was not good: {at.checked.said}"))
    )


def _readable(run: Run, path: str, deeds: Sequence[Deed]) -> bool:
    """Whether later steps may want its output: it has `parse`, or it is psql, whose rows are a table."""
    last = deeds[-1] if deeds else None
    psql = isinstance(last, Exec) and any(PurePath(word).name == "psql" for word in last.argv)
    step = _written(run, path)
    return last is not None and (step.parse is not None or (psql and step.action == "exec"))


def _written(run: Run, path: str) -> Step:
    return run.runbook.steps[int(path) - 1]


def _failed(run: Run, events: Sequence[Event], at: Progress) -> Move | None:
    """A deed did not end well. The step's later deeds do not run; the run goes on only where the file says so."""
    outcome = at.failure
    if outcome is None or at.prepared is None:
        return Finish("failed", sentence(f"{name(at)} failed"))
    if outcome.result == "stopped":
        return Finish("stopped", stopped(at))
    if outcome.result == "refused":
        end = Finish("refused", outcome.note or sentence(f"{name(at)} was not begun"))
        return _undo(run, events, at, end) if at.ran else end
    if at.prepared.prepared.continue_on_failure:
        return None
    return _undo(run, events, at, Finish("failed", sentence(f"{name(at)} failed: {became(at)}")))


def _undo(run: Run, events: Sequence[Event], at: Progress, end: Finish) -> Move:
    """Offers what undoes the step, where there is something; else the end. The run has failed either way."""
    if not _undoable(run, at):
        return end
    back = progress_of(events, at.path + ROLLBACK)
    if isinstance(back.no, Halted) or (isinstance(back.no, Expired) and not back.chosen):
        return _no(back)
    if back.failure and back.failure.result == "stopped":
        return Finish("stopped", stopped(back))
    if how := _undone(back):
        return Finish("failed", f"{end.reason} {how}")
    if back.lost is not None:
        return _lost(back) or Choose(back.path)
    return _forward(run, events, back) or Finish("failed", f"{end.reason} It was rolled back.")


def _undoable(run: Run, at: Progress) -> bool:
    """Whether anything undoes it: known by now, or once the variables are that the step itself leaves."""
    known_by_then = at.prepared is not None and bool(at.prepared.prepared.rollback)
    return known_by_then or _written(run, at.path).rollback is not None


def _undone(back: Progress) -> str:
    """Why the rollback did not come to its end, as a sentence; empty where it still can."""
    if back.skipped:
        return sentence(f"there was nothing to roll back: {back.skipped.reason}")
    if back.refused:
        return sentence(f"it was not rolled back: {back.refused.reason}")
    if back.no:
        return (
            "It was not rolled back: that was denied."
            if back.no.kind == "denied"
            else "Nobody approved to roll it back."
        )
    return f"The rollback failed too: {became(back)}." if back.failure else ""


def done_before(events: Sequence[Event], path: str) -> int:
    """How many deeds, from the first, ran under an earlier preparation and are not repeated by the present one."""
    return progress_of(events, path).kept


def choices(events: Sequence[Event], path: str) -> tuple[Choice, ...]:
    """What a person can choose from at `Choose`: `check` only where the step may have run and has a check."""
    at = progress_of(events, path)
    looks = at.lost is not None and at.prepared is not None and at.prepared.prepared.check is not None
    return ("check", "again", "stop") if looks else ("again", "stop")
