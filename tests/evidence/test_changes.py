"""Which change came just before the trouble."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.evidence.began import Beginning
from bot.evidence.changes import Suspicion, suspicions
from integrations.contract import Change
from tests.evidence.made import ALERT, at, figures, logs, said, spread

ONSET = at(-5).timestamp()
BEGAN = Beginning(ONSET, {}, ALERT.timestamp())
UNSEEN = replace(BEGAN, onset=None)


def change(minutes: float, service: str = "pay", **more) -> Change:
    return Change(service, more.pop("what", "deployment"), at(minutes), more.pop("version", "v2"), **more)


def share(one: Change, series=(), lines=()) -> float:
    (found,) = suspicions([one], BEGAN, series, lines)
    return found.share


def where_nobody_saw_it_begin(one: Change) -> Suspicion:
    (found,) = suspicions([one], UNSEEN, (), ())
    return found


def test_the_nearer_before_the_onset_the_more_suspect():
    found = [share(change(minutes)) for minutes in (-6, -30, -90, -300)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 5 * found[-1] > 0


@pytest.mark.parametrize("minutes", [-3, 0, 5, -24 * 60])
def test_a_change_after_the_onset_or_a_day_before_does_not_count(minutes):
    assert share(change(minutes)) == 0


def test_figures_are_coarse_so_a_minute_after_the_onset_still_counts():
    assert share(change(-4)) > 0.5


def test_a_service_that_left_normal_by_itself_has_its_own_onset():
    (found,) = suspicions([change(-60)], replace(BEGAN, by_service={"pay": at(-59).timestamp()}), (), ())
    assert (found.before, found.dated) == (60, True)
    assert found.share > share(change(-60))


@pytest.mark.parametrize("minutes", [-10, -4, -2.5, -1, -0.1])
def test_where_nobody_saw_it_begin_any_change_up_to_the_alert_may_have_led_to_it(minutes):
    found = where_nobody_saw_it_begin(change(minutes))
    assert found.share > 0.6
    assert (found.before, found.dated) == (pytest.approx(-minutes * 60), False)


def test_and_one_after_the_alert_did_not():
    assert where_nobody_saw_it_begin(change(0.5)).share == 0


def test_a_merge_counts_less_than_a_deployment_and_text_for_people_hardly():
    assert share(change(-6, what="merge")) == share(change(-6, what="deployment request")) < share(change(-6))
    assert share(change(-6, files=("README.md",))) < 0.2 * share(change(-6, files=("app/pay.py",)))
    assert share(change(-6, files=("tests/test_pay.py",))) < 0.3 * share(change(-6))


ROLLED = change(-6, instances_new=("new-1",), instances_old=("old-1",))


def spoken(instance: str, errors: int):
    return (
        said("pay", "ok {n}", "INFO", spread(-5, 1, 60), instance=instance),
        said("pay", "refused {n}", "ERROR", spread(-5, 1, errors), instance=instance),
    )


def test_new_pods_that_log_errors_beside_healthy_old_ones_speak_for_it_and_equally_ill_old_ones_against():
    worse = share(ROLLED, lines=[logs(*spoken("new-1", 50), *spoken("old-1", 0))])
    alike = share(ROLLED, lines=[logs(*spoken("new-1", 50), *spoken("old-1", 50))])
    assert worse > share(ROLLED) > alike


def test_figures_of_new_and_old_pods_are_compared_too():
    old = figures("pay", "cpu", 20.0, instance="old-1")
    new = figures("pay", "cpu", 90.0, instance="new-1")
    assert share(ROLLED, series=[old, new]) > share(ROLLED, series=[old, replace(old, instance="new-1")])


def test_the_most_suspect_comes_first():
    found = suspicions([change(-100, version="a"), change(-6, version="b"), change(3, version="c")], BEGAN, (), ())
    assert next(one.change.version for one in found) == "b"
