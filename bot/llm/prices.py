"""What a model's tokens cost. Where something is not known, it is taken to cost more, never less."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bot.domain.money import Money, Price, Usage
from bot.llm.names import known

CACHE_READ = Decimal("0.1")
CACHE_WRITE = Decimal("1.25")
"""Times the price of input, for what is cached for five minutes. Newer models ask less for a read: this is the most."""
LONG_PROMPT = 100_000
"""Tokens; some models cost more above it."""

KNOWN: dict[str, tuple[str, str]] = {
    "claude-fable-5-1": ("10", "50"),
    "claude-fable-5": ("10", "50"),
    "claude-mythos-5-1": ("10", "50"),
    "claude-mythos-5": ("10", "50"),
    "claude-opus-5-5": ("4", "20"),
    "claude-opus-5": ("5", "25"),
    "claude-opus-4-8": ("5", "25"),
    "claude-opus-4-7": ("5", "25"),
    "claude-opus-4-6": ("5", "25"),
    "claude-opus-4-5": ("5", "25"),
    "claude-opus-4-1": ("15", "75"),
    "claude-opus-4": ("15", "75"),
    "claude-sonnet-5-5": ("2", "10"),
    "claude-sonnet-5": ("2", "10"),
    "claude-sonnet-4-6": ("3", "15"),
    "claude-sonnet-4-5": ("3", "15"),
    "claude-sonnet-4": ("3", "15"),
    "claude-haiku-5-5": ("0.10", "0.50"),
    "claude-haiku-4-5": ("1", "5"),
}
"""Dollars for a million tokens, input and output, as platform.claude.com/docs/en/about-claude/pricing and the models'
own pages told them in November 2026."""
KNOWN_LONG: dict[str, tuple[str, str]] = {"claude-haiku-5-5": ("0.50", "2.50")}
"""The same for prompts over `LONG_PROMPT`."""
DEAREST = max(KNOWN.values(), key=lambda pair: Decimal(pair[1]))

_OWN = re.compile(r"([^\s=]+)=([0-9.]+)/([0-9.]+)")


class PricesError(Exception):
    """MODEL_PRICES cannot be read. The message says what it should be."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Those of MODEL_PRICES, each for the names that begin with its own, and below them those that the bot knows."""

    own: tuple[tuple[str, Price], ...] = ()

    @classmethod
    def read(cls, settings: Sequence[str]) -> Prices:
        """From `name=input/output`, dollars for a million tokens. Raises PricesError."""
        return cls(tuple(_own(one) for one in settings))

    def knows(self, model: str) -> bool:
        return self._owned(model) is not None or known(model, KNOWN) is not None

    def cost(self, usage: Usage, model: str) -> Money:
        """What these tokens of one call cost. A model that nobody knows costs as much as the dearest."""
        return self._price(model, usage.total - usage.output).of(usage)

    def most(self, tokens_in: int, tokens_out: int, model: str) -> Money:
        """The most that a call of so many tokens can cost: all of its input is written to the cache."""
        return self.cost(Usage(cache_write=tokens_in, output=tokens_out), model)

    def _price(self, model: str, prompt: int) -> Price:
        if (owned := self._owned(model)) is not None:
            return owned
        name = known(model, KNOWN)
        if name is None:
            return _price(*DEAREST)
        return _price(*(KNOWN_LONG.get(name, KNOWN[name]) if prompt > LONG_PROMPT else KNOWN[name]))

    def _owned(self, model: str) -> Price | None:
        fitting = [(len(name), price) for name, price in self.own if model.startswith(name)]
        return max(fitting, key=lambda one: one[0])[1] if fitting else None


def _own(text: str) -> tuple[str, Price]:
    found = _OWN.fullmatch(text)
    try:
        return (found[1], _price(found[2], found[3])) if found else _unreadable()
    except InvalidOperation:
        return _unreadable()


def _unreadable() -> tuple[str, Price]:
    raise PricesError("each is name=input/output in dollars for a million tokens, such as claude-sonnet-5-5=2/10")


def _price(tokens_in: str, tokens_out: str) -> Price:
    of_input = Decimal(tokens_in)
    return Price(of_input, Decimal(tokens_out), of_input * CACHE_READ, of_input * CACHE_WRITE)
