"""What a cause is called: the number first beside its normal, when, where, how it reaches the alert, nothing unseen."""

from __future__ import annotations

import pytest

from bot.analyse import analyse
from bot.domain.analysis import Analysis, Cause
from bot.evidence import slow_way
from bot.evidence.onset import Shift
from tests.evidence.made import ALERT, at, context, figures, logs, said, spread

CHAIN = {"front": ("cart",), "cart": ("stock", "tax"), "stock": ("disk",)}
SUFFERS = figures("front", "latency_p99", 0.2, 3.0)
EDGE = "cart->stock"
WAITS = figures("cart", "client_latency_p50", 0.005, 0.4, edge=EDGE)


def found(*findings, calls=CHAIN) -> Analysis:
    return analyse(context(SUFFERS, *findings, calls=calls))


def first(*findings, calls=CHAIN) -> Cause:
    return found(*findings, calls=calls).causes[0]


def cited(analysis: Analysis, cause: Cause) -> list[str]:
    return [fact.text for fact in analysis.facts if fact.id in cause.facts]


# ── what it rests on ─────────────────────────────────────────────────────────────────────────────


def test_a_resource_that_ran_out_is_told_with_the_others_and_with_what_users_feel():
    moved = (
        figures("stock", "cpu", 8.0, 99.0),
        figures("stock", "cpu_usage", 20.0, 260.0),
        figures("stock", "memory", 30.0, 90.0),
        figures("stock", "latency_p99", 0.01, 0.6),
    )
    analysis = found(*moved)
    cause = analysis.causes[0]
    assert (cause.service, cause.kind) == ("stock", "resource")
    told, _, _ = cause.text.partition(" at stock since 11:55; ")
    assert sorted(part.split()[0] for part in told.split(", ")) == ["CPU", "Memory", "p99"]
    assert told.endswith("ms)"), "what users feel comes after the resources"
    assert len(cited(analysis, cause)) == 3


def test_what_came_later_has_its_own_time():
    early = figures("stock", "memory", 30.0, 95.0, since=-40)
    cause = first(early, figures("stock", "latency_p99", 0.01, 0.6, since=-4))
    memory, _, latency = cause.text.partition(" at stock since 11:20, ")
    assert memory.startswith("Memory 9")
    assert latency.startswith("p99 ")
    assert "since 11:56; " in latency


def test_figures_of_one_edge_are_not_said_to_be_at_a_service_twice():
    cause = first(figures("stock", "latency_p50", 0.004, 0.5, edge=EDGE))
    assert cause.text.startswith("p50 cart → stock 5")
    assert " at stock" not in cause.text


# ── how it reaches the alerting service ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("service", "way"),
    [
        ("cart", "front waits for it."),
        ("stock", "front waits for it through cart."),
        ("disk", "front waits for it through cart and stock."),
    ],
)
def test_it_says_through_whom_the_alerting_service_waits(service, way):
    assert first(figures(service, "latency_p99", 0.01, 3.0)).text.endswith(f"; {way}")


def test_nobody_is_said_to_wait_where_only_a_resource_moved():
    assert first(figures("stock", "cpu", 20.0, 97.0)).text.endswith("; front calls it through cart.")


def test_where_no_call_is_known_it_says_so():
    texts = [one.text for one in found(figures("other", "latency_p99", 0.01, 3.0), calls={"front": ()}).causes]
    assert any(text.endswith(" at other since 11:55; no known call leads there from front.") for text in texts)


def test_of_the_alerting_service_itself_nothing_is_added():
    assert analyse(context(SUFFERS)).causes[0].text.endswith(" at front since 11:55.")


# ── the way between two services ─────────────────────────────────────────────────────────────────


def test_a_slow_way_is_told_with_who_measured_it_and_with_what_the_service_itself_takes():
    calls = {**CHAIN, "front": ("cart", "stock")}
    other = figures("front", "client_latency_p50", 0.005, 0.4, edge="front->stock")
    analysis = found(WAITS, other, figures("stock", "latency_p50", 0.004, edge=EDGE, noise=0.0), calls=calls)
    cause = analysis.causes[0]
    assert (cause.service, cause.kind) == ("stock", "network")
    assert cause.text.startswith("p50 4")
    assert " ms (5.0 ms) for calls to stock since 11:55, measured at " in cause.text
    assert "cart" in cause.text
    assert "front" in cause.text
    assert cause.text.endswith("; stock itself answers in 4.0 ms, as before: the way to it is slow.")
    assert "stock itself answers in 4.0 ms, as before" in cited(analysis, cause)


def test_what_was_not_measured_is_not_said_to_be_as_before():
    cause = first(WAITS)
    assert cause.text.endswith("; what stock itself takes is not measured: it is slow, or the way to it.")


