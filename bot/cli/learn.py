"""The command `first-responder learn`: past incidents into the memory, from where teams keep them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.cli.days import days as whole_days

if TYPE_CHECKING:
    from bot.memory.learning.found import Found, Took
    from bot.settings import Settings
    from integrations.github.past import Issue
    from integrations.pagerduty.past import Past

MOST_TOLD = 20
"""So many of what was skipped are told one by one."""


def learn(  # noqa: PLR0913 - each is an option of the command
    path: Annotated[
        Path | None, typer.Argument(help="A folder of postmortems (*.md), or a file of JSON lines.", exists=True)
    ] = None,
    *,
    from_pagerduty: Annotated[bool, typer.Option("--pagerduty", help="Its resolved incidents.")] = False,
    from_github: Annotated[str, typer.Option("--github", help="Issues of this repository, owner/name.")] = "",
    label: Annotated[str, typer.Option(help="Of those issues.")] = "postmortem",
    days: Annotated[
        int, typer.Option(parser=whole_days, metavar="DAYS", help="How far back PagerDuty is asked.")
    ] = 365,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be learnt, and learn nothing.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the vectors anew from the database.")] = False,
) -> None:
    """Put past incidents into the memory. Repeatable: nothing is doubled; see docs/memory.md."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.catalog import CatalogError
    from bot.ports import JournalDown
    from bot.settings import SettingsError, load
    from bot.state.database import DatabaseUrlError, NewerSchemaError
    from integrations.contract import RoomError

    if sum((path is not None, from_pagerduty, bool(from_github), rebuild)) != 1:
        _end("say from where: a folder or file, --pagerduty, --github owner/name; or --rebuild")
    try:
        settings = load()
        if rebuild:
            _say(asyncio.run(_rebuild(settings)))
            return
        found = list(_found(settings, path, from_github, label, days))
        took = asyncio.run(_take(settings, found, dry_run=dry_run))
    except (SettingsError, CatalogError, DatabaseUrlError, NewerSchemaError, RoomError, ValueError) as wrong:
        _end(str(wrong))
    except (JournalDown, SQLAlchemyError, OSError) as wrong:
        _end(f"nothing learnt: {wrong if isinstance(wrong, JournalDown) else type(wrong).__name__}; see DATABASE_URL")
    for line in told(took, dry_run=dry_run):
        _say(line)


def told(took: Took, *, dry_run: bool) -> list[str]:
    """What was learnt, and what was left out and why."""
    verb = "would be learnt" if dry_run else "learnt"
    lines = [f"skipped {one.name}: {one.why}" for one in took.skipped[:MOST_TOLD]]
    if (more := len(took.skipped) - MOST_TOLD) > 0:
        lines.append(f"and {more:,} more were skipped")
    counts = f"{len(took.new):,} {verb}, {len(took.changed):,} changed, {len(took.unchanged):,} known already"
    return [*lines, f"{counts}, {len(took.skipped):,} skipped"]


def _found(settings: Settings, path: Path | None, repo: str, label: str, days: int) -> Iterable[Found]:
    from bot.catalog import load as load_catalog
    from bot.memory.learning import elsewhere, folder

    services = load_catalog(settings.services_file).services
    if path is not None:
        return folder.postmortems(path, services) if path.is_dir() else folder.json_lines(path)
    if repo:
        return elsewhere.from_github(repo, asyncio.run(_issues(settings, repo, label)), services)
    past = asyncio.run(_resolved(settings, days))
    return [*elsewhere.left_out(past), *elsewhere.from_pagerduty(past.found)]


async def _issues(settings: Settings, repo: str, label: str) -> Iterable[Issue]:
    from bot.settings import SettingsError
    from integrations import github
    from integrations.github.past import labelled

    if settings.github_token is None:
        raise SettingsError("GITHUB_TOKEN: not set; it must be able to read the repository's issues")
    if repo.count("/") != 1:
        raise SettingsError("--github: owner/name, such as acme/postmortems")
    token = settings.github_token.get_secret_value()
    return await labelled(github.Settings(token, settings.github_api_url, settings.extra_ca_file), repo, label)


async def _resolved(settings: Settings, days: int) -> Past:
    from bot.settings import SettingsError
    from integrations import pagerduty
    from integrations.pagerduty.past import resolved

    if settings.pagerduty_api_key is None:
        raise SettingsError("PAGERDUTY_API_KEY: not set; a read-only key will do")
    room = pagerduty.Settings(
        settings.pagerduty_api_key.get_secret_value(), settings.pagerduty_api_url, settings.extra_ca_file
    )
    now = datetime.now(UTC)
    return await resolved(room, now - timedelta(days=days), now)


async def _take(settings: Settings, found: Iterable[Found], *, dry_run: bool) -> Took:
    from bot.memory.learning.found import take
    from bot.state.database import migrate, open_database
    from bot.state.memories import SqlMemories

    await asyncio.to_thread(migrate, settings.database_url)
    since = datetime.now(UTC) - timedelta(days=settings.memory_days) if settings.memory_days else None
    async with open_database(settings.database_url) as database:
        return await take(SqlMemories(database), found, since=since, dry_run=dry_run)


async def _rebuild(settings: Settings) -> str:
    """Where the folder is another process's, that one does it at its next look: two must not open it."""
    from bot.house.rooms import memory_settings
    from bot.looking.remembered import follow
    from bot.memory.vectors import RoomVectors
    from bot.settings import SettingsError
    from bot.state.database import migrate, open_database
    from bot.state.memories import SqlMemories
    from integrations import chromadb

    if not (settings.chroma_url or settings.chroma_path):
        raise SettingsError("CHROMA_PATH or CHROMA_URL: not set; without them there are no vectors")
    await asyncio.to_thread(migrate, settings.database_url)
    room = chromadb.open(memory_settings(settings))
    try:
        async with open_database(settings.database_url) as database:
            memories, vectors = SqlMemories(database), RoomVectors(room)
            await vectors.drop([id_ for id_, digest in (await vectors.held()).items() if digest])
            copied, _ = await follow(memories, vectors)
    finally:
        await room.close()
    return f"{copied:,} copied from the database"


def _say(line: str) -> None:
    typer.echo(line)


def _end(reason: str) -> NoReturn:
    for line in reason.splitlines():
        typer.echo(f"first-responder: {line}", err=True)
    raise typer.Exit(1)
