"""The incidents channel hears of the budget at 80 % and at 100 %, once each, whoever looks and however often."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import stamina

from bot.domain.money import Account, Money, Usage
from bot.measures import Measures
from bot.ports import JournalDown
from bot.questions.budget import Limits
from bot.questions.budget_warning import look_at_budget, watch_budget
from bot.questions.model_ports import OverBudget
from bot.state.budget_lines import SAYING, SqlBudgetLines
from bot.state.database import open_database
from bot.state.purse import LONGEST_CALL, SqlPurse
from tests.state.conftest import SetClock
from tests.stories.world import INCIDENTS, FakeSlack, desk_with, eventually, stopped

DOLLAR = Money.dollars(1)
LIMITS = Limits(*[Money.dollars(1_000)] * 3, day=Money.dollars(10), month=Money.dollars(100))
USED = Usage(1_000, 100)


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def slack():
    return FakeSlack()


class Replica:
    """One process: its desk, its purse and its look at the lines that were said."""

    def __init__(self, desk, database, limits=LIMITS):
        self.desk = desk
        self.purse = SqlPurse(database, desk.clock, limits)
        self.lines = SqlBudgetLines(database, desk.clock)

    async def spend(self, dollars):
        most = Money.dollars(dollars)
        await self.purse.settle(await self.purse.reserve(Account("answer"), "claude", most), USED, most)

    async def look(self):
        await look_at_budget(self.desk, self.purse, self.lines)

    def figure(self, window):
        return self.desk.measures.registry.get_sample_value("budget_spent_ratio", {"window": window})


@pytest.fixture
async def place(tmp_path, slack):
    """`place(…)` gives another replica on the same database; `clock` is theirs."""
    clock, databases = SetClock(), []
    async with desk_with(tmp_path, slack) as desk:

        def one(limits=LIMITS, **changes):
            databases.append(open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}"))
            return Replica(replace(desk, clock=clock, measures=Measures(), **changes), databases[-1], limits)

        one.clock = clock
        yield one
        for database in databases:
            await database.dispose()


def said(slack):
    return [message.text for message in slack.messages if message.posted.channel_id == INCIDENTS]


async def test_nothing_is_said_below_80_percent_and_the_figures_are_set(place, slack):
    bot = place()
    await bot.spend("7.99")
    await bot.look()
    assert said(slack) == []
    assert (bot.figure("day"), bot.figure("month")) == (0.799, 0.0799)


async def test_80_percent_is_said_once_and_100_percent_once_more(place, slack):
    bot = place()
    await bot.spend(8)
    for _ in range(3):
        await bot.look()
    assert [line[:30] for line in said(slack)] == ["⚠️ $8.00 of $10.00 for models "]

    await bot.spend(2)
    for _ in range(3):
        await bot.look()
    assert len(said(slack)) == 2
    assert "evidence only until 00:00 UTC" in said(slack)[1]
    assert "at 100 %" not in said(slack)[1]


async def test_from_nothing_to_all_only_the_second_line_is_said(place, slack):
    bot = place()
    await bot.spend(10)
    await bot.look()
    assert len(said(slack)) == 1
    assert "at 100 %" not in said(slack)[0]


async def test_many_replicas_and_starts_say_it_once(place, slack):
    bots = [place() for _ in range(5)]
    await bots[0].spend(9)
    await asyncio.gather(*(bot.look() for bot in bots))
    await place().look()
    assert len(said(slack)) == 1


async def test_the_next_day_and_another_limit_are_told_anew(place, slack):
    bot = place()
    await bot.spend(9)
    await bot.look()
    more = place(replace(LIMITS, day=Money.dollars(11)))
    await more.look()
    assert "of $11.00" in said(slack)[1]

    place.clock.pass_(days=1)
    await bot.look()
    assert (len(said(slack)), bot.figure("day")) == (2, 0)
    await bot.spend(9)
    await bot.look()
    assert len(said(slack)) == 3


async def test_the_month_is_told_by_itself(place, slack):
    bot = place(replace(LIMITS, day=Money.dollars(1_000)))
    await bot.spend(85)
    await bot.look()
    (line,) = said(slack)
    assert "$85.00 of $100.00 for models spent this month (85 %)" in line


async def test_a_refused_call_tells_that_too_little_is_left(place, slack):
    bot = place()
    await bot.spend("9.50")
    with pytest.raises(OverBudget):
        await bot.spend("0.80")
    with pytest.raises(OverBudget):
        await bot.spend("0.60")
    await bot.look()
    (line,) = said(slack)
    assert "$9.50 of $10.00" in line
    assert "too little left for a call · evidence only until 00:00 UTC" in line


async def test_what_is_only_set_aside_is_no_news(place, slack):
    """Fifty calls at once set much aside, and most of it comes back."""
    bot = place()
    for _ in range(10):
        await bot.purse.reserve(Account("answer"), "claude", DOLLAR)
    with pytest.raises(OverBudget):
        await bot.purse.reserve(Account("answer"), "claude", DOLLAR)
    await bot.look()
    assert said(slack) == []

    place.clock.moment += LONGEST_CALL
    await bot.look()
    assert said(slack) == []
    place.clock.moment += timedelta(seconds=1)
    await bot.look()
    assert len(said(slack)) == 1, "by now it is known that they were cut off"


async def test_a_limit_of_nothing_is_no_news(place, slack):
    bot = place(replace(LIMITS, day=Money(0)))
    with pytest.raises(OverBudget):
        await bot.spend(1)
    await bot.look()
    assert (said(slack), bot.figure("day")) == ([], None)


async def test_whoever_ends_while_saying_it_is_followed_by_another(place, slack):
    bot = place()
    await bot.spend(9)
    came, _ = slack.hold("post")
    ending = asyncio.create_task(bot.look())
    await came.wait()
    await stopped(ending)

    other = place()
    await other.look()
    assert said(slack) == [], "it may still be on its way"
    place.clock.moment += SAYING
    await other.look()
    await other.look()
    assert len(said(slack)) == 1


async def test_a_post_whose_answer_was_lost_is_found_again(place, slack):
    bot = place()
    await bot.spend(9)
    slack.lose_the_answer("near")
    await bot.look()
    place.clock.moment += SAYING
    await bot.look()
    assert len(said(slack)) == 1


async def test_a_line_that_somebody_deletes_is_not_said_again(place, slack):
    bot = place()
    await bot.spend(9)
    await bot.look()
    slack.messages.clear()
    place.clock.moment += SAYING
    await bot.look()
    assert said(slack) == []


async def test_what_slack_refuses_is_said_later(place, slack):
    bot = place()
    await bot.spend(9)
    slack.refuse("post", "not_in_channel", times=1)
    await bot.look()
    await bot.look()
    assert said(slack) == []
    place.clock.moment += SAYING
    await bot.look()
    assert len(said(slack)) == 1


async def test_without_an_incidents_channel_the_log_has_to_do(place, slack):
    bot = place(incidents_channel=None)
    await bot.spend(9)
    await bot.look()
    assert slack.messages == []


async def test_a_database_that_is_away_is_waited_for(place, slack):
    class Away:
        async def paid(self):
            raise JournalDown("away")

    bot = place()
    await look_at_budget(bot.desk, Away(), bot.lines)
    assert slack.messages == []


async def test_it_looks_by_itself(place, slack):
    bot = place()
    await bot.spend(9)
    watching = asyncio.create_task(watch_budget(bot.desk, bot.purse, bot.lines))
    await eventually(lambda: len(said(slack)) == 1)
    await stopped(watching)
