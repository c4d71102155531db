"""Where a step does not go as it should: what its check says, what is offered to undo it, what people read of it."""

from dataclasses import replace

import pytest

from bot.domain.approval import APPROVE
from runbooks.model import Step
from runbooks.prepare import House
from runbooks.prepared import Outcome
from tests.stories.workshop_world import BOOK, DANA, ERIN, town_with

UNDO = "kubectl rollout undo deployment/payment-service"
QUERY = "verify: {query: 'sum(rate(http_requests_total[1m]))'}"
CHECKED_BY_QUERY = "\n".join(
    line.partition("verify")[0] + QUERY if "verify" in line else line for line in BOOK.splitlines()
)
TWO = """
id: restart
title: Renew it
steps:
  - name: drain and delete
    action: conditional
    condition: "{{service}} != 'none'"
    approval: required
    rollback: kubectl uncordon n1
    then:
      - {action: exec, command: "kubectl cordon n1"}
      - {action: exec, command: "kubectl delete pods --all"}
"""
WEB = """
id: restart
title: Flag off
steps:
  - {name: flag, action: http, method: POST, url: "https://flags.internal/x", approval: required}
"""


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


async def test_a_step_that_was_ended_after_its_first_command_is_not_shown_as_done(tmp_path):
    async with town_with(tmp_path, TWO) as town:
        came, go = town.chat.hold("find", about=":1:0:")
        gate = await approved(town)
        await came.wait()
        await town.say("emergency-stop wrong node", user=DANA)
        go.set()
        assert (await town.ended()).result == "stopped"
        assert town.hands.ran == ["kubectl cordon n1"]
        assert "❔ 1. drain and delete · 1 of 2 done\n" in await told(town)
        assert "1 of 2 done\n" in town.chat.of(gate).text


async def test_of_two_commands_the_one_that_failed_says_how(tmp_path):
    async with town_with(tmp_path, TWO) as town:
        town.hands.answer("delete pods", Outcome("failed", exit=1, seconds=2.0))
        gate = await approved(town)
        await undoing(town, gate)
        assert "❌ 1. drain and delete · 1 of 2 done · ran 2 s · exit 1\n" in await told(town)
        assert "1 of 2 done · ran 2 s · exit 1\n" in town.chat.of(gate).text


async def test_the_status_of_a_request_is_one_beside_its_gate_too(tmp_path):
    async with town_with(tmp_path, WEB) as town:
        town.shop = replace(town.shop, house=House(town.shop.house.program, ("flags.internal",)))
        town.hands.answer("http", Outcome("done", exit=200, seconds=0.3))
        gate = await approved(town)
        await town.ended()
        assert "ran 0.3 s · status 200\n" in await told(town)
        assert "ran 0.3 s · status 200\n" in town.chat.of(gate).text
