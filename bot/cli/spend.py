"""The command `first-responder spend`: what models cost, as a table or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bot.cli.days import days as whole_days

if TYPE_CHECKING:
    from rich.table import Table

    from bot.domain.money import Money
    from bot.state.spend_reading import Spent


class By(StrEnum):
    DAY = "day"
    MODEL = "model"
    STORY = "story"
    PERSON = "person"
    INCIDENT = "incident"


_NOBODY = {By.PERSON: "nobody asked", By.INCIDENT: "no incident"}
"""What an empty name means."""


def spend(
    days: Annotated[
        int, typer.Option(parser=whole_days, metavar="DAYS", help="So many days (UTC), today among them.")
    ] = 7,
    by: Annotated[By, typer.Option(help="What the calls are summed by.")] = By.DAY,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of the table.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Show what models cost in the last days."""
    today = datetime.now(UTC).date()
    since = datetime.combine(today - timedelta(days=days - 1), time(), UTC)
    rows = _read(by, since)
    if as_json:
        sys.stdout.write(as_object(rows, by, since) + "\n")
        return
    if not rows:
        typer.echo(f"no model was asked since {since:%Y-%m-%d}")
        return
    from rich.console import Console

    Console(highlight=False).print(as_table(rows, by))
    if unsettled := sum(row.open for row in rows):
        typer.echo(
            f"{unsettled:,} not settled: running now, or cut off by a crash; they count with the most they can cost"
        )


def as_table(rows: Sequence[Spent], by: By) -> Table:
    """A line for each, and all of them together below."""
    from rich.table import Table
    from rich.text import Text

    table = Table(show_footer=True)
    totals = _cells(total(rows))
    table.add_column(by.value, "all", no_wrap=True)
    for heading, footer in zip(("calls", "input", "output", "cache read", "cache write", "cost"), totals, strict=True):
        table.add_column(heading, footer, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(Text(_visible(row.what or _NOBODY.get(by, "–"))), *_cells(row))
    return table


def as_object(rows: Sequence[Spent], by: By, since: datetime) -> str:
    """`{"by", "since", "rows": […], "total"}`; dollars are decimal strings, so that sums stay exact."""
    told = {
        "by": by.value,
        "since": since.isoformat(),
        "rows": [{by.value: row.what, **_figures(row)} for row in rows],
        "total": _figures(total(rows)),
    }
    return json.dumps(told, indent=2)


def total(rows: Sequence[Spent]) -> Spent:
    """All of them together."""
    from bot.domain.money import NOTHING, Usage
    from bot.state.spend_reading import Spent

    usage, cost = sum((row.usage for row in rows), Usage()), sum((row.cost for row in rows), NOTHING)
    return Spent("", sum(row.calls for row in rows), sum(row.open for row in rows), usage, cost)


def _figures(row: Spent) -> dict[str, Any]:
    return {"calls": row.calls, "unsettled": row.open, **asdict(row.usage), "dollars": _dollars(row.cost)}


def _cells(row: Spent) -> list[str]:
    usage = row.usage
    numbers = (row.calls, usage.input, usage.output, usage.cache_read, usage.cache_write)
    return [*(f"{number:,}" for number in numbers), str(row.cost)]


def _dollars(cost: Money) -> str:
    return f"{Decimal(cost.micros) / 1_000_000:f}"


def _visible(text: str) -> str:
    """What would move a terminal's cursor, by its number."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _read(by: By, since: datetime) -> tuple[Spent, ...]:
    from sqlalchemy.exc import SQLAlchemyError

    from bot.settings import SettingsError, load
    from bot.state.database import DatabaseUrlError
    from bot.state.spend_reading import NoRecordError, spent_by

    try:
        return spent_by(load().database_url, by.value, since)
    except (SettingsError, NoRecordError, DatabaseUrlError) as wrong:
        _end(str(wrong))
    except SQLAlchemyError as wrong:
        _end(f"the database cannot be read ({type(wrong).__name__}); see DATABASE_URL")


def _end(reason: str) -> NoReturn:
    for line in reason.splitlines():
        typer.echo(f"first-responder: {line}", err=True)
    raise typer.Exit(1)