def test_figures_of_the_whole_service_stand_in_for_those_of_the_edge():
    cause = first(WAITS, figures("stock", "latency_p50", 0.004, noise=0.0))
    assert "stock itself answers in 4.0 ms, as before" in cause.text


def test_a_service_that_takes_somewhat_longer_itself_is_not_said_to_be_as_before():
    cause = first(WAITS, figures("stock", "latency_p50", 0.004, 0.02, edge=EDGE, noise=0.0))
    assert "stock itself answers in 20 ms (4.0 ms): the way to it is slow." in cause.text


def test_the_way_out_of_a_caller_names_whom_it_calls():
    calls = {"front": ("a", "b", "c", "d")}
    late = [figures("front", "client_latency_p50", 0.005, 0.4, edge=f"front->{n}") for n in "abcd"]
    served = [figures(n, "latency_p50", 0.004, edge=f"front->{n}") for n in "abcd"]
    text = first(*late, *served, calls=calls).text
    assert " for calls from front to " in text
    assert " and 1 more since 11:55: its way out is slow." in text


# ── log lines ────────────────────────────────────────────────────────────────────────────────────


def test_lines_that_grew_are_told_since_they_grew_and_not_since_the_first_that_was_ever_read():
    lines = logs(
        said("front", "timeout calling pay {n}", "ERROR", [*spread(-60, -5, 30), *spread(-5, 1, 900)]),
        said("front", "request served {n}", "INFO", spread(-70, 1, 2000)),
    )
    analysis = analyse(context(lines))
    (cause,) = analysis.causes
    assert cause.text.endswith(" (4 in as long before), since 11:55.")
    assert [pattern.first_seen for pattern in analysis.patterns] == [fact.at for fact in analysis.facts] == [at(-5)]


def test_what_a_sample_stands_for_is_told_as_about_so_many():
    lines = logs(
        said("front", "refused", "ERROR", spread(-5, 1, 91)),
        said("front", "ok", "INFO", spread(-70, 1, 2000)),
        total=400_000,
    )
    text = analyse(context(SUFFERS, lines)).causes[0].text
    assert " at front since 11:55. About 17,000 × `refused`, none seen in the hour before, since 11:55." in text


# ── broken flow, and what was ruled out ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("left", "words"), [(0.0, "no longer passes calls on"), (5.0, "passes on fewer calls than before")]
)
def test_calls_that_became_fewer_are_not_called_none(left, words):
    fewer = [figures("stock", "requests", 50.0, left), figures("tax", "requests", 40.0, left)]
    cause = analyse(
        context(figures("front", "error_rate", 0.2, 40.0), *fewer, figures("cart", "requests", 60.0), calls=CHAIN)
    ).causes[0]
    assert cause.service == "cart"
    assert " at stock" in cause.text
    assert " at tax" in cause.text
    assert cause.text.endswith(f" since 11:55: cart {words}.")
    assert cause.text.count("Traffic") == 1


def test_whose_dependencies_are_steady_is_said_where_the_cause_lies_elsewhere():
    steady = [figures("disk", signal, 0.2) for signal in ("error_rate", "latency_p99")]
    analysis = found(figures("stock", "latency_p99", 0.01, 3.0), *steady)
    assert "dependencies of stock steady" in [out.text for out in analysis.ruled_out]


def test_only_those_who_call_it_are_named_where_its_own_calls_are_slow_too():
    def late(edge: str) -> Shift:
        return Shift("x", "client_latency_p50", edge, "up", 0.005, 0.4, ALERT.timestamp(), 0.9)

    text, besides = slow_way.told("stock", [late("cart->stock"), late("stock->disk")], ())
    assert text.startswith("p50 400 ms (5.0 ms) for calls to stock since 12:00, measured at cart; ")
    assert besides == ()


def test_the_other_services_that_are_well_are_counted_and_those_in_trouble_are_not():
    well = [figures(name, "latency_p99", 0.2) for name in ("tax", "disk", "mail", "ads")]
    ill = figures("search", "latency_p99", 0.01, 3.0)
    analysis = found(
        figures("stock", "latency_p99", 0.01, 3.0), *well, ill, calls={**CHAIN, "front": ("cart", "search")}
    )
    (others,) = [out for out in analysis.ruled_out if "other services" in out.text]
    assert analysis.causes[0].service in ("stock", "search")
    assert others.text.startswith("no clear sign of trouble in ")
    assert others.text.endswith(" other services")
    (text,) = [fact.text for fact in analysis.facts if fact.id in others.facts]
    assert "mail" in text
    assert "ads" in text
    assert "search" not in text
    assert "stock" not in text


def test_nobody_is_ruled_out_where_nobody_is_suspected():
    calm = [figures(name, "latency_p99", 0.2) for name in ("front", "cart", "mail")]
    assert not [out for out in analyse(context(*calm, calls=CHAIN)).ruled_out if "other services" in out.text]
