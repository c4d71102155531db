"""What mended an incident by its records: commands that people wrote, runbooks and changes that helped (pure)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.entry import BOT, Entry
from bot.domain.run import Checked, DeedEnded, Ended, Event, Run, StepPrepared
from bot.guard.redact import redact
from bot.life.compose_watch import told_to_help
from bot.life.lifecycle import standing
from bot.memory.recollect import Life
from runbooks.model import Step
from runbooks.rules import reads

MOST = 40
"""Texts in backticks that are looked at: each is tried out."""
_FENCE = re.compile(r"```(.+?)```", re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_PROMPT = re.compile(r"^\s*[$#]\s+")
_SAYING = frozenset({"note", "status", "handoff", "cause", "resolved", "closed"})
_OF_A_RUN = "changed:run:"
_CLOSING = frozenset({"resolved", "closed"})


@dataclass(frozen=True, slots=True)
class Typed:
    """Something that a person put in backticks; whether it is a command is for others to say."""

    at: datetime
    text: str
    closing: bool = False
    """Whether it stands in the words that closed the incident, so that it is what helped."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A run that came to its end, changed something and was not found useless."""

    run: Run
    steps: tuple[tuple[datetime, Step], ...]
    """Those that were done, in the order in which they were."""


def typed(life: Life) -> tuple[Typed, ...]:
    """Everything that people put in backticks in this opening, the first first, each text once."""
    found: dict[str, Typed] = {}
    for entry in sorted(_said(life), key=lambda entry: (entry.kind not in _CLOSING, entry.at)):
        for text in _in_backticks(redact(entry.text)):
            found.setdefault(text, Typed(entry.at, text, entry.kind in _CLOSING))
    return tuple(sorted(found.values(), key=lambda one: one.at)[:MOST])


def runs(life: Life) -> tuple[Mended, ...]:
    """Runs that helped: by their own check, else by the watch behind them, else by nothing that says otherwise."""
    watched = {entry.key: told_to_help(entry.text) for entry in life.entries if entry.kind == "watched"}
    mended = (_mended(run, events, watched) for run, events in life.runs)
    return tuple(one for one in mended if one is not None)


def changes(life: Life) -> tuple[str, ...]:
    """Deployments and releases after which the signals came back, in words."""
    helped = {entry.key for entry in life.entries if entry.kind == "watched" and told_to_help(entry.text)}
    made = (entry for entry in life.entries if entry.kind == "changed" and entry.at >= life.since)
    return tuple(entry.text for entry in made if f"{entry.key}:over" in helped and not entry.key.startswith(_OF_A_RUN))


def argv_of(text: str) -> tuple[str, ...]:
    """The words of a command as a shell would split it; empty where it cannot."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()


def _said(life: Life) -> list[Entry]:
    """What people said in this opening; of what they pinned that which still is."""
    said = [entry for entry in life.entries if entry.kind in _SAYING]
    since = life.since
    return [entry for entry in (*said, *standing(life.entries).pinned) if entry.who != BOT and entry.at >= since]


def _in_backticks(text: str) -> Iterator[str]:
    fenced = [line for block in _FENCE.findall(text) for line in block.splitlines()]
    for found in (*fenced, *_SPAN.findall(_FENCE.sub(" ", text))):
        if bare := _PROMPT.sub("", found).strip():
            yield bare


def _mended(run: Run, events: Sequence[Event], watched: Mapping[str, bool]) -> Mended | None:
    done = any(isinstance(event, Ended) and event.result == "done" for event in events)
    checks = [event.ok for event in events if isinstance(event, Checked)]
    helped = checks[-1] if checks else watched.get(f"{_OF_A_RUN}{run.id}:over")
    steps = tuple(_done(run, events))
    if not done or helped is False or all(reads(step) for _, step in steps):
        return None
    return Mended(run, steps)


def _done(run: Run, events: Sequence[Event]) -> Iterator[tuple[datetime, Step]]:
    """A rollback is none of them: its place is no number."""
    ended = {event.path for event in events if isinstance(event, DeedEnded) and event.outcome.ok}
    for event in events:
        if isinstance(event, StepPrepared) and event.prepared.path in ended and event.prepared.path.isdecimal():
            number = int(event.prepared.path)
            if number <= len(run.runbook.steps):
                yield event.at, run.runbook.steps[number - 1]
