"""The command line of runbooks: `first-responder runbooks lint`, `dry-run`, `drafts`. None of them runs anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.cli.drafts import drafts

if TYPE_CHECKING:
    from bot.settings import Settings
    from runbooks.commands import Program

app = typer.Typer(help="Runbooks: find every fault, and see what one would do.", no_args_is_help=True)
app.command()(drafts)


@app.command()
def lint(
    folder: Annotated[
        Path | None, typer.Argument(help="Not given: RUNBOOKS_DIR, or those that come with the bot.")
    ] = None,
) -> None:
    """Name every fault of a folder of runbooks, with file and line. Exit 1 if there is one."""
    from runbooks.lint import in_order, not_here, told_once
    from runbooks.loader import SHIPPED, load
    from runbooks.prepare import House

    settings = _settings()
    root = folder or settings.runbooks_dir or SHIPPED
    house = House(_by_name(settings), settings.runbook_allowed_hosts, settings.runbook_env)
    library = load(root)
    missing = not_here(library, house)
    ours = root.resolve() == SHIPPED.resolve()  # what comes with the bot cannot know your hosts and programs
    faults = library.problems if ours else in_order((*library.problems, *missing))
    for fault in faults:
        typer.echo(f"{(root / fault.file).as_posix()}:{fault.line}: {fault.message}")
    if faults:
        _end(f"{len(faults)} fault{'' if len(faults) == 1 else 's'}")
    count = len(library.runbooks)
    typer.echo(f"{count} runbook{'' if count == 1 else 's'}, no fault")
    for need in told_once(missing) if ours else ():
        typer.echo(f"before it can run here · {need}")


@app.command("dry-run")
def dry_run(
    runbook: Annotated[str, typer.Argument(help="Its id.")],
    param: Annotated[
        list[str] | None, typer.Option(help="A variable, as in `service=checkout`; several times.")
    ] = None,
    folder: Annotated[Path | None, typer.Option("--dir", help="Instead of RUNBOOKS_DIR.")] = None,
) -> None:
    """Show each step exactly as it would run, and what would be asked. Nothing is run. Exit 1 if one could not run."""
    from functools import cache, partial

    from bot.cli.dry_run import UnknownParameterError, told
    from runbooks.loader import load
    from runbooks.prepare import House
    from runbooks.running.programs import find
    from runbooks.running.settings import HandsSettings

    settings = _settings()
    root = folder or settings.runbooks_dir
    library = load(root)
    book = library.get(runbook)
    if book is None:
        bad = "".join(f"\n{problem}" for problem in library.problems)
        _end(f"no runbook is called `{runbook}`; there are {', '.join(one.id for one in library.runbooks)}{bad}")
    programs = HandsSettings(programs=settings.runbook_allowed_programs)
    program = cache(partial(find, settings=programs))
    try:
        shown = told(
            book, _pairs(param or []), House(program, settings.runbook_allowed_hosts, settings.runbook_env), settings
        )
    except UnknownParameterError as error:
        _end(str(error))
    typer.echo(shown.text)
    raise typer.Exit(not shown.could_run)


def _by_name(settings: Settings) -> Callable[[str], Program]:
    """By the list alone: whoever lints need not have the programs installed. A path is looked at where it is."""
    from runbooks.commands import NotAllowedError, Program
    from runbooks.running.programs import find
    from runbooks.running.settings import HandsSettings

    names = {entry.rsplit("/", 1)[-1] for entry in settings.runbook_allowed_programs}

    def program(name: str) -> Program:
        if "/" in name and name not in settings.runbook_allowed_programs:
            return find(name, HandsSettings(programs=settings.runbook_allowed_programs))
        if name.rsplit("/", 1)[-1] not in names:
            raise NotAllowedError(f"`{name}` is not in RUNBOOK_ALLOWED_PROGRAMS; add it there, or take another program")
        return Program(name, "")

    return program


def _pairs(written: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in written]
    if bad := next((name for name, equals, _ in pairs if not equals), ""):
        _end(f"--param {bad}: write it as name=value")
    return {name.strip(): value for name, _, value in pairs}


def _settings() -> Settings:
    from bot.settings import SettingsError, load

    try:
        return load()
    except SettingsError as wrong:
        _end(str(wrong))


def _end(reason: str) -> NoReturn:
    for line in reason.splitlines():
        typer.echo(f"first-responder: {line}", err=True)
    raise typer.Exit(1)
