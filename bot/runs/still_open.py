"""How it stands with a run that has not ended: what it waits for, and what that means for others (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.move import Await, Choose
from bot.domain.run import Event, Run
from bot.domain.text import code, safe
from bot.domain.words import clock
from bot.runs.next_move import next_move
from bot.runs.progress import progress_of

WAITS = "waiting for a person"
"""Of a run that goes on only once somebody says how."""


def state(run: Run, events: Sequence[Event]) -> str:
    """In a few words: whether it runs, or has to be told how to go on."""
    return WAITS if isinstance(next_move(run, events), Choose) else "running"


def in_the_way(run: Run, events: Sequence[Event], now: datetime) -> str:
    """Why nothing else runs on its target, and what to do about it: to wait helps only while something runs."""
    whose = f"{code(run.id)} ({safe(run.runbook.title, 80)}), asked by <@{run.asked_by}>"
    where = f"<#{run.message.channel_id if run.message else run.channel_id}>"
    works, ends = f"Not run: {code(run.target)} is being worked on by {whose}", f"`/incident-action stop {run.id}`"
    match next_move(run, events):
        case Choose(path=path):
            lost = progress_of(events, path).lost is not None
            why = f"Step {path} may have run" if lost else "Nothing is running: nobody answered in time"
            rests = f"and it waits for a person in {where} since {clock(events[-1].at, now)} UTC"
            return f"Not run: {code(run.target)} is held by {whose}. {why}, {rests}. {ends} ends it."
        case Await(gate=gate):
            return f"{works}. It waits for an answer to {code(gate.id)} in {where}. Give one there, or {ends}."
        case _:
            return f"{works} in {where}. Wait for it, or {ends}."
