"""Places, chance and intervals; whether a difference is clear."""

from __future__ import annotations

import math

import pytest

from tests.eval.pairs import difference, first, likely, reciprocal
from tests.eval.scoring import Plain, scorer_of

PLAIN = Plain()


def line(*names):
    return {"causes": [{"service": name, "confidence": "low"} for name in names]}


@pytest.mark.parametrize(("named", "place"), [
    (("cart",), 1), (("front", "cart"), 2), (("front", "front", "cart"), 2), ((None, "cart"), 2),
    (("cart-proxy",), 1), (("front",), math.inf), ((), math.inf),
])  # fmt: skip
def test_the_place_is_that_of_the_first_accepted_name(named, place):
    assert PLAIN.place(line(*named), {"service": "cart", "services_ok": ["cart-proxy"]}, False) == place


def test_no_cause_is_no_place_even_where_nothing_was_wrong():
    assert PLAIN.place(line(None), {"service": None}, False) == math.inf


def test_strict_accepts_only_the_service_itself():
    assert PLAIN.place(line("cart-proxy"), {"service": "cart", "services_ok": ["cart-proxy"]}, True) == math.inf


def test_figures_of_places():
    assert PLAIN.figures([1, 2, 4, math.inf]) == [0.25, 0.5, 0.75, pytest.approx((1 + 0.5 + 0.25) / 4)]


def test_a_lot_among_four_is_right_once_in_four():
    by_lot = PLAIN.chance([{"service": "a", "candidates": 4}], False)
    assert by_lot == pytest.approx([0.25, 0.75, 1.0, (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4])


def test_a_lot_with_two_accepted_names_is_right_twice_as_often():
    assert PLAIN.chance([{"service": "a", "services_ok": ["b"], "candidates": 4}], False)[0] == pytest.approx(0.5)


def test_an_interval_holds_the_figure_and_is_the_same_each_time():
    places = [1.0] * 30 + [math.inf] * 10
    low, high = PLAIN.interval(places)[0]
    assert low < 0.75 < high
    assert PLAIN.interval(places) == PLAIN.interval(places)


def test_a_folder_s_own_scorer_goes_before_ours(tmp_path):
    (tmp_path / "score.py").write_text("def place(result, truth, strict):\n    return 42\n")
    (tmp_path / "cases").mkdir()
    assert scorer_of(tmp_path).place({}, {}, False) == 42
    assert scorer_of(tmp_path / "cases").place({}, {}, False) == 42
    assert isinstance(scorer_of(tmp_path / "elsewhere" / "cases"), Plain)


def test_a_difference_is_clear_where_it_is_seen_in_most_pairs():
    gap = difference([1.0] * 20, [2.0] * 15 + [1.0] * 5, first)
    assert gap.mean == pytest.approx(0.75)
    assert 0.5 < gap.low < 0.75 < gap.high < 1
    assert gap.clear


def test_one_pair_of_twenty_is_no_clear_difference():
    assert not difference([1.0] * 20, [2.0] + [1.0] * 19, first).clear
    assert not difference([1.0, 2.0] * 10, [2.0, 1.0] * 10, reciprocal).clear


def test_what_was_always_so_may_be_otherwise():
    assert likely(10, 10) == pytest.approx((0.722, 1.0), abs=0.001)
    assert likely(0, 10) == pytest.approx((0.0, 0.278), abs=0.001)
