"""What models cost, read back and summed by day, model, story, person or incident."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from bot.domain.money import Money, Usage
from bot.state.database import prepare_sqlite, sync_url
from bot.state.tables import spend

By = Literal["day", "model", "story", "person", "incident"]


class NoRecordError(Exception):
    """The database has no record of what models cost yet: run `first-responder migrate`, or see DATABASE_URL."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls that belong together took."""

    what: str
    """The day (ISO), or the name or id of what they are summed by; empty where they have none."""
    calls: int
    """Calls that were made, and those that may have been (`open`)."""
    open: int
    """Reservations that are not settled: calls that run now, and those that a crash cut off."""
    usage: Usage
    cost: Money


def spent_by(database_url: str, by: By, since: datetime) -> tuple[Spent, ...]:
    """From `since` on, days in their order and everything else with the most dollars first.

    Raises NoRecordError, DatabaseUrlError and what SQLAlchemy raises.
    """
    url = sync_url(database_url)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise NoRecordError(NoRecordError.__doc__)
    engine = sa.create_engine(url).execution_options(only_reading=True)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table(spend.name):
                raise NoRecordError(NoRecordError.__doc__)
            found = [_spent(row) for row in connection.execute(_sums(by, since))]
    finally:
        engine.dispose()
    return tuple(sorted(found, key=lambda one: one.what if by == "day" else (-one.cost.micros, one.what)))


def _sums(by: By, since: datetime) -> sa.Select[Any]:
    """One row for each; what they are summed by first, then the two counts, the four kinds of tokens, and the cost."""
    what, unsettled = _COLUMNS[by], sa.not_(spend.c.settled)
    tokens = [spend.c[kind.name] for kind in fields(Usage)]
    was_made = sa.or_(unsettled, *(column > 0 for column in tokens))
    sums: list[Any] = [what, _how_many(was_made), _how_many(unsettled)]
    sums += [sa.func.sum(column) for column in (*tokens, spend.c.micros)]
    return sa.select(*sums).where(spend.c.at >= since).group_by(what)


_COLUMNS: dict[By, sa.ColumnElement[str]] = {
    "day": sa.func.substr(sa.type_coerce(spend.c.at, sa.Text), 1, len("2026-11-21")),
    "model": spend.c.model,
    "story": spend.c.story,
    "person": spend.c.person,
    "incident": spend.c.incident_id,
}


def _how_many(where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((where, 1), else_=0))


def _spent(row: Any) -> Spent:
    what, *numbers = row
    calls, still_open, *tokens, micros = map(int, numbers)
    return Spent(what, calls, still_open, Usage(*tokens), Money(micros))
