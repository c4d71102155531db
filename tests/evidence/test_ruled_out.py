"""Nobody is called steady of whom that was not seen: too little known of the normal, gone, or moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.analyse import analyse
from bot.domain.analysis import Analysis
from bot.domain.context import Context
from integrations.contract import Window
from tests.evidence.made import at, context, figures

CALLS = {"front": ("stock",)}
FAILING = figures("front", "error_rate", 0.2, 40.0)


def ruled(found: Analysis) -> list[str]:
    return [out.text for out in found.ruled_out]


def rests_on(found: Analysis, text: str) -> str:
    (out,) = [out for out in found.ruled_out if out.text == text]
    return " ".join(fact.text for fact in found.facts if fact.id in out.facts)


# ── nothing is known of the normal ───────────────────────────────────────────────────────────────


def all_bad(history: float) -> Context:
    """Both fail for as long as there are figures."""
    return context(
        *(figures(name, "error_rate", 60.0, until=0, history=history) for name in ("front", "stock")),
        figures("front", "requests", 50.0, until=0, history=history),
        calls=CALLS,
    )


def long_ago(whole: Context) -> Context:
    """The alert fired eight hours ago: a silence has ended, and the figures of six hours are asked."""
    (alert,) = whole.scope.alerts
    eight = replace(alert, starts_at=at(0) - timedelta(hours=8))
    return replace(whole, scope=replace(whole.scope, alerts=(eight,), window=Window(at(-360), at(0))))


@pytest.mark.parametrize(
    "whole", [long_ago(all_bad(359)), all_bad(3), all_bad(8)], ids=["a silence ended", "3 minutes", "8 minutes"]
)
def test_where_nothing_is_known_of_the_normal_nobody_is_steady(whole: Context):
    found = analyse(whole)
    assert ruled(found) == []
    assert {state.moved for state in found.signals} == {"unknown"}


def test_of_those_that_are_called_only_whose_normal_is_known_is_named():
    new = figures("cart", "error_rate", 60.0, history=3)
    found = analyse(context(FAILING, figures("stock", "error_rate", 0.2), new, calls={"front": ("cart", "stock")}))
    assert "stock, steady" in ruled(found)
    assert rests_on(found, "stock, steady") == "1 signal of stock within their normal"


# ── it moved, and it is no trouble of its own ────────────────────────────────────────────────────


def test_one_that_calls_no_longer_reach_is_not_steady():
    fewer = (figures("stock", "requests", 50.0, 1.0), figures("stock", "error_rate", 0.2))
    assert ruled(analyse(context(FAILING, *fewer, calls=CALLS))) == []
    beside = figures("cart", "requests", 50.0)
    both = analyse(context(FAILING, *fewer, beside, calls={"front": ("cart", "stock")}))
    assert "cart, steady" in ruled(both)
    assert rests_on(both, "cart, steady") == "1 signal of cart within their normal"


@pytest.mark.parametrize(
    ("steady", "said"),
    [
        (("cart",), "cart, steady"),
        (("cart", "tax"), "cart and tax, steady"),
        (("cart", "mail", "tax"), "3 of 4 dependencies steady"),
    ],
)
def test_where_not_all_are_seen_to_be_steady_it_is_said_which_or_how_many(steady: tuple[str, ...], said: str):
    seen = [figures(name, "error_rate", 0.2) for name in steady]
    assert said in ruled(analyse(context(FAILING, *seen, calls={"front": ("stock", *steady)})))
