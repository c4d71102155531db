"""Asking along the route, through the real SDK and over a socket: turn, reservation, call, booking, the next model."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.domain.dialogue import Message, Request, Text
from bot.domain.money import NOTHING, Account, Money, Usage
from bot.llm.prices import Prices
from bot.ports import JournalDown
from bot.questions.consult import RESTS, Call, Consult, NoModel
from bot.questions.model_ports import OverBudget
from tests.llm.api import LARGE, SMALL, Streams, api, claude, refuses, says, start, text

REQUEST = Request("answer", "Answer.", (Message("user", (Text("why?"),)),))
ACCOUNT = Account("answer", "INC-1", "U1", "A1")
WHOLE = Usage(100, 7, 30, 20)
COST = {model: Prices().cost(WHOLE, model) for model in (LARGE, SMALL)}
OVERLOADED, BROKEN = (529, "overloaded_error"), [start(), *text(0, "half")]


class Ledger:
    """A purse that notes everything; `over` and `down` are raised where money is asked for."""

    def __init__(self):
        self.reserved = []
        self.settled = {}
        self.over = None
        self.down = False
        self.booking = asyncio.Event()
        """Set once something is being settled."""
        self.locked = asyncio.Event()
        self.locked.set()

    async def reserve(self, account, model, most):
        if self.over:
            raise self.over
        if self.down:
            raise JournalDown
        self.reserved.append((account, model, most))
        return str(len(self.reserved))

    async def settle(self, reservation, usage, cost):
        self.booking.set()
        await self.locked.wait()
        if self.down:
            raise JournalDown
        self.settled[reservation] = (usage, cost)


class Turns:
    """A pace that notes who asked for a turn, and how long the model wanted to be left alone."""

    def __init__(self):
        self.taken = []
        self.rests = []

    async def turn(self, tokens, *, urgent):
        self.taken.append((tokens, urgent))

    def rest(self, seconds):
        self.rests.append(seconds)


class Asked:
    """Everything around one `Consult`."""

    def __init__(self, server, door, rest_s):
        self.server = server
        self.purse, self.pace, self.calls = Ledger(), Turns(), []
        self.consult = Consult(door, self.purse, self.pace, self.calls.append, rest_s)

    async def ask(self, *answers, **how):
        self.server.give(*answers)
        return await self.consult.ask(REQUEST, ACCOUNT, **how)

    async def none(self, *answers):
        """Why no model answered."""
        with pytest.raises(NoModel) as caught:
            await self.ask(*answers)
        return caught.value


@asynccontextmanager
async def asking(rest_s=60.0, **how):
    async with api() as server, claude(server, **how) as door:
        asked = Asked(server, door, rest_s)
        yield asked
        await asked.consult.close()


def good(words="Yes."):
    return says(text(0, words))


async def test_an_answer_has_its_turn_its_reservation_and_its_true_cost():
    heard = []
    async with asking() as asked:
        found = await asked.ask(good(), on_text=heard.append)
        most = Prices().most(REQUEST.about_tokens, REQUEST.most_tokens, LARGE)
        assert asked.purse.reserved == [(ACCOUNT, LARGE, most)]
    assert (found.reply.text, found.cost, heard) == ("Yes.", COST[LARGE], ["Yes."])
    assert asked.purse.settled == {"1": (WHOLE, COST[LARGE])}
    assert asked.pace.taken == [(REQUEST.about_tokens, False)]
    assert asked.calls == [Call(ACCOUNT, LARGE, "end_turn", WHOLE, COST[LARGE])]
    assert COST[LARGE] <= most


async def test_a_briefing_is_urgent():
    async with asking() as asked:
        await asked.ask(good(), urgent=True)
    assert [urgent for _, urgent in asked.pace.taken] == [True]


async def test_small_work_goes_to_the_small_model():
    async with asking() as asked:
        asked.server.give(good())
        await asked.consult.ask(Request("small", "Name it.", REQUEST.messages), ACCOUNT)
    assert asked.server.models == [SMALL]


@pytest.mark.parametrize(
    ("first", "spent", "end"),
    [
        (lambda: refuses(*OVERLOADED), Usage(), "failed"),
        (lambda: refuses(404, "not_found_error"), Usage(), "failed"),
        (lambda: refuses(400, "invalid_request_error"), Usage(), "failed"),
        (lambda: Streams(BROKEN), Usage(100, 2, 30, 20), "failed"),
        (lambda: says(text(0, "I will not."), stop="refusal"), WHOLE, "refusal"),
    ],
)
async def test_where_the_first_model_fails_or_refuses_the_second_answers(first, spent, end):
    async with asking() as asked:
        found = await asked.ask(first(), good())
    cost = Prices().cost(spent, LARGE)
    assert (asked.server.models, found.reply.model, found.reply.text) == ([LARGE, SMALL], SMALL, "Yes.")
    assert asked.purse.settled == {"1": (spent, cost), "2": (WHOLE, COST[SMALL])}
    assert found.cost == cost + COST[SMALL]
    assert [call.end for call in asked.calls] == [end, "end_turn"]
    assert len(asked.pace.taken) == 1


async def test_text_begins_anew_with_the_second_model():
    heard = []
    async with asking() as asked:
        await asked.ask(Streams(BROKEN), good(), on_text=heard.append)
    assert heard == ["half", "Yes."]


async def test_a_rate_limit_gives_everybody_a_rest_and_the_next_model_the_question():
    async with asking() as asked:
        await asked.ask(refuses(429, "rate_limit_error", retry_after="12"), good())
    assert (asked.pace.rests, asked.server.models) == ([12.0], [LARGE, SMALL])


async def test_where_no_other_model_can_mend_it_none_is_asked():
    async with asking() as asked:
        problem = await asked.none(refuses(401, "authentication_error"))
    assert problem.reason == "the key is refused: look at ANTHROPIC_API_KEY"
    assert asked.server.models == [LARGE]
    assert asked.purse.settled == {"1": (Usage(), NOTHING)}


async def test_where_all_fail_each_says_why_and_what_they_cost_is_told():
    async with asking() as asked:
        problem = await asked.none(Streams(BROKEN), refuses(*OVERLOADED))
    assert problem.reason == f"{LARGE}: the stream broke off; {SMALL}: overloaded"
    assert problem.cost == Prices().cost(Usage(100, 2, 30, 20), LARGE)


async def test_where_all_fail_alike_it_is_said_once():
    async with asking() as asked:
        assert (await asked.none(refuses(*OVERLOADED), refuses(*OVERLOADED))).reason == "overloaded"


async def test_where_all_refuse():
    async with asking() as asked:
        refusal = says(stop="refusal")
        assert (await asked.none(refusal, refusal)).reason == "the model refused to answer"


MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        (("day", "25", MIDNIGHT), "the budget of $25.00 a day is spent, until 00:00 UTC"),
        (("person_day", "5", MIDNIGHT), "the budget of $5.00 a person and day is spent, until 00:00 UTC"),
        (("month", "300", MIDNIGHT), "the budget of $300.00 a month is spent, until 1 Dec 00:00 UTC"),
        (("incident", "5", None), "the budget of $5.00 an incident is spent"),
        (("answer", "0.50", None), "the budget of $0.50 an answer is spent"),
    ],
)
async def test_a_spent_budget_asks_nobody_and_says_until_when(over, reason):
    window, limit, until = over
    async with asking() as asked:
        asked.purse.over = OverBudget(window, Money.dollars(limit), Money.dollars(limit), until)
        assert (await asked.none()).reason == reason
    assert asked.server.bodies == []


async def test_without_a_database_nobody_is_asked():
    async with asking() as asked:
        asked.purse.down = True
        problem = await asked.none()
    assert problem.reason == "no money could be set aside: the database does not answer"
    assert asked.server.bodies == []


async def test_an_answer_is_given_although_its_cost_cannot_be_booked():
    async with asking() as asked:
        asking_now = asyncio.create_task(asked.ask(good(), on_text=lambda text: setattr(asked.purse, "down", True)))
        assert (await asking_now).reply.text == "Yes."
    assert asked.purse.settled == {}


async def test_without_a_key_there_is_no_model():
    consult = Consult(None, Ledger(), Turns())
    assert not consult.available
    with pytest.raises(NoModel, match="no model key is set"):
        await consult.ask(REQUEST, ACCOUNT)
    await consult.close()


async def test_without_a_name_there_is_no_model():
    async with asking(large=()) as asked:
        assert asked.consult.available
        assert "MODELS_LARGE" in (await asked.none()).reason


async def cancelled(asked, answer, begun, told):
    """What is settled once one who asks has been cancelled after `begun`."""
    asked.server.give(answer)
    waiting = asyncio.create_task(asked.consult.ask(REQUEST, ACCOUNT, on_text=told))
    async with asyncio.timeout(60):
        await begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    return asked.purse.settled


async def test_who_is_cancelled_pays_what_is_known_to_have_been_used():
    begun = asyncio.Event()
    async with asking() as asked:
        answer = Streams([start(), *text(0, "half")], hangs=True)
        settled = await cancelled(asked, answer, begun, lambda text: begun.set())
    used = Usage(100, 2, 30, 20)
    assert settled == {"1": (used, Prices().cost(used, LARGE))}
    assert [call.end for call in asked.calls] == ["cancelled"]


async def test_where_nothing_is_known_the_reservation_stays():
    async with asking() as asked:
        settled = await cancelled(asked, Streams([], hangs=True), asked.server.waiting, lambda text: None)
    assert (len(asked.purse.reserved), settled) == (1, {})


async def test_a_second_cancellation_does_not_lose_what_is_to_be_booked():
    begun = asyncio.Event()
    async with asking() as asked:
        asked.purse.locked.clear()
        asked.server.give(Streams([start(), *text(0, "half")], hangs=True))
        waiting = asyncio.create_task(asked.ask(on_text=lambda text: begun.set()))
        async with asyncio.timeout(60):
            await begun.wait()
            waiting.cancel()
            await asked.purse.booking.wait()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert asked.purse.settled == {}
        asked.purse.locked.set()
    assert asked.purse.settled.keys() == {"1"}


async def test_a_model_that_keeps_failing_is_left_alone():
    async with asking() as asked:
        for _ in range(3):
            await asked.ask(refuses(*OVERLOADED), good())
        await asked.ask(good())
    assert asked.server.models == [LARGE, SMALL] * 3 + [SMALL]
    assert len(asked.purse.reserved) == 7


async def test_after_its_rest_it_is_asked_again():
    async with asking(rest_s=-1.0) as asked:
        for _ in range(3):
            await asked.ask(refuses(*OVERLOADED), good())
        await asked.ask(good())
    assert asked.server.models == [LARGE, SMALL] * 3 + [LARGE]


async def test_where_all_are_left_alone_nobody_is_asked():
    async with asking(large=(LARGE,)) as asked:
        for _ in range(3):
            await asked.none(refuses(*OVERLOADED))
        assert (await asked.none()).reason == RESTS
    assert len(asked.server.bodies) == 3


async def test_a_spent_budget_or_a_refused_key_does_not_count_against_a_model():
    async with asking(large=(LARGE,)) as asked:
        for _ in range(3):
            await asked.none(refuses(401, "authentication_error"))
        asked.purse.over = OverBudget("day", NOTHING, NOTHING, None)
        for _ in range(3):
            await asked.none()
        asked.purse.over = None
        assert (await asked.ask(good())).reply.text == "Yes."
