"""Where a step does not go as it should: what its check says, what is offered to undo it, what people read of it."""

import pytest

from bot.domain.approval import APPROVE
from runbooks.model import Step
from runbooks.prepared import Outcome
from tests.stories.workshop_world import BOOK, ERIN, town_with

UNDO = "kubectl rollout undo deployment/payment-service"
QUERY = "verify: {query: 'sum(rate(http_requests_total[1m]))'}"
CHECKED_BY_QUERY = "\n".join(
    line.partition("verify")[0] + QUERY if "verify" in line else line for line in BOOK.splitlines()
)


async def approved(town):
    """The gate of the run that Dana asks for, approved by Erin."""
    await town.say("run restart")
    gate = await town.waits()
    await town.react(gate, APPROVE, ERIN)
    return gate


async def undoing(town, first):
    """The gate that asks to undo the step whose gate was `first`."""
    while (second := await town.waits()) == first:
        pass
    return second


async def told(town):
    return town.chat.of((await town.run()).id).text


@pytest.mark.parametrize(("value", "good"), [(None, False), (0.0, True)])
async def test_a_check_by_query_is_good_where_it_finds_something(tmp_path, value, good):
    async with town_with(tmp_path, CHECKED_BY_QUERY) as town:
        town.hands.answer("promql", Outcome("done", value=value, seconds=0.1))
        first = await approved(town)
        if good:
            assert (await town.ended()).result == "done"
            assert "check: ran 0.1 s · 0 ✓" in await told(town)
            return
        assert UNDO in town.chat.of(await undoing(town, first)).text
        assert "check: ran 0.1 s · no series ✗" in await told(town)


async def test_a_step_that_used_up_the_runs_time_can_be_undone_and_that_has_a_time_of_its_own(tmp_path):
    async with town_with(tmp_path) as town:
        given, perform = [], town.hands.perform

        async def noting(deed, stop):
            given.append((" ".join(deed.argv), deed.timeout_s))
            return await perform(deed, stop)

        town.hands.perform = noting
        town.hands.answer("rollout restart", Outcome("timeout", seconds=300.1, note="ended at its limit of 300 s"))
        first = await approved(town)
        await town.react(await undoing(town, first), APPROVE, ERIN)
        assert (await town.ended()).reason.endswith("It was rolled back.")
        assert given[-1] == (UNDO, Step("exec").timeout_s)
