"""Which limits a call counts for, what their windows are, and whether one would be passed (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from bot.domain.money import Account, Money
from bot.questions.model_ports import Spending, Window

LASTING: tuple[Window, ...] = ("month", "incident", "day", "person_day", "answer")
"""The window that holds on longest comes first: who is told of it does not come back too early."""

NEAR_PERCENT = 80
"""From here on people are warned."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be spent in one window of each kind. 0: nothing at all."""

    answer: Money
    incident: Money
    person_day: Money
    day: Money
    month: Money

    @classmethod
    def dollars(
        cls, *, answer: Decimal, incident: Decimal, person_day: Decimal, day: Decimal, month: Decimal
    ) -> Limits:
        """From amounts in dollars, as BUDGET_ANSWER and the four beside it give them."""
        return cls(*map(Money.dollars, (answer, incident, person_day, day, month)))

    def of(self, window: Window) -> Money:
        limit: Money = getattr(self, window)
        return limit


@dataclass(frozen=True, slots=True)
class Span:
    """A window as it is at some moment: what was reserved from `since` on and before `until` counts, both UTC."""

    window: Window
    since: datetime | None = None
    """None, and so is `until`: everything of the answer or the incident counts."""
    until: datetime | None = None


def spans(account: Account, now: datetime) -> tuple[Span, ...]:
    """Every window that a call of this account counts for now, in the order of `WINDOWS`.

    A call that nobody asked for counts for no person, one outside an incident for no incident. Raises ValueError
    for a time without a zone.
    """
    return tuple(span for span in _spans(account, now) if span is not None)


def _spans(account: Account, now: datetime) -> Iterator[Span | None]:
    if now.tzinfo is None:
        raise ValueError("a time without a zone is no time")
    day = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    tomorrow = day + timedelta(days=1)
    month = day.replace(day=1)
    next_month = (month + timedelta(days=32)).replace(day=1)
    yield Span("answer") if account.answer_id else None
    yield Span("incident") if account.incident_id else None
    yield Span("person_day", day, tomorrow) if account.person else None
    yield Span("day", day, tomorrow)
    yield Span("month", month, next_month)


def standing(limits: Limits, counted: Sequence[tuple[Span, Money]]) -> tuple[Spending, ...]:
    """What was spent of each limit."""
    return tuple(Spending(span.window, limits.of(span.window), spent, span.until) for span, spent in counted)


def passed(spendings: Sequence[Spending], most: Money) -> Spending | None:
    """The limit that keeps a call of at most so much from being made; None where it may be made.

    Where several do, it is the one that holds on longest: an hour at which money is there again has to be true.
    """
    over = [one for one in spendings if one.limit.micros <= 0 or one.spent + most > one.limit]
    return min(over, key=lambda one: LASTING.index(one.window), default=None)


def share(spending: Spending) -> float | None:
    """Which part of the limit is spent, 1 for all of it; None for a limit of 0, of which there is no part."""
    return spending.spent.micros / spending.limit.micros if spending.limit.micros > 0 else None


def stage(spending: Spending, refused: Money | None) -> Literal["near", "spent"] | None:
    """What people should be told of a limit; None for nothing, and for a limit of 0, which is no news.

    `spent`: all of it, or so much that a call which was refused (`refused`: the most that it could have cost) would
    be refused again. `near`: 80 % of it and more.
    """
    if spending.limit.micros <= 0:
        return None
    if spending.spent >= spending.limit or (refused is not None and spending.spent + refused > spending.limit):
        return "spent"
    return "near" if spending.spent.micros * 100 >= spending.limit.micros * NEAR_PERCENT else None
