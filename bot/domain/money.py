"""Money as whole millionths of a dollar, so that sums are exact; and what a model's tokens cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of US dollars, never a float."""

    micros: int
    """Millionths of a dollar."""

    @classmethod
    def dollars(cls, amount: Decimal | str | int) -> Money:
        """From an amount in dollars, rounded up to a whole millionth."""
        return cls(int((Decimal(amount) * 1_000_000).to_integral_value(ROUND_CEILING)))

    def __add__(self, other: Money) -> Money:
        return Money(self.micros + other.micros)

    def __sub__(self, other: Money) -> Money:
        return Money(self.micros - other.micros)

    def __str__(self) -> str:
        """«$0.04», «$12.30»; of less than a cent as many digits as tell something, «$0.0021»."""
        amount = Decimal(self.micros) / 1_000_000
        return f"${amount:,.2f}" if self.micros == 0 or abs(self.micros) >= 10_000 else f"${amount:.4f}"


NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, as the model's API counts them; the four are disjoint."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
        )

    @property
    def total(self) -> int:
        return self.input + self.output + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class Price:
    """Of one model: dollars for a million tokens of each kind."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal

    def of(self, usage: Usage) -> Money:
        """What so many tokens cost. Dollars a million tokens are millionths of a dollar a token."""
        micros = (
            self.input * usage.input
            + self.output * usage.output
            + self.cache_read * usage.cache_read
            + self.cache_write * usage.cache_write
        )
        return Money(int(micros.to_integral_value(ROUND_CEILING)))


@dataclass(frozen=True, slots=True)
class Account:
    """What a call to a model is for, and who pays: limits count by each of these."""

    story: str
    """`briefing`, `answer`, …"""
    incident_id: str = ""
    person: str = ""
    """User id; empty where nobody asked, as for a briefing."""
    answer_id: str = ""
    """Of the question that is answered; empty where there is none."""
