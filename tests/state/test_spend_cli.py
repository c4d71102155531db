"""What models cost, from the command line: summed by day, model, story, person and incident, as table and as JSON."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.domain.money import NOTHING, Account, Money, Usage
from bot.questions.budget import Limits
from bot.state.database import migrate, open_database
from bot.state.purse import SqlPurse
from tests.state.conftest import SetClock

LARGE, SMALL = "claude-sonnet-5-5", "claude-haiku-5-5"
CALLS = [
    (0, Account("briefing", "INC-1"), LARGE, Usage(4_000, 600, 0, 2_000), Money(21_000)),
    (0, Account("answer", "INC-1", "U1", "A1"), LARGE, Usage(900, 300, 9_000, 0), Money(9_900)),
    (1, Account("answer", "INC-2", "U2", "A2"), SMALL, Usage(800, 100), Money(1_300)),
    (1, Account("answer", "INC-2", "U1", "A3"), SMALL, Usage(), NOTHING),
    (40, Account("answer", "INC-3", "U1", "A4"), SMALL, Usage(1, 1), Money.dollars(3)),
]
"""Days ago, what for, by which model, and what it took; the fourth was never made."""


def run(*arguments, url):
    return CliRunner().invoke(app, ["spend", *arguments], env={"DATABASE_URL": url, "COLUMNS": "120"})


def told(*arguments, url):
    done = run("--json", *arguments, url=url)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def today():
    """Not the last minute of it: what is spent and what is asked for must be of the same day."""
    now = datetime.now(UTC)
    if (now.hour, now.minute) == (23, 59):
        time.sleep(61 - now.second)
    return datetime.now(UTC)


@pytest.fixture
def spent(database_url, today):
    """The calls above, and one of today that a crash cut off."""

    async def fill():
        database, clock = open_database(database_url), SetClock()
        purse = SqlPurse(database, clock, Limits(*[Money.dollars(100)] * 5))
        for days, account, model, usage, cost in CALLS:
            clock.moment = today - timedelta(days=days)
            await purse.settle(await purse.reserve(account, model, Money.dollars("0.50")), usage, cost)
        clock.moment = today
        await purse.reserve(Account("answer", "INC-1", "U2", "A5"), LARGE, Money.dollars("0.50"))
        await database.dispose()

    migrate(database_url)
    asyncio.run(fill())
    return database_url


def test_days_are_in_their_order_with_all_of_them_together(spent, today):
    found = told(url=spent)
    yesterday, now = (f"{today - timedelta(days=days):%Y-%m-%d}" for days in (1, 0))
    assert [(row["day"], row["calls"], row["unsettled"], row["dollars"]) for row in found["rows"]] == [
        (yesterday, 1, 0, "0.0013"),
        (now, 3, 1, "0.5309"),
    ]
    assert found["total"] == {
        "calls": 4,
        "unsettled": 1,
        "input": 5_700,
        "output": 1_000,
        "cache_read": 9_000,
        "cache_write": 2_000,
        "dollars": "0.5322",
    }


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("model", [(LARGE, "0.5309"), (SMALL, "0.0013")]),
        ("story", [("answer", "0.5112"), ("briefing", "0.021")]),
        ("person", [("U2", "0.5013"), ("", "0.021"), ("U1", "0.0099")]),
        ("incident", [("INC-1", "0.5309"), ("INC-2", "0.0013")]),
    ],
)
def test_everything_else_has_the_most_dollars_first(spent, by, rows):
    found = told("--by", by, url=spent)
    assert [(row[by], row["dollars"]) for row in found["rows"]] == rows
    assert sum(Decimal(row["dollars"]) for row in found["rows"]) == Decimal(found["total"]["dollars"])


def test_so_many_days_are_looked_at_and_today_is_one_of_them(spent):
    assert told("--days", "1", url=spent)["total"]["calls"] == 3
    assert told("--days", "41", url=spent)["total"]["dollars"] == "3.5322"
    assert run("--days", "0", url=spent).exit_code == 2


def test_the_table_says_the_same(spent):
    shown = run("--by", "person", url=spent).stdout
    assert "nobody asked" in shown
    (line,) = (line for line in shown.splitlines() if "U2" in line)
    assert [cell.strip() for cell in line.strip("│").split("│")] == ["U2", "2", "800", "100", "0", "0", "$0.50"]
    (last,) = (line for line in shown.splitlines() if " all " in line)
    assert [cell.strip() for cell in last.strip("│").split("│")][-1] == "$0.53"
    assert "1 not settled: running now, or cut off by a crash" in shown


def test_a_name_does_not_move_the_cursor_and_is_no_markup(database_url, today):
    async def fill():
        database, clock = open_database(database_url), SetClock()
        clock.moment = today
        purse = SqlPurse(database, clock, Limits(*[Money.dollars(100)] * 5))
        await purse.reserve(Account("answer"), "[red]a\x1b[2Jmodel", Money(1))
        await database.dispose()

    migrate(database_url)
    asyncio.run(fill())
    assert r"[red]a\x1b[2Jmodel" in run("--by", "model", url=database_url).stdout


def test_nothing_spent_is_said(database_url, today):
    migrate(database_url)
    assert run("--days", "1", url=database_url).stdout == f"no model was asked since {today:%Y-%m-%d}\n"
    assert told(url=database_url)["rows"] == []


def test_a_database_that_is_not_there_is_said_in_a_sentence(tmp_path):
    done = run(url=f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert (done.exit_code, "first-responder migrate" in done.stderr) == (1, True)
    done = run(url="mysql://host/name")
    assert (done.exit_code, "DATABASE_URL" in done.stderr) == (1, True)
    done = run(url="postgresql://bot:hunter2@127.0.0.1:1/name")
    assert (done.exit_code, "DATABASE_URL" in done.stderr, "hunter2" in done.output) == (1, True, False)


def test_a_database_of_the_version_before_is_said_in_a_sentence(tmp_path):
    (tmp_path / "old.sqlite").touch()
    done = run(url=f"sqlite:///{tmp_path / 'old.sqlite'}")
    assert (done.exit_code, "first-responder migrate" in done.stderr) == (1, True)
