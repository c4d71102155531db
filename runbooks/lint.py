"""Every fault of a folder of runbooks in one pass: of the language, and of what may be used here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from runbooks.commands import CommandError, NotAllowedError, split
from runbooks.loader import load
from runbooks.model import Library, Problem, Runbook, Step
from runbooks.prepare import House
from runbooks.running.addresses import listed
from runbooks.variables import names_in, references_in, texts_of


def lint(folder: Path | None, house: House) -> tuple[Problem, ...]:
    """Every fault of every file, by file and line; None: of the library that comes with the bot (pure but for reading).

    What the language forbids keeps a runbook from being loaded. What only this house forbids does not: its steps are
    refused when they are prepared.
    """
    library = load(folder)
    return tuple(sorted((*library.problems, *not_here(library, house)), key=lambda found: (found.file, found.line)))


def not_here(library: Library, house: House) -> tuple[Problem, ...]:
    """What the runbooks need and this house does not allow: programs, hosts, environment variables."""
    program = cache(lambda name: _refusal(house, name))
    return tuple(
        dict.fromkeys(
            Problem(book.file, deed.line, said)
            for book in library.runbooks
            for deed in _deeds(book)
            for said in (*_programs(deed, program), *_host(deed, house), *_env(deed, house))
        )
    )


def _deeds(book: Runbook) -> Iterator[Step]:
    """Everything that the runbook could do, checks and rollbacks too."""
    for step in book.steps:
        yield from (step, *step.then)
        yield from (behind for behind in (step.verify and step.verify.step, step.rollback) if behind)


def programs_of(step: Step) -> tuple[str, ...]:
    """The names of the programs that a step starts."""
    match step.action:
        case "exec":
            try:
                return split(step.command)[:1]
            except CommandError:
                return ()
        case "copy":
            sides = (step.details["from"], step.details["to"])
            return tuple(
                dict.fromkeys("aws" if side.startswith("s3://") else "kubectl" for side in sides if ":" in side)
            )
        case _:
            return ()


def _refusal(house: House, name: str) -> str:
    try:
        house.program(name)
    except NotAllowedError as error:
        return error.reason
    return ""


def _programs(step: Step, program: Callable[[str], str]) -> Iterator[str]:
    yield from filter(None, map(program, programs_of(step)))


def _host(step: Step, house: House) -> Iterator[str]:
    """A host with a variable in it is known only when the step is prepared."""
    place = str(step.details.get("url", "")).split("://", 1)[-1].split("/", 1)[0]
    if step.action != "http" or names_in(place):
        return
    try:
        url = urlsplit(step.details["url"])
        allowed = listed(url.scheme, url.hostname or "", url.port, house.hosts)
    except ValueError as error:
        yield f"`{place}` is no host: {error}"
        return
    if not allowed:
        yield f"`{place}` is not in RUNBOOK_ALLOWED_HOSTS; add it there, or take another host"


def _env(step: Step, house: House) -> Iterator[str]:
    for name in dict.fromkeys(name for text in texts_of(step) for name in references_in(text)):
        if name not in house.env:
            yield f"`{{{{env.{name}}}}}` is not in RUNBOOK_ENV; add {name} there, or take it out"
