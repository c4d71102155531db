"""Who calls whom, in circles and in long chains."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.analyse import analyse
from bot.evidence.circles import circles
from bot.evidence.graph import CallGraph
from tests.evidence.made import context, figures

calls = st.dictionaries(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefg"), max_size=4).map(tuple))


def reach(callees: dict[str, tuple[str, ...]], start: str) -> set[str]:
    """Everything that is called from there, in however many steps."""
    found: set[str] = set()
    queue = list(callees.get(start, ()))
    for name in queue:
        if name not in found:
            found.add(name)
            queue += callees.get(name, ())
    return found


@given(calls)
def test_those_share_a_circle_that_reach_each_other_and_what_is_called_has_the_smaller_number(callees):
    names = sorted({*callees, *(name for called in callees.values() for name in called)})
    found = circles(callees, names)
    assert sorted(found) == names
    for one in names:
        for other in reach(callees, one):
            together = one == other or one in reach(callees, other)
            assert found[other] == found[one] if together else found[other] < found[one]


@given(calls)
def test_upwards_every_service_comes_after_those_that_count_as_called_by_it(callees):
    order = CallGraph("a", callees).upwards()
    before: set[str] = set()
    for name, below in order:
        assert before.issuperset(below)
        before.add(name)
    assert len(order) == len(before) == len(CallGraph("a", callees).names())


def test_a_chain_longer_than_the_stack_comes_to_its_end():
    names = [f"s{place}" for place in range(5000)]
    chain = {caller: (callee,) for caller, callee in pairwise(names)}
    slow = [figures(name, "latency_p99", 0.2, 2.0) for name in (names[0], names[-1])]
    assert analyse(context(*slow, calls=chain)).causes[0].service == names[-1]


def test_two_that_call_each_other_do_not_explain_each_other_by_turns():
    """Both names come to the same: neither is the messenger of the other."""
    found = {}
    for one, other in (("cart", "stock"), ("stock", "cart")):
        circle = {"front": (one, other), one: (other,), other: (one,)}
        slow = [figures("front", "latency_p99", 0.2, 2.0), figures("cart", "latency_p99", 0.2, 2.0)]
        slow.append(figures("stock", "latency_p99", 0.2, 1.0))
        found[one] = [(cause.service, cause.score) for cause in analyse(context(*slow, calls=circle)).causes]
    assert found["cart"] == found["stock"]
    assert found["cart"][0][0] == "cart"
