"""What `doctor` looks at: the database, Slack, each webhook and each source, all side by side."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from bot import doctor
from bot.catalog import Catalog, CatalogError
from bot.catalog import load as load_catalog
from bot.doctor import Check, Examine
from bot.domain.words import count
from bot.house.open_escalation import rules_of
from bot.house.open_mirror import open_mirror
from bot.house.open_shelf import open_shelf
from bot.house.open_traces import collector_of
from bot.house.rooms import Rooms, open_rooms
from bot.life.digest import When
from bot.life.why_escalate import RULES
from bot.llm.checks import model_checks
from bot.memory.checks import memory_checks
from bot.ports import JournalDown
from bot.run_checks import run_checks
from bot.settings import Settings, SettingsError
from bot.slack.checks import slack_checks
from bot.state import condition
from bot.state.backlog import Backlog, backlog
from bot.state.condition import Condition
from bot.state.database import DatabaseUrlError, head, open_database
from runbooks.lint import not_here, told_once
from runbooks.loader import load as load_runbooks
from runbooks.prepare import House
from runbooks.running.programs import find
from runbooks.running.settings import HandsSettings

WEBHOOKS = {
    "webhook alertmanager": "ALERTMANAGER_WEBHOOK_TOKEN",
    "webhook grafana": "GRAFANA_WEBHOOK_TOKEN",
    "webhook pagerduty": "PAGERDUTY_WEBHOOK_SECRET",
    "webhook alert": "GENERIC_WEBHOOK_TOKEN",
}


async def all_checks(settings: Settings) -> list[Check]:
    """Every check of these settings, in the order in which a person would mend them."""
    catalog, services = _catalog(settings.services_file)
    rooms, shut = _rooms(settings, catalog.templates)
    # Several rooms import it, each in a thread of its own; side by side Python may call that a deadlock.
    await asyncio.to_thread(importlib.import_module, "requests")
    try:
        return [
            *await doctor.examine_all([_database(settings), *map(doctor.source, rooms.open)]),
            *await slack_checks(settings),
            *await _unsaid(settings),
            *await model_checks(settings),
            *await _postmortems(settings),
            *_refused(settings),
            *await memory_checks(settings, rooms.vectors),
            *_webhooks(settings),
            services,
            *shut,
            *await asyncio.to_thread(_runbooks, settings),
            *await asyncio.to_thread(run_checks, settings, load_runbooks(settings.runbooks_dir)),
            *_off(rooms),
        ]
    finally:
        await asyncio.gather(*(room.close() for room in rooms.open))


def _rooms(settings: Settings, templates: Mapping[str, str]) -> tuple[Rooms, list[Check]]:
    """The sources; where `templates` are wrong, without them, and that they are."""
    try:
        return open_rooms(settings, templates), []
    except SettingsError as wrong:
        return open_rooms(settings, {}), [Check("metrics", "fault", str(wrong), "`serve` does not start with it")]


def _database(settings: Settings) -> Examine:
    async def examine() -> Check:
        try:
            found = await asyncio.to_thread(condition.look, settings.database_url)
        except DatabaseUrlError as wrong:
            return Check("database", "fault", str(wrong), "set DATABASE_URL")
        except (SQLAlchemyError, OSError) as wrong:
            return Check("database", "fault", f"cannot be written ({type(wrong).__name__})", "look at DATABASE_URL")
        return _database_told(found, head())

    return examine


def _database_told(found: Condition, newest: str) -> Check:
    if not found.there:
        return Check("database", "ok", "not there yet: serve creates it")
    if found.revision is None:
        return Check("database", "ok", "writable and empty: serve creates the tables")
    if found.revision > newest:
        fix = f"start the newer bot that migrated it; this one knows {newest} at most and refuses to start"
        return Check("database", "fault", f"writable, revision {found.revision}", fix)
    if found.revision != newest:
        return Check("database", "warning", f"writable, revision {found.revision}", f"serve will bring it to {newest}")
    return Check("database", "ok", f"writable, revision {newest}")


async def _unsaid(settings: Settings) -> list[Check]:
    """What the bot knows and Slack does not show; nothing where the database cannot tell, which is its own check."""
    try:
        found = await asyncio.to_thread(condition.look, settings.database_url)
        if not found.there or found.revision != head():
            return []
        async with open_database(settings.database_url) as database:
            return list(_unsaid_told(await backlog(database)))
    except (DatabaseUrlError, JournalDown, SQLAlchemyError, OSError):
        return []


def _unsaid_told(found: Backlog) -> Iterator[Check]:
    if found.unsaid and found.since:
        since = f"the oldest of {found.since:%d %b %H:%M} UTC"
        told = f"{found.unsaid} with something to say that Slack does not show, {since}"
        yield Check("incidents", "warning", told, "is the bot running? see `slack` above; all of it is said afterwards")
    if found.homeless:
        told = f"{found.homeless} open without a channel of their own, told in the incidents channel"
        fix = "let the app create channels: channels:manage, and the workspace's settings on who may create them"
        yield Check("channels", "warning", told, fix)


async def _postmortems(settings: Settings) -> list[Check]:
    """Where they go besides the channel; nothing where they go nowhere else."""
    try:
        shelf = open_shelf(settings)
    except SettingsError as wrong:
        return [Check("postmortems", "fault", str(wrong), "POSTMORTEM_GITHUB needs both")]
    if shelf is None:
        return []
    try:
        return await doctor.examine_all([doctor.source(shelf)])
    finally:
        await shelf.close()


def _refused(settings: Settings) -> Iterator[Check]:
    """What `serve` would not start with, and an escalation that can call nobody."""
    looks: Sequence[tuple[str, Callable[[], object]]] = (
        ("digest", lambda: When.read(settings.digest)),
        ("escalations", lambda: rules_of(settings.escalate_on)),
        ("in pagerduty", lambda: open_mirror(settings)),
        ("traces", lambda: collector_of(settings)),
    )
    for what, look in looks:
        try:
            look()
        except (SettingsError, ValueError) as wrong:
            setting = "" if isinstance(wrong, SettingsError) else f"{what.upper()}: "
            yield Check(what, "fault", f"{setting}{wrong}", "`serve` does not start with it")
    named = set(settings.escalate_on)
    if named and named <= set(RULES) and not (settings.pagerduty_api_key and settings.pagerduty_from):
        fix = "set PAGERDUTY_API_KEY to a key that may write, and PAGERDUTY_FROM"
        yield Check("escalations", "warning", "ESCALATE_ON is set, and nobody can be called", fix)


def _webhooks(settings: Settings) -> list[Check]:
    secrets = {name: getattr(settings, setting.lower()) for name, setting in WEBHOOKS.items()}
    found = [
        Check(name, "ok", "authenticated") if secret else doctor.off(name, WEBHOOKS[name])
        for name, secret in secrets.items()
    ]
    if not any(secrets.values()):
        found.append(Check("webhooks", "fault", "no alert can come in", f"set {' or '.join(WEBHOOKS.values())}"))
    return found


def _catalog(path: Path | None) -> tuple[Catalog, Check]:
    try:
        catalog = load_catalog(path)
    except CatalogError as wrong:
        return load_catalog(None), Check("services", "fault", str(wrong), "mend the file that SERVICES_FILE names")
    if path is None:
        return catalog, Check("services", "off", "no SERVICES_FILE", "owners, repos and dependencies stay unknown")
    return catalog, Check("services", "ok", count(len(catalog.services), "service"))


def _runbooks(settings: Settings) -> list[Check]:
    """What cannot be loaded, and what could not run here."""
    library, programs = load_runbooks(settings.runbooks_dir), HandsSettings(programs=settings.runbook_allowed_programs)
    house = House(partial(find, settings=programs), settings.runbook_allowed_hosts, settings.runbook_env)
    missing = told_once(not_here(library, house))
    found = Check("runbooks", "ok", count(len(library.runbooks), "runbook"))
    if library.problems:
        faults = _first(list(map(str, library.problems)))
        found = Check("runbooks", "warning", faults, "mend these files in RUNBOOKS_DIR; they are left out until then")
    if not missing:
        return [found]
    # what comes with the bot cannot know your programs and hosts, so it is no fault of yours that they are missing
    state: Literal["off", "warning"] = "warning" if settings.runbooks_dir else "off"
    return [
        found,
        Check("runbooks here", state, _first(missing), "until then these steps are refused when they are run"),
    ]


def _first(told: Sequence[str]) -> str:
    more = f"; and {len(told) - 5} more: first-responder runbooks lint" if len(told) > 5 else ""
    return "; ".join(told[:5]) + more


def _off(rooms: Rooms) -> list[Check]:
    return [doctor.off(name, setting) for name, setting in rooms.off.items()]
