"""The command `first-responder record`: an incident of one's own as a recording, to be measured on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.replaying.record import Recorded

NO_TRUTH = (
    "nobody has said yet in which service it lay, so it has no truth.json and cannot be scored: "
    "name the service in `/incident cause <text>` in its channel, or accept what was learnt with `/incident review`, "
    "and record it again"
)


def record(
    incident: Annotated[str, typer.Argument(help="Its id, such as INC-2F7K.")],
    folder: Annotated[Path, typer.Option(help="Where recordings are kept; a folder of its name is made there.")] = Path(
        "recordings"
    ),
) -> None:
    """Save an incident as a recording, with its secrets masked; `replay` and `make eval` take it like any other."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.catalog import CatalogError
    from bot.ports import JournalDown
    from bot.replaying.record import NothingToRecord
    from bot.replaying.record import record as run
    from bot.settings import SettingsError, load
    from bot.state.database import DatabaseUrlError

    target = folder / incident
    try:
        typer.echo(told(asyncio.run(run(load(), incident, target))))
    except LookupError:
        _end(f"no incident is called {incident}")
    except FileExistsError:
        _end(f"{target} is there already: remove it, or name another --folder")
    except (SettingsError, CatalogError, DatabaseUrlError, JournalDown, NothingToRecord) as wrong:
        _end(str(wrong))
    except OSError as wrong:
        _end(f"{target} cannot be written: {wrong.strerror}")
    except SQLAlchemyError as wrong:
        _end(f"the database cannot be read ({type(wrong).__name__}); see DATABASE_URL")


def told(recorded: Recorded) -> str:
    """What the folder holds, what could not be seen, and what is missing for a score."""
    from bot.domain.words import count

    amounts = count(recorded.lines, "log line"), count(recorded.changes, "change")
    lines = [f"{recorded.folder}: {recorded.figures} series, {', '.join(amounts)}"]
    lines += [f"  not seen: {gap.source}: {gap.reason}" for gap in recorded.gaps]
    if recorded.truth is None:
        lines.append(f"  {NO_TRUTH}")
    elif recorded.truth.service is None:
        lines.append("  truth: nothing was wrong")
    else:
        lines.append(f"  truth: {recorded.truth.service}")
    return "\n".join(lines)


def _end(reason: str) -> NoReturn:
    typer.echo(f"first-responder: {reason}", err=True)
    raise typer.Exit(1)
