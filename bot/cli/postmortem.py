"""The command `first-responder postmortem`: writes it again from the record, and puts it to where it stands."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.domain.incident import Channel
    from bot.domain.postmortem import Written
    from bot.settings import Settings

NOWHERE = "written; in Slack no message says that it is closed, as where it is told with another incident"


def postmortem(
    incident: Annotated[str, typer.Argument(help="Its id, such as INC-DFCQPPRXOH.")],
    out: Annotated[Path | None, typer.Option(help="A file to write it to, instead of printing it.")] = None,
    *,
    post: Annotated[bool, typer.Option("--post", help="Put it to where it stands, in Slack and beyond.")] = False,
) -> None:
    """Write an incident's postmortem again, from the record as it is by now; one that was reviewed, or of which
    nothing that was found is kept any more, stays as it is.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from bot.catalog import CatalogError
    from bot.ports import ChatError, JournalDown
    from bot.settings import SettingsError, load
    from bot.state.database import DatabaseUrlError, NewerSchemaError
    from integrations.contract import RoomError

    try:
        written, where, stays = asyncio.run(_write(load(), incident.upper(), post=post))
    except (SettingsError, CatalogError, DatabaseUrlError, NewerSchemaError, RoomError, LookupError) as wrong:
        _end(str(wrong.args[0]) if isinstance(wrong, LookupError) else str(wrong))
    except ChatError as wrong:
        _end(f"not posted: Slack says {wrong.code}; `first-responder doctor` says what to do")
    except (JournalDown, SQLAlchemyError) as wrong:
        _end(f"not written: {wrong if isinstance(wrong, JournalDown) else type(wrong).__name__}; see DATABASE_URL")
    if stays:
        typer.echo(f"first-responder: {stays[0].lower()}{stays[1:]}, so it stays as it is", err=True)
    if post:
        told = f"posted: the postmortem of {written.incident_id}, {where}"
        typer.echo(told if where else f"{NOWHERE}, so it is posted nowhere")
    elif out is None:
        sys.stdout.write(written.text)
    if out is None:
        return
    try:
        out.write_text(written.text, encoding="utf-8")
    except OSError as wrong:
        _end(f"--out: {out} cannot be written ({type(wrong).__name__})")


async def _write(settings: Settings, incident_id: str, *, post: bool) -> tuple[Written, str, str]:
    """Its words, where they stand by now, and why they were not written again where they were not.

    Raises LookupError where there is no such incident, or nothing of it to be posted yet.
    """
    from bot.closing import write_up
    from bot.closing.apart import closing_apart
    from bot.closing.desk import Wrapping
    from bot.domain.closing import Closing
    from bot.domain.entry import BOT
    from bot.state.database import migrate

    await asyncio.to_thread(migrate, settings.database_url)
    async with closing_apart(settings) as at:
        try:
            incident = await at.desk.journal.incident(incident_id)
        except LookupError:
            raise LookupError(f"no incident is called {incident_id}") from None
        wrapping = Wrapping(at, incident.id, incident.opening)
        written = await write_up.again(wrapping, everywhere=post)
        if written is not None:
            text = await write_up.told(wrapping, written)
            return (
                replace(written, text=text),
                _where(written, incident.channel),
                await write_up.stays(wrapping, written),
            )
        if post:
            raise LookupError(f"{incident_id} is not closed: `/incident postmortem` posts a draft of what is known")
        now = at.desk.clock.now()
        draft = await write_up.worded(wrapping, Closing(incident.id, incident.opening, now, BOT, "not closed"))
        return draft, "", ""


def _where(written: Written, home: Channel | None) -> str:
    """In Slack and beyond; one that is told in another incident's channel has no thread of its own."""
    parts = [written.url] if written.url else []
    if written.message is not None:
        id_ = written.message.channel_id
        name = f"#{home.name}" if home and home.id == id_ else f"the channel {id_}"
        parts.insert(0, f"in the thread of its closing in {name}")
    return "; ".join(parts)


def _end(reason: str) -> NoReturn:
    typer.echo(f"first-responder: {reason}", err=True)
    raise typer.Exit(1)
