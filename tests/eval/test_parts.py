"""What is left out is left out, and nothing else; levels keep their word; a witness that hurts is called so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.evidence.ranking import Candidate, Levels
from bot.evidence.standing import Standing
from integrations.contract import Change, Logs, Series
from tests.eval.cases import Answer, Case
from tests.eval.everyday import with_lines, with_rollout
from tests.eval.left_out import ALONE, WITNESSES
from tests.eval.levels import Weighed, chosen, judged, tally
from tests.eval.parts_report import Worth, other_system, verdict
from tests.eval.report import ENGINE, Measured, by_group
from tests.eval.scoring import Plain
from tests.evidence.made import at, context, figures, logs, said

HELD = context(
    figures("front", "error_rate", 1), figures("cart", "cpu", 10), figures("cart", "requests", 10),
    figures("cart", "client_latency", 1, edge="front->cart"), figures("cart", "restarts", 0),
    logs(said("cart", "no", "ERROR", [1])), Change("cart", "deployment", at(-5), "v2"), calls={"front": ["cart"]},
)  # fmt: skip


def kept(part):
    found = [one.signal for one in part.of(Series)]
    return [*found, *("lines" for _ in part.of(Logs)), *("change" for _ in part.of(Change))]


ALL = ["error_rate", "cpu", "requests", "client_latency", "restarts", "lines", "change"]


@pytest.mark.parametrize(("name", "gone"), [
    ("all figures", {"error_rate", "cpu", "requests", "client_latency", "restarts"}),
    ("figures of resources and instances", {"cpu", "restarts"}),
    ("figures of errors and latency", {"error_rate", "client_latency"}), ("figures of traffic", {"requests"}),
    ("figures of single calls", {"client_latency"}), ("log lines", {"lines"}), ("rollouts", {"change"}),
    ("call graph and figures of calls", {"client_latency"}),
])  # fmt: skip
def test_each_witness_is_left_out_alone(name, gone):
    part = WITNESSES[name](HELD)
    assert kept(part) == [what for what in ALL if what not in gone]
    callees = part.scope.services["front"].depends_on
    assert callees == (() if name.startswith("call graph") else ("cart",))


@pytest.mark.parametrize(("name", "left"), [("figures", ALL[:5]), ("log lines", ["lines"]), ("rollouts", ["change"])])
def test_some_are_kept_alone(name, left):
    assert kept(ALONE[name](HELD)) == left


def test_everyday_lines_are_there_before_and_after_and_the_same_each_time():
    more = with_lines(HELD, case("r-1"))
    _, lines = more.of(Logs)
    assert lines == with_lines(HELD, case("r-1")).of(Logs)[1] != with_lines(HELD, case("r-2")).of(Logs)[1]
    assert {line.service for line in lines.lines} == {"front", "cart"}
    assert {line.level for line in lines.lines} == {"INFO", "WARN", "ERROR"}
    window = HELD.scope.window
    assert all(window.since <= line.time <= window.until for line in lines.lines)
    half = sum(line.time < window.since + (window.until - window.since) / 2 for line in lines.lines)
    assert 0.4 < half / len(lines.lines) < 0.6


def test_an_innocent_rollout_is_of_another_service_and_of_the_hour_before():
    for number in range(20):
        _, rollout = with_rollout(HELD, case(str(number))).of(Change)
        assert rollout.service == "front"
        assert at(-60) <= rollout.at <= at(0)


def case(name, service="cart", system="x", **more):
    return Case(Path(name), {"service": service, "system": system, "kind": "k", "candidates": 4, **more})


def weighed(service, score, second=0.0):
    first, other = (Candidate(Standing(n), None, 0.0, s, s) for n, s in ((service, score), ("other", second)))
    return Weighed.of((first, other), suffering=True)


def test_a_first_cause_is_as_sure_as_the_levels_say():
    one = weighed("cart", 0.95, 0.3)
    assert one.answer(Levels()).causes == (("cart", "high"),)
    assert one.answer(Levels(high=0.99)).causes == (("cart", "medium"),)
    assert one.answer(Levels(lowest=0.99)).causes == ((None, "unknown"),)


def test_the_nearest_rival_counts_and_not_the_second():
    first, second, third = (
        Candidate(Standing(n), None, 0.0, s, p) for n, s, p in (("a", 0.95, 0.95), ("b", 0.5, 0.5), ("c", 0.4, 0.94))
    )
    assert Weighed.of((first, second, third), suffering=True).ranked == (first, third)


def test_a_tally_counts_quiet_recordings_too():
    cases = [case("a"), case("b"), case("c", None), case("d", None), case("e")]
    told = tally(cases, {
        "a": Answer((("cart", "high"),)), "b": Answer((("front", "high"),)), "c": Answer((("cart", "medium"),)),
        "d": Answer(((None, "unknown"),)),
    })  # fmt: skip
    assert (told.given["high"], told.right["high"], told.share("high")) == (2, 1, 0.5)
    assert (told.given["no cause named"], told.right["no cause named"]) == (2, 1)  # «e» has no answer at all
    assert (told.accused, told.quiet, told.share("low")) == (1, 2, None)


def test_levels_are_chosen_so_that_high_is_right_nine_times_of_ten():
    cases = [case(str(n)) for n in range(20)]
    seen = {str(n): weighed("cart" if n % 2 or n > 15 else "wrong", 0.99 if n > 15 else 0.82) for n in range(20)}
    told = judged(cases, seen, chosen(cases, seen))
    assert told.given["high"] == 0 or told.share("high") >= 0.9
    assert told.given["medium"] == 0 or told.share("medium") >= 0.7
    assert judged(cases, seen, Levels()).share("medium") < 0.7


def test_a_system_s_levels_come_from_the_others():
    cases = [*(case(f"x{n}") for n in range(9)), *(case(f"y{n}", system="y") for n in range(9))]
    seen = {one.name: weighed("cart" if one.system == "x" else "wrong", 0.6, 0.1) for one in cases}
    table = other_system(cases, seen)
    assert "| system y  |                x |" in table
    assert "0 of 9" in table.splitlines()[-2]  # medium by what x taught, and wrong each time on y


@pytest.mark.parametrize(("part", "word"), [
    (Worth(9, 5, 1, 0, 9.0), "helps"), (Worth(11, 5, 1, 0, 11.0), "HURTS"), (Worth(10, 5, 1, 1, 10.0), "helps"),
    (Worth(11, 5, 1, 1, 11.0), "helps and HURTS"), (Worth(10, 5, 1, 0, 10.0), "changes nothing here"),
    (Worth(10, 3, 1, 0, 10.0), "helps a little"), (Worth(10, 5, 2, 0, 10.0), "HURTS a little"),
    (Worth(10, 5, 1, 0, 10.5), "HURTS a little"),
])  # fmt: skip
def test_a_witness_that_hurts_is_called_so(part, word):
    assert verdict(Worth(10, 5, 1, 0, 10.0), part) == word


def test_a_group_where_an_anchor_is_better_by_two_is_called_behind():
    cases = [case(str(n)) for n in range(6)]
    right, wrong = Answer((("cart", "low"),)), Answer((("front", "low"), ("cart", "low")))
    for lost, word in ((1, "ok"), (2, "BEHIND")):
        engine = {one.name: wrong if number < lost else right for number, one in enumerate(cases)}
        table = by_group(Measured(cases, {"rule": {one.name: right for one in cases}, ENGINE: engine}, Plain()))
        assert f"| {word} |" in " ".join(table.split()), table
