"""The purse over its table: money is set aside before a call and corrected after it, by all replicas together."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.money import Account, Money, Usage
from bot.ports import Clock
from bot.questions.budget import Limits, Span, passed, spans, standing
from bot.questions.model_ports import OverBudget, Spending, Window
from bot.state.database import Database
from bot.state.down import down
from bot.state.tables import spend

T = TypeVar("T")

PURSE_LOCK = 7310214
"""PostgreSQL's advisory locks are numbers that all who use the database share; this one is ours."""
LONGEST_CALL = timedelta(minutes=10)
"""A reservation that is older and not settled belongs to no call that still runs: its process ended before it could be
settled."""


class SqlPurse:
    """`bot.questions.model_ports.Purse` on SQLite or PostgreSQL."""

    def __init__(self, database: Database, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._refused: dict[tuple[Window, datetime | None], Money] = {}

    async def reserve(self, account: Account, model: str, most: Money) -> str:
        """Where several limits would be passed, OverBudget names the one that holds on longest."""
        now = self._clock.now()
        row = _row(account, model, most, now)

        def act(connection: Connection) -> Spending | None:
            """In one transaction that no other replica's reservation can come into."""
            if connection.dialect.name == "postgresql":  # SQLite has one writer at a time as it is
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(PURSE_LOCK)))
            limit = passed(_standing(connection, account, now, self._limits), most)
            if limit is None:
                connection.execute(spend.insert().values(row))
            return limit

        limit = await self._write(act)
        if limit is not None:
            self._note_refusal(limit, most)
            raise OverBudget(limit.window, limit.limit, limit.spent, limit.until)
        return str(row["id"])

    async def settle(self, reservation: str, usage: Usage, cost: Money) -> None:
        """With no tokens and no cost for a call that was never made. The same again changes nothing.

        What it cost counts whole, also where that is more than was set aside, because its input was estimated:
        a limit may be passed by that little, and the next reservation sees it. It counts for the day and the month
        of the reservation. Raises ValueError where there is no such reservation.
        """
        paid = {"micros": cost.micros, "settled": True, **asdict(usage)}
        change = spend.update().where(spend.c.id == reservation).values(paid)
        if not await self._write(lambda connection: connection.execute(change).rowcount):
            raise ValueError(f"nothing was reserved as {reservation}")

    async def standing(self, account: Account) -> tuple[Spending, ...]:
        """In the order of `bot.questions.model_ports.WINDOWS`."""
        now = self._clock.now()
        return await self._read(lambda connection: _standing(connection, account, now, self._limits))

    async def paid(self) -> tuple[Spending, ...]:
        """Of the day and the month, without what is set aside for calls that still run: much of that comes back."""
        now = self._clock.now()
        known = sa.or_(spend.c.settled, spend.c.at < now - LONGEST_CALL)
        return await self._read(lambda connection: _standing(connection, Account(""), now, self._limits, known))

    def refused(self, spending: Spending) -> Money | None:
        """The least that this process was refused because of this limit in this window; None for nothing."""
        return self._refused.get((spending.window, spending.until))

    async def spent_on(self, incident_id: str, story: str = "", answer_id: str = "") -> Money:
        """Reservations that are not settled included, as everywhere."""
        these = sa.select(_SUM).where(spend.c.incident_id == incident_id)
        these = these.where(spend.c.story == story) if story else these
        these = these.where(spend.c.answer_id == answer_id) if answer_id else these
        return Money(int(await self._read(lambda connection: connection.scalar(these)) or 0))

    def _note_refusal(self, limit: Spending, most: Money) -> None:
        here = (limit.window, limit.until)
        self._refused[here] = min(most, self._refused.get(here, most))

    async def _write(self, act: Callable[[Connection], T]) -> T:
        with down("written"):
            return await self._database.write(act)

    async def _read(self, act: Callable[[Connection], T]) -> T:
        with down("read"):
            return await self._database.read(act)


_SUM = sa.func.coalesce(sa.func.sum(spend.c.micros), 0)
_ALL = sa.true()


def _row(account: Account, model: str, most: Money, now: datetime) -> dict[str, Any]:
    one = {"id": uuid.uuid4().hex, "at": now, "model": model, "micros": most.micros, "settled": False}
    return one | asdict(account)


def _standing(
    connection: Connection, account: Account, now: datetime, limits: Limits, only: sa.ColumnElement[bool] = _ALL
) -> tuple[Spending, ...]:
    """All sums in one statement, so that they are of one moment."""
    windows = spans(account, now)
    sums = sa.select(*(sa.select(_SUM).where(_in(span, account), only).scalar_subquery() for span in windows))
    spent = [Money(int(micros)) for micros in connection.execute(sums).one()]
    return standing(limits, list(zip(windows, spent, strict=True)))


def _in(span: Span, account: Account) -> sa.ColumnElement[bool]:
    """Which rows count in the window."""
    match span.window:
        case "answer":
            return spend.c.answer_id == account.answer_id
        case "incident":
            return spend.c.incident_id == account.incident_id
        case "person_day":
            return sa.and_(spend.c.person == account.person, _during(span))
        case "day" | "month":
            return _during(span)


def _during(span: Span) -> sa.ColumnElement[bool]:
    return sa.and_(spend.c.at >= span.since, spend.c.at < span.until)
