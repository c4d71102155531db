"""In which service the trouble lies, by figures and by lines."""

from __future__ import annotations

from bot.analyse import analyse
from tests.evidence.made import context, figures, logs, said, spread

CHAIN = {"front": ("cart",), "cart": ("stock",), "stock": ()}


def slow(service: str, then: float = 2.0, **more):
    return figures(service, "latency_p99", 0.2, then, **more)


def steady(service: str):
    return figures(service, "latency_p99", 0.2), figures(service, "error_rate", 0.2)


def first(*findings, calls=CHAIN):
    return analyse(context(*findings, calls=calls)).causes[0]


def test_the_deepest_slow_service_is_the_cause_and_those_above_only_pass_it_on():
    cause = first(slow("front", 3.0), slow("cart", 2.5), slow("stock", 2.0))
    assert (cause.service, cause.kind) == ("stock", "dependency")
    assert "front waits for it" in cause.text


def test_the_alerting_service_itself_where_those_that_it_calls_are_seen_to_be_well():
    errors = figures("front", "error_rate", 0.2, 30.0)
    cause = first(errors, slow("front"), *steady("cart"), *steady("stock"))
    assert (cause.service, cause.kind) == ("front", "own fault")


def test_a_resource_that_ran_out_explains_the_slowness_of_its_callers():
    cause = first(slow("front"), slow("cart"), figures("cart", "cpu", 20.0, 95.0, since=-6), *steady("stock"))
    assert (cause.service, cause.kind) == ("cart", "resource")
    assert cause.text.startswith("CPU 9")


def test_a_cpu_that_rises_with_the_traffic_is_load_and_not_a_fault():
    busy = figures("cart", "cpu", 20.0, 45.0)
    alone = analyse(context(slow("front"), busy, calls=CHAIN))
    asked = analyse(context(slow("front"), busy, figures("cart", "requests", 100.0, 230.0), calls=CHAIN))
    assert alone.causes[0].service == "cart"
    assert [c.score for c in asked.causes if c.service == "cart"] < [alone.causes[0].score]


def test_callers_that_wait_longer_than_the_callee_takes_speak_for_the_way_between():
    edge = "cart->stock"
    waits = figures("cart", "client_latency_p50", 0.005, 0.4, edge=edge)
    serves = figures("stock", "latency_p50", 0.004, edge=edge)
    cause = first(slow("front"), waits, serves)
    assert (cause.service, cause.kind) == ("stock", "network")
    assert " ms, as before: the way to it is slow." in cause.text


def test_where_every_call_of_one_caller_is_late_it_is_the_callers_way():
    calls = {"front": ("a", "b", "c", "d")}
    late = [figures("front", "client_latency_p50", 0.005, 0.4, edge=f"front->{n}") for n in "abcd"]
    served = [figures(n, "latency_p50", 0.004, edge=f"front->{n}") for n in "abcd"]
    assert first(slow("front"), *late, *served, calls=calls).service == "front"


def test_a_service_that_no_longer_passes_calls_on_is_where_the_flow_breaks():
    fewer = [figures("stock", "requests", 50.0, 5.0), figures("cart", "requests", 60.0)]
    cause = first(figures("front", "error_rate", 0.2, 40.0), *fewer)
    assert cause.service == "cart"
    assert "cart passes on fewer calls than before" in cause.text


def test_fewer_requests_answered_much_faster_while_users_see_errors_is_a_refusal():
    quick = [figures("stock", "requests", 50.0, 8.0), figures("stock", "latency_p99", 0.2, 0.01)]
    cause = first(figures("front", "error_rate", 0.2, 60.0), *quick, figures("cart", "requests", 60.0))
    assert cause.service == "stock"
    assert "it refuses instead of working" in cause.text


def test_lines_see_what_figures_do_not():
    lines = [
        said("stock", "reserved {n}", "INFO", spread(-100, 1, 300)),
        said("stock", "NullPointerException in Reserve", "ERROR", spread(-5, 1, 80)),
    ]
    cause = first(figures("front", "error_rate", 0.2, 10.0), logs(*lines))
    assert cause.service == "stock"
    assert "80 × `NullPointerException in Reserve`, none seen in the hour before" in cause.text


def test_a_line_that_names_another_service_in_trouble_speaks_for_that_one():
    lines = [
        said("cart", "ok {n}", "INFO", spread(-100, 1, 300)),
        said("cart", "stock answered 500 for {n}", "ERROR", spread(-5, 1, 80)),
    ]
    cause = first(slow("front"), slow("stock"), logs(*lines))
    assert cause.service == "stock"


def test_a_service_that_the_alerting_one_does_not_call_counts_half():
    calls = {**CHAIN, "elsewhere": ("cart",)}
    found = analyse(context(slow("front"), slow("stock", 0.8), slow("elsewhere", 9.5), calls=calls))
    assert found.causes[0].service == "stock"


def test_a_service_of_which_no_call_is_known_may_be_called_so_nothing_else_is_certain():
    seen = [figures("front", "error_rate", 0.2, 9.0)]
    for name in ("cart", "elsewhere"):
        seen += [slow(name), figures(name, "cpu", 9.0, 90.0)]
    known = analyse(context(*seen, calls={**CHAIN, "elsewhere": ("cart",)}))
    unknown = analyse(context(*seen, calls={**CHAIN, "elsewhere": ()}))
    assert [found.causes[0].service for found in (known, unknown)] == ["cart", "cart"]
    assert (known.confidence, unknown.confidence) == ("high", "low")


def test_two_that_are_as_suspect_as_each_other_are_both_no_more_than_a_guess():
    calls = {"front": ("cart", "stock")}
    one, two = (
        analyse(context(slow("front"), *more, calls=calls)) for more in ([slow("cart")], [slow("cart"), slow("stock")])
    )
    assert (one.confidence, two.confidence) == ("medium", "low")


def test_a_rare_service_in_trouble_matters_less_than_one_that_all_requests_pass():
    calls = {"front": ("cart", "stock")}
    rates = [figures("front", "requests", 500.0), figures("cart", "requests", 500.0), figures("stock", "requests", 2.0)]
    both = [slow("cart", 0.5), slow("stock", 0.5)]
    found = analyse(context(slow("front", 0.5), *both, *rates, calls=calls))
    assert found.causes[0].service == "cart"
    assert "stock" not in [cause.service for cause in found.causes if cause.score > found.causes[0].score / 2]


def test_calls_in_a_circle_come_to_an_end():
    circle = {"front": ("cart",), "cart": ("front", "cart")}
    assert analyse(context(slow("front"), slow("cart"), calls=circle)).causes


def test_figures_of_a_handful_of_requests_are_hardly_believed():
    calls = {"front": ("cart", "stock")}
    few = (slow("stock", 9.0), figures("stock", "requests", 2 / 60, 1 / 60, noise=0.0))
    many = (slow("cart", 1.0), figures("cart", "requests", 20.0))
    found = analyse(context(slow("front", 1.0), *few, *many, calls=calls))
    assert found.causes[0].service == "cart"
    assert "stock" not in [cause.service for cause in found.causes]
