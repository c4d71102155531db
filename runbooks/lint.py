"""Every fault of a folder of runbooks in one pass: of the language, and of what may be used here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from runbooks.commands import NotAllowedError, Program
from runbooks.loader import load
from runbooks.model import Library, Problem, Runbook, Step
from runbooks.prepare import House
from runbooks.probing import open_house, refusal


def lint(folder: Path | None, house: House) -> tuple[Problem, ...]:
    """Every fault of every file, by file and line; None: of the library that comes with the bot (pure but for reading).

    What the language forbids keeps a runbook from being loaded. What only this house forbids does not: its steps are
    refused when they are prepared.
    """
    library = load(folder)
    return in_order((*library.problems, *not_here(library, house)))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """As they stand in the files."""
    return tuple(sorted(problems, key=lambda found: (found.file, found.line)))


def not_here(library: Library, house: House) -> tuple[Problem, ...]:
    """What the runbooks need and this house does not allow: programs, hosts, environment variables."""
    program = cache(partial(_why_not, house))
    return tuple(
        dict.fromkeys(
            Problem(book.file, deed.line, said)
            for book in library.runbooks
            for deed in _deeds(book)
            for said in (*_programs(book, deed, program), *_hosts_and_env(book, deed, house))
        )
    )


def told_once(problems: Iterable[Problem]) -> tuple[str, ...]:
    """Each message once, with the files that it is about."""
    files: dict[str, dict[str, None]] = {}
    for problem in problems:
        files.setdefault(problem.message, {})[problem.file] = None
    return tuple(f"{', '.join(names)}: {message}" for message, names in files.items())


def _deeds(book: Runbook) -> Iterator[Step]:
    """Everything that the runbook could do, checks and rollbacks too."""
    for step in book.steps:
        yield from step.then or (step,)
        yield from (behind for behind in (step.verify and step.verify.step, step.rollback) if behind)


def _programs(book: Runbook, deed: Step, program: Callable[[str], str]) -> Iterator[str]:
    said: list[str] = []

    def note(name: str) -> Program:
        said.append(program(name))
        return Program(name, "")

    refusal(book, deed, replace(open_house(deed), program=note))
    yield from filter(None, said)


def _hosts_and_env(book: Runbook, deed: Step, house: House) -> Iterator[str]:
    if deed.action == "http":
        yield from filter(None, (refusal(book, deed, replace(open_house(deed), hosts=house.hosts)),))
        yield from filter(None, (refusal(book, deed, replace(open_house(deed), env=house.env)),))


def _why_not(house: House, name: str) -> str:
    try:
        house.program(name)
    except NotAllowedError as error:
        return error.reason
    return ""
