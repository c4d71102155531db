"""What a story needs of a model and of the money for it. The composition root hands in the real ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.domain.dialogue import Reply, Request
from bot.domain.money import Account, Money, Usage


class ModelError(Exception):
    """A call to a model came to nothing. The message is a short phrase for people, without any secret.

    `passing`: another try, or another model, may do better. `used` is what it had cost by then; None where that is not
    known. `rest_s`: how many seconds the model asks to be left alone, 0 where it does not.
    """

    def __init__(self, reason: str, *, passing: bool, used: Usage | None = None, rest_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing
        self.used = used
        self.rest_s = rest_s


class Model(Protocol):
    """The one door to a language model."""

    def route(self, work: str) -> tuple[str, ...]:
        """Names of the models that are tried for this kind of work, in this order; empty: there is none."""
        ...

    def most(self, request: Request, model: str) -> Money:
        """The most that this call can cost: its input as a careful estimate, and all of `most_tokens`."""
        ...

    def cost(self, usage: Usage, model: str) -> Money:
        """What these tokens cost with this model."""
        ...

    async def say(
        self,
        request: Request,
        model: str,
        on_text: Callable[[str], None] = ...,
        on_usage: Callable[[Usage], None] = ...,
    ) -> Reply:
        """One call of one model. `on_text` gets its text so far, again and again while it grows, and `on_usage` what it
        has used by then, for whoever has to know when the call is cancelled. Secrets in the request are masked once
        more before it leaves. Raises ModelError.
        """
        ...

    async def close(self) -> None: ...


Window = Literal["answer", "incident", "person_day", "day", "month"]


class OverBudget(Exception):
    """The reservation would pass a limit. The message says which, in words for people."""

    def __init__(self, window: Window, limit: Money, spent: Money, until: datetime | None) -> None:
        super().__init__(f"the budget of {limit} {WINDOWS[window]} is spent")
        self.window = window
        self.limit = limit
        self.spent = spent
        self.until = until
        """When the window ends and money is there again, UTC; None for an answer or an incident."""


WINDOWS: dict[Window, str] = {
    "answer": "an answer",
    "incident": "an incident",
    "person_day": "a person and day",
    "day": "a day",
    "month": "a month",
}


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent of one limit in its present window, reservations included."""

    window: Window
    limit: Money
    spent: Money
    until: datetime | None


class Purse(Protocol):
    """The money for models, shared by every replica: reserved before a call, corrected after it."""

    async def reserve(self, account: Account, model: str, most: Money) -> str:
        """Sets the money aside and gives back the reservation's id. Raises OverBudget, JournalDown.

        In one transaction over all replicas: limits are never passed, whoever asks at the same moment.
        """
        ...

    async def settle(self, reservation: str, usage: Usage, cost: Money) -> None:
        """What it truly took. A reservation that is never settled (a crash) goes on counting in full: the call may
        have been made. Raises JournalDown.
        """
        ...

    async def standing(self, account: Account) -> tuple[Spending, ...]:
        """Every limit that is set and that this account counts for. Raises JournalDown."""
        ...

    async def spent_on(self, incident_id: str, story: str = "", answer_id: str = "") -> Money:
        """What an incident has cost so far, or one of its stories or answers. Raises JournalDown."""
        ...


class Pace(Protocol):
    """Keeps all stories together under the model's rate limit; a briefing goes before an answer."""

    async def turn(self, tokens: int, *, urgent: bool) -> None:
        """Waits until a call of about so many tokens may be made."""
        ...

    def rest(self, seconds: float) -> None:
        """The model asks to be left alone: nobody has a turn for so long."""
        ...
