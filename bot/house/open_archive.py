"""What remembering needs, put together: the records of one database."""

from __future__ import annotations

from functools import partial

from bot.memory.archive import Archive
from bot.memory.deeds_as_steps import Shelf, allowed
from bot.memory.retention import Keeping, forget_old
from bot.ports import Clock, Journal
from bot.schedules import DAY_S, SOON_S, Tick
from bot.settings import Settings
from bot.state.audit import ChainedAudit
from bot.state.closings import SqlClosings
from bot.state.database import Database
from bot.state.entries import SqlEntries
from bot.state.leftovers import SqlLeftovers
from bot.state.memories import SqlMemories, SqlReviews
from bot.state.owed import SqlOwed
from bot.state.postmortems import SqlPostmortems
from bot.state.runs import SqlRuns
from runbooks.model import Library


def open_archive(
    settings: Settings, database: Database, record: Journal, clock: Clock, library: Library | None = None
) -> Archive:
    """Everything in it works on this database; there is nothing to close. `library`: None where nothing is drafted."""
    key = settings.audit_key
    may = allowed(settings.runbook_allowed_programs, settings.runbook_allowed_hosts, settings.runbook_env)
    return Archive(
        journal=record,
        entries=SqlEntries(database),
        runs=SqlRuns(database),
        memories=SqlMemories(database),
        reviews=SqlReviews(database),
        clock=clock,
        audit=ChainedAudit(database, key.get_secret_value()) if key else None,
        postmortems=SqlPostmortems(database),
        owed=SqlOwed(database),
        shelf=None if library is None else Shelf(library, may),
        closings=SqlClosings(database),
    )


def forgetting(settings: Settings, archive: Archive, database: Database) -> Tick:
    """Removes once a day what is older than it is to be kept."""
    keeping = Keeping.days(settings.memory_days, settings.report_days, settings.transcript_days)
    return Tick("forget the past", DAY_S, partial(forget_old, archive, SqlLeftovers(database), keeping), SOON_S)
