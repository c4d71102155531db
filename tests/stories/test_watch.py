"""A change is judged by what its signals were when it came, also where nobody could measure at that moment."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.entry import BOT, Entry
from bot.life.watch import Watch, watch
from integrations.contract import Look, Unreachable
from tests.stories.incident_sample import ALERTED, series
from tests.stories.world import FakeSlack, Life, Source, desk_with, fire, tell

MADE = ALERTED - timedelta(minutes=8)


class Measuring(Source):
    """Prometheus, which is away for as many looks as a test says."""

    def __init__(self, *findings):
        super().__init__("prometheus")
        self.findings, self.away = findings, 0

    async def look(self, scope):
        if self.away:
            self.away -= 1
            raise Unreachable("prometheus", "no answer")
        return Look(self.findings)


def errors(since):
    """The error rate, from 0.4 % to 20 %, and after the change at `since`."""
    whole = series("error_rate", 0.4, 20.0)
    values = [
        since if at >= MADE.timestamp() + 60 else value for at, value in zip(whole.times, whole.values, strict=True)
    ]
    return replace(whole, values=tuple(values))


async def judged(tmp_path, measured, *, known=True, away=1):
    """What the record says of a rollback in whose moment nobody measured. `known`: the briefing had its figures."""
    source = Measuring(errors(20.0))
    async with desk_with(tmp_path, FakeSlack(), source) as desk:
        source.away = 0 if known else 1
        taken = await fire(desk)
        await tell(desk, taken)
        entry = Entry(taken.incident_id, "changed:1", desk.clock.now(), "changed", BOT, "v1", value=MADE.isoformat())
        kept = await desk.entries.append(entry)
        source.findings, source.away = (measured,), away
        await watch(Watch(desk, kept, 900), Life())
        (*_, told) = await desk.entries.of_incident(taken.incident_id)
        return told.text


@pytest.mark.parametrize(
    ("since", "verdict", "known"),
    [
        (8.0, "it helped in part", True),
        (20.0, "it did not help", True),
        (20.0, "it did not help", False),
        (50.0, "it is worse than before", True),
        (50.0, "it is worse than before", False),
    ],
)
async def test_what_could_not_be_measured_in_that_moment_is_read_from_the_next_look(tmp_path, since, verdict, known):
    assert await judged(tmp_path, errors(since), known=known) == f"v1: {verdict}"


async def test_what_is_back_and_was_bad_in_the_briefing_has_helped(tmp_path):
    assert await judged(tmp_path, errors(0.4)) == "v1: it helped: back to normal"


async def test_where_nobody_measures_at_all_it_says_so(tmp_path):
    assert await judged(tmp_path, errors(20.0), away=9) == "v1: unknown: it was not measured both then and now"
