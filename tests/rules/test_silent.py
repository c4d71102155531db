"""What has no figures any more is nothing of now, wherever figures are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.analysis import SignalState
from bot.domain.watched import Before, judge
from bot.life.compose_status import draft
from bot.life.lifecycle import Standing
from bot.questions.case import case
from bot.runs.known_values import known_values
from bot.sections.status import status
from tests.stories.incident_sample import FOUND, NOW, REPORT, SERVICE, incident

ENDED = NOW - timedelta(minutes=8)
SILENT = tuple(replace(state, silent_since=ENDED, moved="unknown", bad=False) for state in FOUND.signals[:4])
GONE = replace(REPORT, analysis=replace(FOUND, signals=(*SILENT, *FOUND.signals[4:])))


def test_the_briefing_says_since_when_and_shows_no_figure():
    said = status(GONE, "Now")
    assert said.lines == (f"⚠️ No figures any more: Errors · p99 · Traffic · Instances since {ENDED:%H:%M}",)
    assert said.aside == ""


def test_what_still_has_figures_is_shown_beside_it():
    (errors, *_), (_, *others) = SILENT, FOUND.signals
    earlier = replace(SILENT[1], silent_since=ENDED - timedelta(minutes=5))
    report = replace(REPORT, analysis=replace(FOUND, signals=(errors, earlier, *others[1:])))
    said = status(report, "Now")
    assert (said.lines[0], said.aside) == ("Traffic 410/s (425/s) · Instances 3/3", "(normal)")
    assert said.lines[1].endswith(f": p99 since {ENDED - timedelta(minutes=5):%H:%M}, Errors since {ENDED:%H:%M}")


def test_nothing_of_it_is_measured_for_a_status_update():
    bad = tuple(replace(state, bad=True) for state in SILENT)
    report = replace(REPORT, analysis=replace(FOUND, signals=bad))
    assert "Measured" in draft(incident(), REPORT, Standing(), ()).text
    assert "Measured" not in draft(incident(), report, Standing(), ()).text


def test_no_runbook_is_filled_in_with_it():
    known = known_values(incident(), SERVICE, REPORT)
    from_signals = {name for name, value in known.items() if value.source.startswith("signal ")}
    gone = known_values(incident(), SERVICE, GONE)
    assert "error_rate" in from_signals
    assert from_signals.intersection(gone) == {"instances_wanted", "replicas_wanted"}


def test_the_model_is_told_that_none_came_since():
    (errors,) = [fact.text for fact in case(incident(), GONE, NOW).facts if fact.text.startswith("Errors ")]
    assert errors == f"Errors 23.4 % (normal 0.3 %), the last figure, of {ENDED:%H:%M} UTC: none came since"


@pytest.mark.parametrize(
    ("others", "verdict"),
    [((), "not seen"), ((("cpu", False, 0.3),), "not seen"), ((("cpu", True, 0.3),), "partly")],
)
def test_a_change_is_not_told_to_have_helped_where_what_was_bad_is_not_measured_any_more(others, verdict):
    was = [Before("error_rate", 23.4, bad=True), *(Before(name, 9.0 if bad else 0.3, bad) for name, bad, _ in others)]
    silent = SignalState("cart", "error_rate", 0.3, 0.3, silent_since=ENDED)
    now = [SignalState("cart", name, value, 0.3) for name, _, value in others]
    assert judge(was, [silent, *now], NOW).verdict == verdict
    assert judge(was, now, NOW).verdict == verdict
