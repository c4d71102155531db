"""The one look that would tell most: a question, and a command that can be pasted as it stands."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from bot.analyse import analyse
from bot.domain.context import Context
from integrations.contract import Series, Service
from tests.evidence.made import context, figures, logs, said, spread

CALLS = {"front": ("cart", "stock")}


def slow(*names: str, pods: bool = True) -> list[Series]:
    return [
        figures(name, "latency_p99", 0.2, 3.0 if name == "cart" else 2.0, instance=f"{name}-{pod}" if pods else "")
        for name in names
        for pod in ("7f9-a", "7f9-b")[: 1 + pods]
    ]


def lines(*names: str) -> object:
    return logs(*(said(name, "served {n}", "INFO", spread(-100, 1, 100)) for name in names))


def look(one: Context) -> str:
    return analyse(one).next_look or ""


def command(told: str) -> str:
    """What stands between the backticks; it is one line that a shell can read."""
    _, pasted, _ = told.split("`")
    assert shlex.split(pasted)
    return pasted


def test_two_suspects_are_told_apart_by_their_error_lines_where_none_came_in():
    told = look(context(*slow("front", "cart", "stock"), calls=CALLS))
    assert told.startswith("cart or stock: who logs errors since 11:55?")
    assert command(told) == (
        'for pod in cart-7f9-a stock-7f9-a; do echo "$pod" $(kubectl logs -n shop "$pod" '
        '--since-time=2026-03-01T11:55:00Z | grep -ciE "error|exception|timeout"); done'
    )


def test_where_lines_have_told_nothing_it_is_what_the_pods_use():
    told = look(context(*slow("front", "cart", "stock"), lines("cart", "stock"), calls=CALLS))
    assert "which of the pods uses more" in told
    assert command(told) == "kubectl top pods -n shop --containers | grep -E -e 'cart|stock'"


def test_where_that_is_known_too_it_is_what_the_cluster_did():
    busy = [figures(name, "cpu", 20.0) for name in ("cart", "stock")]
    told = look(context(*slow("front", "cart", "stock"), *busy, lines("cart", "stock"), calls=CALLS))
    assert command(told) == "kubectl get events -n shop --sort-by=.lastTimestamp | grep -E -e 'cart|stock'"


def test_pods_and_namespaces_that_nobody_told_are_not_made_up():
    one = context(*slow("front", "cart", "stock", pods=False), calls=CALLS)
    assert command(look(one)) == "kubectl get pods -n shop -o wide | grep -E -e 'cart|stock'"
    services = {name: replace(known, namespace=None) for name, known in one.scope.services.items()}
    bare = replace(one, scope=replace(one.scope, services=services))
    assert "No log lines came in. The pods to ask: `" in look(bare)
    assert command(look(bare)) == "kubectl get pods --all-namespaces -o wide | grep -E -e 'cart|stock'"
    services["cart"] = Service("cart", namespace="other")
    apart = replace(one, scope=replace(one.scope, services=services))
    assert "--all-namespaces" in command(look(apart))


def test_a_name_is_looked_for_as_it_stands():
    calls = {"front": ("big-cart.v2",)}
    told = command(look(context(*slow("front", "big-cart.v2", pods=False), calls=calls)))
    assert shlex.split(told)[-1].split("|")[0] == r"big-cart\.v2"


def test_a_name_from_outside_stays_one_word_of_the_command():
    calls = {"front": ("x;reboot", "stock")}
    told = command(look(context(*slow("front", "x;reboot", "stock", pods=False), calls=calls)))
    assert "stock|x;reboot" in shlex.split(told) or "x;reboot|stock" in shlex.split(told)


@pytest.mark.parametrize("calls", [CALLS, {"front": ()}])
def test_one_suspect_alone_is_looked_at_alone(calls):
    told = look(context(figures("front", "latency_p99", 0.2, 0.23), figures("cart", "latency_p99", 0.2), calls=calls))
    assert "cart|" not in told
    assert "front" in told


def test_what_is_certain_needs_no_further_look():
    sure = [*slow("front", "cart"), figures("cart", "cpu", 9.0, 95.0), figures("front", "error_rate", 0.1, 9.0)]
    found = analyse(context(*sure, figures("stock", "latency_p99", 0.2), calls=CALLS))
    assert found.confidence == "high"
    assert found.next_look is None
