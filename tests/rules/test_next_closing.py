"""What comes next of what is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.closing.next_closing import CloseIt, Propose, Rules, Wait, WriteUp, next_closing
from bot.domain.closing import Over

SINCE = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
RULES = Rules(timedelta(minutes=15), timedelta(hours=24))
OVER = Over("INC-1", 1, SINCE, closed=False)
ASKED = replace(OVER, asked=1, asked_at=SINCE + timedelta(minutes=15), stands=True)
KEPT = replace(ASKED, kept_at=SINCE + timedelta(hours=1))
AUTO = replace(RULES, auto=True)


def after(**span):
    return SINCE + timedelta(**span)


@pytest.mark.parametrize(
    ("over", "rules", "now", "then"),
    [
        (OVER, RULES, after(minutes=14), Wait(after(minutes=15))),
        (OVER, RULES, after(minutes=15), Propose(1)),
        (OVER, RULES, after(days=9), Propose(1)),  # the bot was away: silence counts from the question
        (OVER, AUTO, after(minutes=14), Wait(after(minutes=15))),
        (OVER, AUTO, after(minutes=15), CloseIt("by itself")),
        (ASKED, RULES, after(hours=24), Wait(after(hours=24, minutes=15))),
        (ASKED, RULES, after(hours=24, minutes=15), CloseIt("not reviewed")),
        (replace(ASKED, stands=False), RULES, after(hours=1), Propose(1)),  # recorded, not said yet
        (replace(ASKED, stands=False), RULES, after(days=3), Propose(1)),  # nobody saw it: nobody was silent
        (KEPT, RULES, after(hours=24, minutes=59), Wait(after(hours=25))),
        (KEPT, RULES, after(hours=25), Propose(2)),
        (KEPT, AUTO, after(hours=25), Propose(2)),  # who wanted it open is asked
        (replace(KEPT, closed=True), RULES, after(hours=2), WriteUp()),
        (replace(OVER, closed=True), RULES, SINCE, WriteUp()),
    ],
)
def test_what_comes_next(over, rules, now, then):
    assert next_closing(over, rules, now) == then
