"""Queries and pauses; and that nothing is ever raised."""

from __future__ import annotations

import asyncio

import pytest

from integrations.contract import Refused
from runbooks.prepared import Outcome, Promql, Wait
from runbooks.running import HandsSettings, open_hands


async def perform(deed, stop=None, **settings) -> Outcome:
    return await open_hands(HandsSettings(**settings)).perform(deed, stop or asyncio.Event())


def series(*found):
    async def ask(query, timeout_s):
        assert (query, timeout_s) == ("up", 3.0)
        return found

    return ask


async def fails(*_):
    raise Refused("prometheus", "token is refused", "see PROMETHEUS_TOKEN")


async def breaks(*_):
    raise KeyError("s3cr3t")


async def never(*_):
    await asyncio.Event().wait()


async def test_a_query_gives_its_first_figure_and_a_line_for_each():
    outcome = await perform(Promql("up", 3.0), prometheus=series(("pod=a", 0.25), ("pod=b", 1e6), ("", 3.0)))
    assert (outcome.result, outcome.value) == ("done", 0.25)
    assert outcome.output == "pod=a 0.25\npod=b 1e+06\n3"


async def test_of_many_series_the_first_are_shown():
    outcome = await perform(Promql("up", 3.0), prometheus=series(*((f"pod={n}", n) for n in range(25))))
    assert len(outcome.output.splitlines()) == 21
    assert outcome.output.endswith("… and 5 more")
    assert outcome.cut


async def test_a_query_without_an_answer_has_no_figure():
    outcome = await perform(Promql("up", 3.0), prometheus=series())
    assert (outcome.result, outcome.value, outcome.output) == ("done", None, "")


@pytest.mark.parametrize(
    ("ask", "result", "says"),
    [
        (None, "refused", "PROMETHEUS_URL"),
        (fails, "failed", "see PROMETHEUS_TOKEN"),
        (never, "timeout", "did not answer in 0.05 s"),
        (breaks, "failed", "KeyError in the bot; it may have been done, see the log"),
    ],
)
async def test_a_query_that_fails_says_why(ask, result, says):
    outcome = await perform(Promql("up", 0.05), prometheus=ask)
    assert outcome.result == result
    assert says in outcome.note
    assert "s3cr3t" not in outcome.note


async def test_a_pause_ends_by_itself_or_by_a_stop():
    outcome = await perform(Wait(0.02))
    assert outcome.result == "done"
    assert outcome.seconds >= 0.02
    stop = asyncio.Event()
    task = asyncio.create_task(perform(Wait(600), stop))
    await asyncio.sleep(0)
    stop.set()
    assert (await task).result in ("stopped", "refused")


@pytest.mark.parametrize("deed", [Wait(600), Promql("up", 600)])
async def test_being_cancelled_goes_on_as_a_cancellation(deed):
    task = asyncio.create_task(perform(deed, prometheus=never))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
