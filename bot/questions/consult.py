"""Asks a model: in its turn, within the budget, along the route, until one of them answers or none is left.

The money is reserved before each call and corrected after it. A model that keeps failing is left alone for a while (a
circuit breaker), so that the next one is asked at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState

from bot.domain.dialogue import Reply, Request
from bot.domain.money import NOTHING, Account, Money, Usage
from bot.domain.words import clock
from bot.ports import JournalDown
from bot.questions.model_ports import Model, ModelError, OverBudget, Pace, Purse

log = structlog.get_logger(__name__)

BREAKER_FAILURES = 3
"""Three calls in a row without an answer: the model is down, not busy."""
BREAKER_REST_S = 60.0
"""A minute's rest, then one call is let through to see."""
RESTS = "left alone for a minute: no answer several times in a row"


class NoModel(Exception):
    """No model has answered, so evidence alone has to do. `reason` is a short phrase for people, without any secret.

    `cost` is what the attempts have cost all the same.
    """

    def __init__(self, reason: str, cost: Money = NOTHING) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cost = cost


@dataclass(frozen=True, slots=True)
class Consulted:
    """A model's answer, and what it took."""

    reply: Reply
    cost: Money
    """Of every attempt: models that failed or refused on the way included."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made, for the figures."""

    account: Account
    model: str
    end: str
    """A stop of `bot.domain.dialogue`, or `failed`, or `cancelled`."""
    usage: Usage
    cost: Money


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What came of one model of the route: a reply, or why there is none."""

    cost: Money
    reply: Reply | None = None
    reason: str = ""
    last: bool = False
    """Whether no other model can mend it."""


class Consult:
    """The models of this bot, with what is remembered between calls of how they fared."""

    def __init__(
        self,
        model: Model | None,
        purse: Purse,
        pace: Pace,
        told: Callable[[Call], None] = lambda call: None,
        rest_s: float = BREAKER_REST_S,
    ) -> None:
        """`model`: None where no key is set. `told` is called once for each call that was made."""
        self._model = model
        self._purse = purse
        self._pace = pace
        self._told = told
        self._booking: set[asyncio.Task[None]] = set()
        self._breakers = AsyncCircuitBreakerFactory(
            default_threshold=BREAKER_FAILURES,
            default_ttl=rest_s,
            exclude=[asyncio.CancelledError, OverBudget, JournalDown, (ModelError, lambda error: not error.passing)],
        )

    @property
    def available(self) -> bool:
        """Whether there is a model to ask at all; it may be down, and the budget spent, all the same."""
        return self._model is not None

    async def ask(
        self,
        request: Request,
        account: Account,
        *,
        urgent: bool = False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> Consulted:
        """The first reply along the route that is no refusal. `urgent` goes before the rest, for a briefing.

        `on_text` gets the reply's text so far; it begins anew where another model takes over. Raises NoModel. When
        cancelled, what is known to have been used is booked; where nothing is known, the reservation stays.
        """
        if self._model is None:
            raise NoModel("no model key is set")
        # One turn for the whole route: limits count by model, and one that failed has used up nothing of the next.
        await self._pace.turn(request.about_tokens, urgent=urgent)
        cost, reasons = NOTHING, dict[str, str]()
        for name in self._model.route(request.work):
            attempt = await self._attempt(self._model, name, request, account, on_text)
            cost += attempt.cost
            if attempt.reply is not None:
                return Consulted(attempt.reply, cost)
            if attempt.last:
                raise NoModel(attempt.reason, cost)
            reasons[name] = attempt.reason
        raise NoModel(_all(reasons), cost)

    async def spent_on_answer(self, account: Account) -> Money:
        """What all the calls for this account's answer took, also those that came to nothing. Raises JournalDown."""
        return await self._purse.spent_on(account.incident_id, answer_id=account.answer_id)

    async def close(self) -> None:
        """Waits until all that was used is booked, and closes the model."""
        await asyncio.gather(*self._booking)
        if self._model is not None:
            await self._model.close()

    async def _attempt(
        self, model: Model, name: str, request: Request, account: Account, on_text: Callable[[str], None]
    ) -> _Attempt:
        call = _Call(account, name)
        try:
            async with await self._breakers.get_breaker(name):
                call.reservation = await self._purse.reserve(account, name, model.most(request, name))
                reply = await model.say(request, name, on_text, call.uses)
        except OpenedState:
            return _Attempt(NOTHING, reason=RESTS)
        except OverBudget as over:
            return _Attempt(NOTHING, reason=_spent(over), last=True)
        except JournalDown:
            return _Attempt(NOTHING, reason="no money could be set aside: the database does not answer", last=True)
        except ModelError as error:
            if error.rest_s:
                self._pace.rest(error.rest_s)
            cost = await self._book(model, call, "failed", error.used)
            return _Attempt(cost, reason=error.reason, last=not error.passing)
        except asyncio.CancelledError:
            if call.reservation:
                await self._book(model, call, "cancelled", call.used)
            raise
        cost = await self._book(model, call, reply.stop, reply.usage)
        if reply.stop == "refusal":
            return _Attempt(cost, reason="the model refused to answer")
        return _Attempt(cost, reply)

    async def _book(self, model: Model, call: _Call, end: str, used: Usage | None) -> Money:
        """Settles the reservation, unless nobody knows what was used; a cancelled story cannot keep it from that."""
        usage = used or Usage()
        cost = model.cost(usage, call.model)
        self._told(Call(call.account, call.model, end, usage, cost))
        if used is not None:
            booking = asyncio.create_task(self._settle(call.reservation, usage, cost))
            self._booking.add(booking)
            booking.add_done_callback(self._booking.discard)
            await asyncio.shield(booking)
        return cost

    async def _settle(self, reservation: str, usage: Usage, cost: Money) -> None:
        try:
            await self._purse.settle(reservation, usage, cost)
        except JournalDown:  # the answer is there all the same; the reservation goes on counting in full
            log.warning("what a model's call took could not be booked", reservation=reservation)


@dataclass(slots=True)
class _Call:
    """One call while it is made."""

    account: Account
    model: str
    reservation: str = ""
    used: Usage | None = None
    """By now; None as long as nothing is known."""

    def uses(self, usage: Usage) -> None:
        self.used = usage


def _spent(over: OverBudget) -> str:
    """«the budget of $25.00 a day is spent, until 00:00 UTC»."""
    if over.until is None:
        return str(over)
    today = over.until - timedelta(days=1) if over.window == "month" else over.until
    return f"{over}, until {clock(over.until, today)} UTC"


def _all(reasons: Mapping[str, str]) -> str:
    """Why none answered: once where it is the same for all of them."""
    if not reasons:
        return "no model is named: look at MODELS_LARGE and MODELS_SMALL"
    if len(set(reasons.values())) == 1:
        return next(iter(reasons.values()))
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
