"""The purse: money is set aside before it is spent, no limit is passed whoever asks, and what was paid is recorded."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from bot.domain.money import NOTHING, Account, Money, Usage
from bot.ports import JournalDown
from bot.questions.budget import Limits
from bot.questions.model_ports import OverBudget, Spending
from bot.state.database import open_database
from bot.state.purse import SqlPurse
from bot.state.tables import spend

MODEL = "claude-sonnet-5-5"
WIDE = Limits(*[Money.dollars(5_000)] * 5)
ANSWER = Account("answer", "INC-1", "U1", "A1")
BRIEFING = Account("briefing", "INC-1")
CENT = Money.dollars("0.01")
TEN = Money.dollars("0.10")
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def purse(database, clock):
    return lambda **limits: SqlPurse(database, clock, replace(WIDE, **limits))


async def spent(purse, account=ANSWER):
    """By window, in millionths of a dollar."""
    return {one.window: one.spent.micros for one in await purse.standing(account)}


async def test_what_is_set_aside_counts_at_once_and_is_corrected_by_what_was_paid(purse):
    purse = purse()
    reservation = await purse.reserve(ANSWER, MODEL, TEN)
    assert await spent(purse) == dict.fromkeys(("answer", "incident", "person_day", "day", "month"), 100_000)

    await purse.settle(reservation, Usage(1_000, 200, 5_000, 300), Money(7_100))
    assert await spent(purse) == dict.fromkeys(("answer", "incident", "person_day", "day", "month"), 7_100)


async def test_the_record_has_everything_about_a_call(purse, database, clock):
    purse = purse()
    reserved_at = clock.now()
    reservation = await purse.reserve(ANSWER, MODEL, TEN)
    clock.pass_(seconds=7)
    await purse.settle(reservation, Usage(1_000, 200, 5_000, 300), Money(7_100))

    (row,) = await database.read(lambda connection: connection.execute(sa.select(spend)).all())
    assert row._asdict() == {
        "id": reservation,
        "at": reserved_at,
        "story": "answer",
        "incident_id": "INC-1",
        "person": "U1",
        "answer_id": "A1",
        "model": MODEL,
        "micros": 7_100,
        "settled": True,
        "input": 1_000,
        "output": 200,
        "cache_read": 5_000,
        "cache_write": 300,
    }


@pytest.mark.parametrize(
    ("window", "until"),
    [("answer", None), ("incident", None), ("person_day", MIDNIGHT), ("day", MIDNIGHT), ("month", NEXT_MONTH)],
)
async def test_a_limit_is_reached_but_never_passed(purse, window, until):
    purse = purse(**{window: TEN})
    await purse.reserve(ANSWER, MODEL, Money(60_000))
    await purse.reserve(ANSWER, MODEL, Money(40_000))

    with pytest.raises(OverBudget) as refused:
        await purse.reserve(ANSWER, MODEL, Money(1))

    over = refused.value
    assert (over.window, over.limit, over.spent, over.until) == (window, TEN, TEN, until)
    assert str(over).startswith("the budget of $0.10 a")
    assert (await spent(purse))[window] == 100_000, "what was refused does not count"


@pytest.mark.parametrize("window", ["answer", "incident", "person_day", "day", "month"])
async def test_a_limit_of_nothing_lets_nothing_through(purse, window):
    with pytest.raises(OverBudget) as refused:
        await purse(**{window: NOTHING}).reserve(ANSWER, MODEL, NOTHING)
    assert refused.value.window == window


@pytest.mark.parametrize(
    ("window", "other"),
    [
        ("answer", replace(ANSWER, answer_id="A2")),
        ("incident", replace(ANSWER, incident_id="INC-2")),
        ("person_day", replace(ANSWER, person="U2")),
        ("answer", replace(ANSWER, answer_id="")),
        ("incident", replace(ANSWER, incident_id="")),
        ("person_day", replace(ANSWER, person="")),
    ],
)
async def test_what_others_spend_does_not_count(purse, window, other):
    purse = purse(**{window: CENT})
    await purse.reserve(other, MODEL, NOTHING)
    await purse.reserve(ANSWER, MODEL, CENT)
    await purse.reserve(other, MODEL, CENT)
    with pytest.raises(OverBudget):
        await purse.reserve(ANSWER, MODEL, CENT)


async def test_an_account_is_told_only_of_the_limits_that_it_counts_for(purse):
    purse = purse()
    assert list(await spent(purse, Account("briefing"))) == ["day", "month"]
    assert list(await spent(purse, BRIEFING)) == ["incident", "day", "month"]
    assert (await purse.standing(BRIEFING))[1] == Spending("day", WIDE.day, NOTHING, MIDNIGHT)


async def test_a_day_begins_at_midnight_utc_and_a_month_with_its_first_day(purse, clock):
    purse = purse(person_day=TEN, day=TEN, month=Money(250_000))
    await purse.reserve(ANSWER, MODEL, TEN)
    clock.moment = MIDNIGHT
    await purse.reserve(ANSWER, MODEL, TEN)
    assert await spent(purse) == {
        "answer": 200_000,
        "incident": 200_000,
        "person_day": 100_000,
        "day": 100_000,
        "month": 200_000,
    }

    clock.pass_(days=1)
    with pytest.raises(OverBudget, match="a month"):
        await purse.reserve(ANSWER, MODEL, TEN)

    clock.moment = NEXT_MONTH
    await purse.reserve(ANSWER, MODEL, TEN)


async def test_a_call_counts_for_the_day_on_which_it_began(purse, clock):
    purse = purse()
    clock.moment = datetime(2026, 11, 21, 23, 59, 59, 999_999, tzinfo=UTC)
    reservation = await purse.reserve(ANSWER, MODEL, TEN)
    clock.moment = MIDNIGHT
    await purse.settle(reservation, Usage(1), CENT)
    assert (await spent(purse))["day"] == 0
    assert (await spent(purse))["month"] == CENT.micros


async def test_of_several_limits_the_one_that_holds_on_longest_is_named(purse):
    purse = purse(answer=CENT, day=CENT, month=CENT)
    with pytest.raises(OverBudget) as refused:
        await purse.reserve(ANSWER, MODEL, TEN)
    assert (refused.value.window, refused.value.until) == ("month", NEXT_MONTH)


async def test_a_call_that_was_never_made_costs_nothing(purse):
    purse = purse(answer=TEN)
    reservation = await purse.reserve(ANSWER, MODEL, TEN)
    await purse.settle(reservation, Usage(), NOTHING)
    assert (await spent(purse))["answer"] == 0
    await purse.reserve(ANSWER, MODEL, TEN)


async def test_what_was_paid_beyond_the_reservation_is_recorded_and_seen_by_the_next(purse):
    purse = purse(day=TEN)
    reservation = await purse.reserve(ANSWER, MODEL, Money(90_000))
    await purse.settle(reservation, Usage(30_000, 500), Money(101_000))
    assert (await spent(purse))["day"] == 101_000
    with pytest.raises(OverBudget):
        await purse.reserve(BRIEFING, MODEL, NOTHING)


async def test_settled_twice_is_settled_once(purse):
    purse = purse()
    reservation = await purse.reserve(ANSWER, MODEL, TEN)
    for _ in range(2):
        await purse.settle(reservation, Usage(10, 10), CENT)
    assert await purse.spent_on("INC-1") == CENT


async def test_nothing_is_settled_that_was_never_reserved(purse):
    with pytest.raises(ValueError, match="nothing was reserved"):
        await purse().settle("0" * 32, Usage(1), CENT)


async def test_a_reservation_outlives_the_process_and_goes_on_counting(purse, database_url, clock):
    await purse().reserve(ANSWER, MODEL, TEN)

    later = open_database(database_url)
    purse_of_later = SqlPurse(later, clock, WIDE)
    assert (await spent(purse_of_later))["answer"] == TEN.micros
    await later.dispose()


async def test_what_an_incident_cost_is_told_by_story_too(purse):
    purse = purse()
    await purse.reserve(BRIEFING, MODEL, CENT)
    await purse.reserve(ANSWER, MODEL, TEN)
    await purse.reserve(replace(ANSWER, incident_id="INC-2"), MODEL, TEN)
    assert await purse.spent_on("INC-1") == CENT + TEN
    assert await purse.spent_on("INC-1", "briefing") == CENT
    assert await purse.spent_on("INC-9") == NOTHING


async def test_what_one_answer_cost_is_the_sum_of_its_calls(purse):
    purse = purse()
    reservation = await purse.reserve(ANSWER, MODEL, TEN)
    await purse.settle(reservation, Usage(10, 10), CENT)
    await purse.reserve(ANSWER, MODEL, TEN)
    await purse.reserve(replace(ANSWER, answer_id="another"), MODEL, TEN)
    assert await purse.spent_on(ANSWER.incident_id, answer_id=ANSWER.answer_id) == CENT + TEN


async def test_amounts_may_be_large(purse):
    purse = purse()
    await purse.reserve(BRIEFING, MODEL, Money.dollars(3_000))
    with pytest.raises(OverBudget):
        await purse.reserve(BRIEFING, MODEL, Money.dollars(3_000))


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/it.sqlite", "postgresql://bot:hunter2@127.0.0.1:1/bot"])
async def test_a_database_that_is_away_is_a_journal_that_is_down(url, clock):
    database = open_database(url)
    purse = SqlPurse(database, clock, WIDE)
    for act in (
        purse.reserve(ANSWER, MODEL, CENT),
        purse.settle("0" * 32, Usage(), NOTHING),
        purse.standing(ANSWER),
        purse.spent_on("INC-1"),
    ):
        with pytest.raises(JournalDown, match="DATABASE_URL") as down:
            await act
        assert "hunter2" not in str(down.value)
    await database.dispose()
