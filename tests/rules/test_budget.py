"""Which limits a call counts for, when their windows begin and end, which one keeps it, and what people are told."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.money import NOTHING, Account, Money
from bot.questions.budget import LASTING, Limits, Span, passed, share, spans, stage, standing
from bot.questions.model_ports import WINDOWS, Spending

NOW = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)
DAY = datetime(2026, 11, 21, tzinfo=UTC)
ALL = Account("answer", "INC-1", "U1", "A1")
enough = settings(max_examples=300, deadline=None)

amounts = st.integers(0, 50).map(Money)
limits = st.builds(Limits, *[amounts] * 5)
names = st.sampled_from(("", "one", "two"))
accounts = st.builds(Account, st.sampled_from(("briefing", "answer")), names, names, names)
zones = st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-12, -3, 0, 5, 14)])
moments = st.datetimes(datetime(2023, 12, 1), datetime(2028, 3, 31), timezones=zones)  # noqa: DTZ001 - hypothesis adds the zone


def of(window, limit, spent):
    return Spending(window, Money(limit), Money(spent), None)


# ── windows ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("account", "windows"),
    [
        (ALL, ["answer", "incident", "person_day", "day", "month"]),
        (Account("briefing", "INC-1"), ["incident", "day", "month"]),
        (Account("answer", "", "U1", "A1"), ["answer", "person_day", "day", "month"]),
        (Account("title"), ["day", "month"]),
    ],
)
def test_an_account_counts_for_what_it_names_and_always_for_day_and_month(account, windows):
    assert [span.window for span in spans(account, NOW)] == windows


@pytest.mark.parametrize(
    ("now", "day", "month", "next_month"),
    [
        ("2026-11-21T03:42+00:00", "2026-11-21", "2026-11-01", "2026-12-01"),
        ("2026-12-31T23:59:59.999999+00:00", "2026-12-31", "2026-12-01", "2027-01-01"),
        ("2027-01-01T00:00+00:00", "2027-01-01", "2027-01-01", "2027-02-01"),
        ("2028-02-29T12:00+00:00", "2028-02-29", "2028-02-01", "2028-03-01"),
        ("2027-01-01T01:00+14:00", "2026-12-31", "2026-12-01", "2027-01-01"),
    ],
)
def test_days_and_months_are_those_of_utc(now, day, month, next_month):
    *_, of_day, of_month = spans(Account("title"), datetime.fromisoformat(now))
    begins = datetime.fromisoformat(f"{day}T00:00+00:00")
    assert of_day == Span("day", begins, begins + timedelta(days=1))
    assert (of_month.since.isoformat(), of_month.until.isoformat()) == (
        f"{month}T00:00:00+00:00",
        f"{next_month}T00:00:00+00:00",
    )


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        spans(ALL, datetime(2026, 11, 21))  # noqa: DTZ001 - that is what is tested


@enough
@given(moments)
def test_every_moment_lies_in_its_windows_and_windows_leave_no_gap(now):
    for span in spans(ALL, now)[2:]:
        assert span.since <= now < span.until
        (after,) = (one for one in spans(ALL, span.until) if one.window == span.window)
        assert after.since == span.until


# ── limits ───────────────────────────────────────────────────────────────────────────────────────


def test_limits_come_from_dollars_by_their_names():
    found = Limits.dollars(
        answer=Decimal("0.50"), incident=Decimal(5), person_day=Decimal(4), day=Decimal(25), month=Decimal(300)
    )
    assert [found.of(window).micros for window in WINDOWS] == [500_000, 5_000_000, 4_000_000, 25_000_000, 300_000_000]


@pytest.mark.parametrize(
    ("spent", "most", "over"),
    [
        (0, 100, None),
        (40, 60, None),
        (40, 61, "day"),
        (100, 0, None),
        (100, 1, "day"),
        (120, 0, "day"),
        (0, 101, "day"),
    ],
)
def test_a_limit_may_be_reached_and_not_passed(spent, most, over):
    found = passed((of("day", 100, spent),), Money(most))
    assert (found.window if found else None) == over


def test_a_limit_of_nothing_is_passed_by_nothing():
    assert passed((of("answer", 0, 0),), NOTHING).window == "answer"


@pytest.mark.parametrize("place", range(len(LASTING)))
def test_the_one_that_holds_on_longest_is_named(place):
    spendings = [of(window, 10, 10) for window in reversed(LASTING[place:])]
    assert passed(spendings, Money(1)).window == LASTING[place]


def test_every_window_has_its_place():
    assert set(LASTING) == set(WINDOWS)


@enough
@given(limits, st.lists(st.tuples(accounts, moments, amounts), max_size=40))
def test_whatever_is_asked_for_no_window_holds_more_than_its_limit(limits, calls):
    """A purse in a list: what is let through, summed by hand over each window that it falls into."""
    made = []

    def spent(account, span):
        names = {"answer": "answer_id", "incident": "incident_id", "person_day": "person"}
        name = names.get(span.window)
        same = (one for one in made if name is None or getattr(one[0], name) == getattr(account, name))
        return sum((most for _, at, most in same if span.since is None or span.since <= at < span.until), NOTHING)

    for account, now, most in calls:
        found = standing(limits, [(span, spent(account, span)) for span in spans(account, now)])
        refused = passed(found, most)
        if refused is None:
            made.append((account, now, most))
        for span in spans(account, now):
            assert spent(account, span) <= limits.of(span.window)
        if refused is not None:
            assert refused.limit == NOTHING or refused.spent + most > refused.limit


# ── what people are told ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("limit", "spent", "refused", "told"),
    [
        (1_000, 0, None, None),
        (1_000, 799, None, None),
        (1_000, 800, None, "near"),
        (1_000, 999, None, "near"),
        (1_000, 1_000, None, "spent"),
        (1_000, 1_004, None, "spent"),
        (1_000, 950, 50, "near"),
        (1_000, 950, 51, "spent"),
        (1_000, 300, 500, None),
        (0, 0, None, None),
        (0, 0, 10, None),
    ],
)
def test_what_is_told_of_a_limit(limit, spent, refused, told):
    assert stage(of("day", limit, spent), None if refused is None else Money(refused)) == told


@enough
@given(amounts, amounts, amounts)
def test_more_spent_never_tells_less(limit, spent, more):
    rank = [None, "near", "spent"].index
    before, after = (Spending("day", limit, one, None) for one in (spent, spent + more))
    assert rank(stage(before, None)) <= rank(stage(after, None))


def test_the_share_of_a_limit():
    assert share(of("day", 1_000, 250)) == 0.25
    assert share(of("day", 0, 0)) is None
