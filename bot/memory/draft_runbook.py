"""A runbook is drafted from an incident that something mended which no runbook covers (pure).

It waits for a person, and nobody has tried it: whatever changes something in it asks first. Texts of people are data;
a command of theirs becomes a step only where it is the arguments of a program that is allowed here, else it is told in
words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from bot.domain.memory import Memory
from bot.domain.text import clean, cut
from bot.guard.redact import redact
from bot.memory.deeds_as_steps import Deed, Shelf, book_of, deeds, is_command, is_step, sound, values_of
from bot.memory.recollect import Life, recollect, sure
from bot.memory.what_mended import Mended, Typed, argv_of, changes, runs, typed
from integrations.contract import RunbookMatch
from runbooks.loader import read
from runbooks.model import Library, Runbook, Step, Trigger
from runbooks.reading import is_read_command
from runbooks.writing import written

MOST_STEPS = 20
MOST_WORDS = 8
"""Lines about what was done and is no step."""
LINE = 300
"""Characters of one such line."""


def draft(life: Life, shelf: Shelf) -> str | None:
    """YAML as `runbooks/loader.py` reads it, without a fault, and within what is allowed here; None: nothing to draft.

    Nothing is drafted of a false alarm, nor where a runbook that there is did it, or would have: it takes a command
    that changes something, a deployment that helped, or several runbooks together.
    """
    memory = recollect(life)
    told, ran, changed = typed(life), runs(life), _changes(life, shelf.library)
    did = _by_hand(told, shelf)
    if memory.false_alarm or not (did or changed or len({one.run.runbook.id for one in ran}) > 1):
        return None
    if not changed and _covered(did, ran, shelf.library):
        return None
    return _written(life, memory, shelf, deeds(life, told, ran, changed, shelf))


def identity(text: str) -> str:
    """The id under which the runbook of this text would be started; empty where it has none."""
    return next((book.id for book in read(text).runbooks), "")


def same_steps(text: str, other: str) -> bool:
    """Whether two drafts do the same for the same service, whatever incident they are from."""
    (one, two) = (read(text).runbooks, read(other).runbooks)
    return bool(one) and bool(two) and _essence(one[0]) == _essence(two[0])


def _essence(book: Runbook) -> tuple[object, ...]:
    does = [(step.action, step.command, "" if step.action == "message" else str(step.details)) for step in book.steps]
    return (book.service, book.trigger.alert, tuple(does))


# ── whether there is something to draft ──


def _by_hand(told: Iterable[Typed], shelf: Shelf) -> tuple[tuple[str, ...], ...]:
    """Commands that changed something, or that closed the incident by what was said."""
    made = ((one, argv_of(one.text)) for one in told)
    return tuple(
        argv
        for one, argv in made
        if argv
        and not is_read_command(argv)
        and (is_step(one.text, shelf) or (one.closing and is_command(one.text, shelf)))
    )


def _changes(life: Life, library: Library) -> tuple[str, ...]:
    """Changes that helped, where no runbook for a change fits the incident."""
    fitting = life.report.context.of(RunbookMatch) if life.report else ()
    books = [book for match in fitting if (book := library.get(match.id)) is not None]
    return () if any(book.trigger.cause == "change" for book in books) else changes(life)


def _covered(did: Sequence[tuple[str, ...]], ran: Sequence[Mended], library: Library) -> bool:
    """Whether one runbook does all of it."""
    used = {one.run.runbook.id for one in ran}
    return any(used <= {book.id} and all(_holds(book, argv) for argv in did) for book in library.runbooks)


def _holds(book: Runbook, argv: Sequence[str]) -> bool:
    commands = (step.command for outer in book.steps for step in (outer, *outer.then) if step.command)
    return any(_alike(argv_of(command), argv) for command in commands)


def _alike(pattern: Sequence[str], argv: Sequence[str]) -> bool:
    """Whether the command is that one, with some values in the place of its variables."""
    if len(pattern) != len(argv):
        return False
    parts = (re.split(r"\{\{[^{}]*\}\}", one) for one in pattern)
    return all(
        re.fullmatch(".+".join(map(re.escape, part)), arg, re.DOTALL) for part, arg in zip(parts, argv, strict=True)
    )


# ── what it says ──


def _written(life: Life, memory: Memory, shelf: Shelf, done: Sequence[Deed]) -> str | None:
    book = _head(life, memory, shelf.library)
    words: list[str] = []
    for deed in done:
        bigger = _with(book, deed)
        if bigger is not None and sound(bigger, shelf):
            book = bigger
        elif deed.words:
            words.append(_line(deed.words))
    if words:
        said = _with(book, _left_to_do(life, words))
        book = said if said is not None and sound(said, shelf) else book
    return written(book, _description(life, memory, words)) if book.steps else None


def _left_to_do(life: Life, words: Iterable[str]) -> Deed:
    """What is no command, said in the channel; braces would be variables."""
    text = cut(f"As in {life.incident.id}, {'; '.join(words)}", 900).replace("{", "(").replace("}", ")")
    return Deed(life.incident.opened_at, (Step("message", "what is left to do by hand", details={"text": text}),))


def _with(book: Runbook, deed: Deed) -> Runbook | None:
    """The runbook with these steps behind its own; None where they do not go together."""
    known = {one.name: one for one in book.parameters}
    if not deed.steps or len(book.steps) + len(deed.steps) > MOST_STEPS:
        return None
    if any(known.get(one.name, one) != one for one in deed.parameters):
        return None
    new = tuple(one for one in deed.parameters if one.name not in known)
    book = replace(book, parameters=(*book.parameters, *new))
    for step in deed.steps:
        book = replace(book, steps=(*book.steps, replace(step, name=_own_name(step, book))))
    return book


def _own_name(step: Step, book: Runbook) -> str:
    """Two steps have not one name."""
    taken = {one.name for one in book.steps}
    names = (step.name, *(f"{step.name}, {number}" for number in range(2, MOST_STEPS + 2)))
    return next((name for name in names if not name or name not in taken), "")


def _head(life: Life, memory: Memory, library: Library) -> Runbook:
    """What it is called and when it fits, without a step yet."""
    name, service = (memory.alerts or (memory.title,))[0], memory.service
    return replace(
        book_of(()),
        id=_id(service, name, library.get),
        title=_line(f"{name} on {service}: what fixed {life.incident.id}", 150),
        service=service,
        trigger=_trigger(life, memory),
    )


def _trigger(life: Life, memory: Memory) -> Trigger:
    """Its alerts, the first signal that moved the way that hurts, and the kind of cause where the evidence is sure."""
    found = life.report.analysis if life.report else None
    moved = next((state.signal for state in found.signals if state.bad), "") if found else ""
    is_sure = found is not None and memory.cause_by == "evidence" and memory.confidence in ("high", "medium")
    kind = found.causes[0].kind if found and is_sure and found.causes else ""
    return Trigger(alert="|".join(_line(name, 200) for name in memory.alerts), metric=moved, cause=kind)


def _id(service: str, name: str, there: Callable[[str], Runbook | None]) -> str:
    """Of letters that Slack takes: `payment-service-high-error-rate`, with a number where that is taken."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", f"{service}-{name}")
    made = re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-")[:70].strip("-") or "draft"
    tries = (made, *(f"{made}-{number}" for number in range(2, 100)))
    return next((one for one in tries if there(one) is None), made)


def _description(life: Life, memory: Memory, words: Sequence[str]) -> str:
    return "\n".join(_about(life, memory, words))


def _about(life: Life, memory: Memory, words: Sequence[str]) -> Iterator[str]:
    yield f"Drafted from {life.incident.id}, opened {memory.opened_at:%Y-%m-%d}. Nobody has tried it as a runbook:"
    yield "look at each step, and take out what did not help."
    if memory.cause:
        yield _line(f"Cause: {memory.cause} ({sure(memory)})")
    if memory.resolution:
        yield _line(f"What fixed it: {memory.resolution}")
    yield from (f"Done and no step here, {line}" for line in words[:MOST_WORDS])
    values = ", ".join(f"{name} {value}" for value, name in values_of(life).items())
    if values:
        yield _line(f"Then: {values}")


def _line(text: str, limit: int = LINE) -> str:
    return cut(clean(redact(text)), limit)
