"""The command `first-responder runbooks drafts`: what was drafted from incidents, to be looked at and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.domain.memory import Learnt
    from bot.settings import Settings


def drafts(
    name: Annotated[
        str | None, typer.Argument(metavar="ID", help="Of a draft or its incident: prints it. Not given: lists all.")
    ] = None,
) -> None:
    """List the runbooks that were drafted from incidents and not rejected, or print one to put into RUNBOOKS_DIR."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.memory.draft_runbook import identity
    from bot.ports import JournalDown
    from bot.settings import SettingsError, load
    from bot.state.database import DatabaseUrlError, NewerSchemaError

    try:
        there = asyncio.run(_drafted(load()))
    except (SettingsError, DatabaseUrlError, NewerSchemaError, JournalDown) as wrong:
        _end(str(wrong))
    except SQLAlchemyError as wrong:
        _end(f"nothing read ({type(wrong).__name__}); see DATABASE_URL")
    if name is None:
        for one in there:
            typer.echo(f"{identity(one.text)}\t{one.incident_id}\t{one.review}\t{one.at:%Y-%m-%d}")
        if not there:
            typer.echo("no runbook was drafted yet", err=True)
        return
    wanted = next((one for one in there if name in (identity(one.text), one.incident_id, one.id)), None)
    if wanted is None:
        _end(f"no draft is called {name}; `first-responder runbooks drafts` lists them")
    typer.echo(wanted.text, nl=not wanted.text.endswith("\n"))


async def _drafted(settings: Settings) -> Sequence[Learnt]:
    """The newest first; accepted ones before those that wait."""
    from bot.state.database import migrate, open_database
    from bot.state.memories import SqlReviews

    await asyncio.to_thread(migrate, settings.database_url)
    async with open_database(settings.database_url) as database:
        found = await SqlReviews(database).of_kind("runbook")
    return sorted((one for one in found if one.review != "rejected"), key=lambda one: one.review == "waiting")


def _end(reason: str) -> NoReturn:
    typer.echo(f"first-responder: {reason}", err=True)
    raise typer.Exit(1)
