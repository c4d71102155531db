"""Nobody is called steady of whom that was not seen: too little known of the normal, gone, or moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.analyse import analyse
from bot.domain.analysis import Analysis
from bot.domain.context import Context
from integrations.contract import Series, Window
from tests.evidence.made import at, context, figures, logs, said, spread

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


# ── it is gone: figures end instead of falling ───────────────────────────────────────────────────


def ended(series: Series, minute: float) -> Series:
    kept = sum(moment <= at(minute).timestamp() for moment in series.times)
    return replace(series, times=series.times[:kept], values=series.values[:kept])


def all_of(service: str, until: float) -> list[Series]:
    usual = {"requests": 50.0, "error_rate": 0.2, "latency_p99": 0.05, "instances_up": 3.0}
    return [ended(figures(service, signal, normal), until) for signal, normal in usual.items()]


WANTED = figures("front", "instances_wanted", 3.0, noise=0)


def test_a_service_that_is_gone_is_not_told_to_be_as_usual():
    found = analyse(context(*all_of("front", -8), WANTED, calls=CALLS))
    assert ruled(found) == []
    silent = {state.signal: (state.silent_since, state.moved) for state in found.signals}
    assert silent.pop("instances_wanted") == (None, "steady")
    assert set(silent.values()) == {(at(-8), "unknown")}
    assert found.suspects == ("front",)
    assert found.next_look == (
        "Do the pods of front still run? No figures since 11:52. `kubectl get pods -n shop -o wide | grep -E -e front`"
    )


def test_a_dependency_that_is_gone_is_not_steady_and_the_caller_is_not_blamed_as_if_it_were():
    found = analyse(context(FAILING, *all_of("stock", -6), calls=CALLS))
    well = analyse(context(FAILING, *all_of("stock", 1), calls=CALLS))
    assert (ruled(found), ruled(well)) == ([], ["dependencies steady"])
    assert (found.causes[0].confidence, well.causes[0].confidence) == ("low", "medium")
    assert found.suspects == ("stock",)
    assert "Do the pods of stock still run? No figures since 11:54." in found.next_look


def test_of_several_that_are_called_the_one_that_is_gone_is_left_out():
    both = context(FAILING, *all_of("stock", -6), *all_of("cart", 1), calls={"front": ("cart", "stock")})
    assert "cart, steady" in ruled(analyse(both))


def test_who_is_gone_and_called_by_nobody_that_is_known_is_not_among_the_others_that_are_well():
    slow = figures("cart", "latency_p99", 0.01, 3.0)
    beside = [*all_of("mail", -6), figures("mail", "instances_wanted", 3.0), figures("ads", "latency_p99", 0.2)]
    found = analyse(context(figures("front", "latency_p99", 0.02, 3.0), slow, *beside, calls={"front": ("cart",)}))
    assert "no clear sign of trouble in ads" in ruled(found)
    assert found.suspects[:1] != ("mail",)


def test_figures_that_come_late_are_still_heard():
    late = [replace(one, times=one.times[::5], values=one.values[::5]) for one in all_of("stock", 1)]
    assert ruled(analyse(context(FAILING, *[ended(one, -20) for one in late], calls=CALLS))) == ["dependencies steady"]
    assert ruled(analyse(context(FAILING, *all_of("stock", -4), calls=CALLS))) == ["dependencies steady"]


def test_a_silence_that_began_long_before_the_alert_is_no_sign():
    found = analyse(context(FAILING, *all_of("stock", -90), calls=CALLS))
    assert ruled(found) == []
    assert "stock" not in found.suspects
    assert "Do the pods" not in found.next_look


def test_a_line_that_names_who_is_gone_counts_as_of_one_that_nobody_sees():
    refused = logs(
        said("front", "no answer from stock", "ERROR", spread(-5, 1, 200)), said("front", "up", "INFO", [-90])
    )
    here, away = (analyse(context(refused, *all_of("stock", until), calls=CALLS)) for until in (1, -6))
    scores = [{c.service: c.score for c in found.causes}.get("stock", 0.0) for found in (here, away)]
    assert scores[0] < scores[1]


# ── nobody was asked about its changes ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("known", "said", "seen"),
    [
        (("front", "cart", "stock"), "no change in 24 h", "of 3 services in 24 h"),
        (("front",), "no change in 24 h (repositories known of 1 of 3 services)", "of 1 service in 24 h"),
        ((), None, None),
    ],
)
def test_no_change_is_said_only_of_services_whose_repository_is_known(
    known: tuple[str, ...], said: str | None, seen: str | None
):
    whole = context(FAILING, calls={"front": ("cart", "stock")}, took={"github": 0.1})
    services = {name: replace(s, repo=s.repo if name in known else None) for name, s in whole.scope.services.items()}
    found = analyse(replace(whole, scope=replace(whole.scope, services=services)))
    assert ruled(found) == ([said] if said else [])
    assert not said or rests_on(found, said) == f"no deployment, release or merge {seen}"
