"""What people read of the budget."""

from datetime import UTC, datetime

import pytest

from bot.domain.money import NOTHING, Money
from bot.domain.plain import as_text
from bot.questions import budget_words
from bot.questions.model_ports import Spending

NOW = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)
MIDNIGHT, NEXT_MONTH = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def of(window, limit, spent, until=None):
    return Spending(window, Money.dollars(limit), Money.dollars(spent), until)


def test_each_limit_has_a_line_with_amounts_and_its_end():
    spendings = (
        of("incident", "5.00", "1.204"),
        of("person_day", "5.00", "0.0021", MIDNIGHT),
        of("day", "25.00", "25.00", MIDNIGHT),
        of("month", "3000.00", "1041.00", NEXT_MONTH),
    )
    said = budget_words.standing(spendings, NOW)
    assert said.sections[0].lines == (
        "This incident *$1.20* of $5.00",
        "You today *$0.0021* of $5.00 · until 00:00 UTC",
        "Everyone today *$25.00* of $25.00 · spent: evidence only · until 00:00 UTC",
        "Everyone this month *$1,041.00* of $3,000.00 · until 1 Dec 00:00 UTC",
    )
    assert "00:00 UTC" in said.footer


def test_a_limit_of_nothing_names_its_setting():
    said = budget_words.standing((Spending("incident", NOTHING, NOTHING, None),), NOW)
    assert said.sections[0].lines == ("This incident: no model, BUDGET_INCIDENT is 0",)


def test_without_a_key_it_says_so():
    assert as_text(budget_words.standing(None, NOW)).startswith("No model key is set")


def test_on_the_last_day_of_a_month_both_end_at_the_next_midnight():
    now = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    said = budget_words.standing((of("day", 1, 0, NEXT_MONTH), of("month", 1, 0, NEXT_MONTH)), now)
    assert [line.rpartition(" · ")[2] for line in said.sections[0].lines] == ["until 00:00 UTC"] * 2


@pytest.mark.parametrize(
    ("spending", "stage", "line"),
    [
        (
            of("day", 25, "20.10", MIDNIGHT),
            "near",
            "⚠️ *$20.10 of $25.00* for models spent today (80 %) · at 100 % evidence only until 00:00 UTC",
        ),
        (
            of("month", 300, "299.99", NEXT_MONTH),
            "near",
            "⚠️ *$299.99 of $300.00* for models spent this month (99 %) · at 100 % evidence only until 1 Dec 00:00 UTC",
        ),
        (
            of("day", 25, 25, MIDNIGHT),
            "spent",
            "⚠️ *$25.00 of $25.00* for models spent today · evidence only until 00:00 UTC",
        ),
        (
            of("day", 25, "24.80", MIDNIGHT),
            "spent",
            "⚠️ *$24.80 of $25.00* for models spent today, too little left for a call · evidence only until 00:00 UTC",
        ),
    ],
)
def test_a_warning_is_one_line_with_the_number_first(spending, stage, line):
    said = budget_words.warning(spending, stage, NOW)
    setting = "BUDGET_DAY" if spending.window == "day" else "BUDGET_MONTH"
    assert said.headline == f"{line} · `/incident-action budget` · {setting}"
    assert said.sections == ()
    assert not set("*`\n") & set(said.plain)
