"""The playground's scenarios are recordings with a known truth: each gets it right, with words to go with it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.analyse import analyse
from bot.replaying.replay import read_recording

RECORDINGS = Path(__file__).parent.parent / "recordings"


def truth(name: str) -> dict:
    return json.loads((RECORDINGS / name / "truth.json").read_text())


@pytest.mark.parametrize(("name", "kind"), [
    ("wrong-endpoint", "change"), ("memory-leak", "resource"), ("pool-exhausted", "resource"),
    ("disk-full", "resource"), ("upstream-down", "dependency"),
])  # fmt: skip
def test_the_cause_lies_where_it_lies(name, kind):
    cause = analyse(read_recording(RECORDINGS / name)).causes[0]
    known = truth(name)
    assert cause.service == known["service"]
    assert cause.kind == kind
    assert cause.confidence == "high"
    assert bool(cause.version) is known["deployment"]


def test_a_false_alarm_stays_one():
    found = analyse(read_recording(RECORDINGS / "false-alarm"))
    assert found.causes == ()
    assert found.confidence == "unknown"
    assert found.next_look


@pytest.mark.parametrize("name", ["wrong-endpoint", "pool-exhausted", "upstream-down"])
def test_what_began_suddenly_is_dated_to_two_minutes(name):
    onset = analyse(read_recording(RECORDINGS / name)).onset
    assert abs(onset - datetime.fromisoformat(truth(name)["at"])) < timedelta(minutes=2)


def test_the_wrong_endpoint_is_told_in_the_bots_voice():
    text = analyse(read_recording(RECORDINGS / "wrong-endpoint")).causes[0].text
    assert text.startswith("v2.34.1, deployed 03:27 by alice, 40 s before errors began.")
    assert "× `connection refused: payment-gateway.internal:8443`, none seen in the hour before." in text


def test_upstream_down_says_who_waits_for_whom():
    text = analyse(read_recording(RECORDINGS / "upstream-down")).causes[0].text
    assert "at rates-store" in text
    assert "booking-api waits for it" in text
