"""What tokens cost: exact where it is known, and never too little where it is not."""

from __future__ import annotations

import pytest

from bot.domain.dialogue import Message, Opaque, Request, Text, ToolResult, ToolUse
from bot.domain.money import Money, Usage
from bot.llm.prices import Prices, PricesError
from integrations.contract import ToolSpec

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "usage", "dollars"),
    [
        ("claude-sonnet-5-5", Usage(input=MILLION), "2"),
        ("claude-sonnet-5-5", Usage(output=MILLION), "10"),
        ("claude-sonnet-5-5", Usage(cache_read=MILLION), "0.20"),
        ("claude-sonnet-5-5", Usage(cache_write=MILLION), "2.50"),
        ("claude-sonnet-5-5", Usage(1_000, 100, 10_000, 2_000), "0.01"),
        ("claude-haiku-5-5", Usage(100_000, 1_000), "0.0105"),
        ("claude-haiku-5-5", Usage(90_001, 1_000, 10_000), "0.0480005"),
        ("claude-haiku-4-5-20251001", Usage(output=MILLION), "5"),
        ("claude-opus-4-5-latest", Usage(output=MILLION), "25"),
        ("claude-opus-4-20250514", Usage(output=MILLION), "75"),
        ("claude-sonnet-5-7", Usage(output=MILLION), "75"),
        ("a-model-of-tomorrow", Usage(MILLION, MILLION), "90"),
    ],
)
def test_what_tokens_cost(model, usage, dollars):
    assert Prices().cost(usage, model) == Money.dollars(dollars)


def test_own_prices_come_first_and_the_longest_name_wins():
    prices = Prices.read(("claude=1/2", "claude-sonnet=3/4.5"))
    assert prices.cost(Usage(MILLION, MILLION), "claude-sonnet-5-5") == Money.dollars("7.50")
    assert prices.cost(Usage(MILLION, MILLION), "claude-haiku-5-5") == Money.dollars("3")
    assert prices.cost(Usage(cache_read=MILLION, cache_write=MILLION), "claude-sonnet-5-5") == Money.dollars("4.05")
    assert prices.knows("claude-of-tomorrow")
    assert not prices.knows("gpt")


WRONG = ("claude", "claude=1", "claude=1/", "=1/2", "claude=one/two", "claude=1/2/3", "claude=1.2.3/4", "claude=-1/2")


@pytest.mark.parametrize("wrong", WRONG)
def test_a_price_that_cannot_be_read_is_refused_with_how_to_write_it(wrong):
    with pytest.raises(PricesError, match="name=input/output in dollars"):
        Prices.read((wrong,))


def test_the_most_is_never_less_than_what_it_comes_to():
    prices = Prices()
    for model in ("claude-sonnet-5-5", "claude-haiku-5-5", "unknown"):
        for usage in (Usage(150_000, 500), Usage(0, 500, 150_000), Usage(0, 500, 0, 150_000), Usage(1, 500, 1, 1)):
            assert prices.cost(usage, model) <= prices.most(150_000, 500, model)


DENSE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 " * 10


def test_the_estimate_of_a_request_counts_every_part_of_it():
    """Each part of it twice as long makes it larger: nothing that is sent is forgotten."""
    shape = {"type": "object", "properties": {"long": {"description": DENSE}}}
    spec = ToolSpec("search_logs", DENSE, shape)
    empty = Request("answer", "", (Message("user", (Text(""),)),))
    parts = [
        Request("answer", DENSE, empty.messages),
        Request("answer", "", empty.messages, (spec,)),
        Request("answer", "", empty.messages, schema=shape),
        *(
            Request("answer", "", (Message("user", (block,)),))
            for block in (Text(DENSE), ToolResult("t", DENSE), ToolUse("t", "n", {"x": DENSE}), Opaque(DENSE))
        ),
    ]
    assert all(part.about_tokens >= empty.about_tokens + len(DENSE) // 2 for part in parts)
