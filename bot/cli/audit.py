"""The command line of the audit log: `first-responder audit verify`, `show`, `export`, `change-key`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.state.chain import Head, Recorded

app = typer.Typer(help="The audit log: who asked, who decided, what ran.", no_args_is_help=True)

NO_KEY = (
    "AUDIT_KEY is not set: the audit log is chained with it, and without it nothing can be run.\n"
    "Make one with `openssl rand -hex 32` and keep it outside the database"
)
OldKeys = Annotated[
    list[Path] | None,
    typer.Option(
        help="File with the key before this one; several times, the oldest first.", exists=True, dir_okay=False
    ),
]


@app.command()
def verify(
    head: Annotated[str, typer.Option(help="NUMBER:MAC from the bot's log or from Slack: finds a tail cut off.")] = "",
    old_key: OldKeys = None,
) -> None:
    """Follow the chain from its first entry. Exit 1 and the first bad entry, if there is one."""
    from bot.domain.words import count

    settings = _settings()
    found = _followed(settings, _key(settings), head, old_key or [])
    typer.echo(f"{count(found.number, 'entry', 'entries')}, none changed · head {found}")
    if not head:
        typer.echo("A tail that was cut off shows only with --head NUMBER:MAC, from the bot's log.")


@app.command()
def show(incident: Annotated[str, typer.Option(help="Its id, such as INC-2F7K.")]) -> None:
    """What happened in one incident, one line each, times in UTC."""
    from bot.cli.audit_lines import as_line

    count = 0
    with _reading(_settings(), incident) as entries:
        for entry in entries:
            typer.echo(as_line(entry))
            count += 1
    if not count:
        _end(f"nothing about {incident} is in the audit log")


@app.command()
def export() -> None:
    """Everything as JSON lines, the oldest first, each with its seal."""
    from bot.cli.audit_lines import as_json

    with _reading(_settings()) as entries:
        for entry in entries:
            sys.stdout.write(as_json(entry) + "\n")


@app.command("change-key")
def change_key(
    new: Annotated[Path, typer.Argument(help="File with the new key.", exists=True, dir_okay=False)],
    old_key: OldKeys = None,
) -> None:
    """Close the chain under AUDIT_KEY and go on under a new key. Stop every replica first."""
    import asyncio

    settings = _settings()
    key, new_key = _key(settings), _key_in(new)
    if key == new_key:
        _end("that is the key which AUDIT_KEY holds already")
    if not _followed(settings, key, "", old_key or []).number:
        _end("nothing is in the audit log yet: set AUDIT_KEY to the new key, that is all")
    with _told():
        head = asyncio.run(_change(settings, key, new_key))
    typer.echo(f"key changed · head {head}")
    typer.echo("Set AUDIT_KEY to the new key now. Keep the old one in a file: `audit verify --old-key FILE` needs it.")


def _followed(settings: Settings, key: str, head: str, old_keys: list[Path]) -> Head:
    """Where the chain ends; the first bad entry ends the program."""
    from bot.state.chain import Fault, verify

    told, older = _head(head), [_key_in(path) for path in old_keys]
    with _reading(settings) as entries:
        found = verify(entries, key, told, older)
    return _end(f"entry {found.number}: {found.why}") if isinstance(found, Fault) else found


def _settings() -> Settings:
    from bot.settings import SettingsError, load

    try:
        return load()
    except SettingsError as wrong:
        _end(str(wrong))


def _key(settings: Settings) -> str:
    key = settings.audit_key.get_secret_value() if settings.audit_key else ""
    return key or _end(NO_KEY)


def _key_in(path: Path) -> str:
    return path.read_text().strip() or _end(f"{path} is empty: it should hold one key")


def _head(text: str) -> Head | None:
    from bot.state.chain import Head

    try:
        return Head.parse(text) if text else None
    except ValueError as wrong:
        _end(f"--head: {wrong}")


@contextmanager
def _reading(settings: Settings, incident: str = "") -> Iterator[Iterator[Recorded]]:
    from bot.state.audit_reading import reading

    with _told(), reading(settings.database_url, incident) as entries:
        yield entries


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with the database, in one sentence."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.ports import JournalDown
    from bot.state.audit_reading import NoAuditLogError
    from bot.state.database import DatabaseUrlError

    try:
        yield
    except (NoAuditLogError, DatabaseUrlError, JournalDown) as wrong:
        _end(str(wrong))
    except SQLAlchemyError as wrong:
        _end(f"the database cannot be read ({type(wrong).__name__}); see DATABASE_URL")


async def _change(settings: Settings, key: str, new: str) -> Head:
    from datetime import UTC, datetime

    from bot.state.audit import ChainedAudit
    from bot.state.database import open_database

    async with open_database(settings.database_url) as database:
        return await ChainedAudit(database, key).change_key(new, datetime.now(UTC))


def _end(reason: str) -> NoReturn:
    for line in reason.splitlines():
        typer.echo(f"first-responder: {line}", err=True)
    raise typer.Exit(1)
