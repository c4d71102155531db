"""The command `first-responder forget ID`: removes what is remembered of one incident."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.settings import Settings

BY = "command line"


def forget(
    name: Annotated[str, typer.Argument(metavar="ID", help="Of an incident or a memory, such as INC-2F7K.")],
) -> None:
    """Remove what was learnt, found, asked and written about one incident, with its vectors; the audit says so."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.ports import JournalDown
    from bot.settings import SettingsError, load
    from bot.state.database import DatabaseUrlError, NewerSchemaError

    try:
        settings = load()
        removed = asyncio.run(_forgotten(settings, name))
    except (SettingsError, DatabaseUrlError, NewerSchemaError, JournalDown, ValueError) as wrong:
        _end(str(wrong))
    except SQLAlchemyError as wrong:
        _end(f"nothing forgotten ({type(wrong).__name__}); see DATABASE_URL")
    if not any(removed.values()):
        _end(f"nothing is remembered under {name}")
    typer.echo("forgotten: " + ", ".join(_amount(*one) for one in removed.items()))
    typer.echo("Its vectors go with the next look, five minutes from now at most while the bot runs.")
    if settings.audit_key is None:
        typer.echo("AUDIT_KEY is not set: the audit log does not say so.")


def _amount(kinds: str, number: int) -> str:
    """«1 memory», «2 memories», of the kinds that the audit names."""
    from bot.domain.words import count

    return count(number, "memory" if kinds == "memories" else kinds.removesuffix("s"), kinds)


async def _forgotten(settings: Settings, name: str) -> Mapping[str, int]:
    from bot.clock import SystemClock
    from bot.house.open_archive import open_archive
    from bot.memory.retention import forget_one
    from bot.state.database import migrate, open_database
    from bot.state.journal import journal
    from bot.state.leftovers import SqlLeftovers

    await asyncio.to_thread(migrate, settings.database_url)
    clock = SystemClock()
    async with open_database(settings.database_url) as database:
        rules = (settings.service_labels, settings.env_labels, settings.reopen_window_s)
        archive = open_archive(settings, database, journal(database, clock, rules), clock)
        return await forget_one(archive, SqlLeftovers(database), name, BY)


def _end(reason: str) -> NoReturn:
    for line in reason.splitlines():
        typer.echo(f"first-responder: {line}", err=True)
    raise typer.Exit(1)
