"""Damaged evidence: the right cause stays, or the confidence falls; never a crash, never high on nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from bot.analyse import analyse
from bot.domain.analysis import Analysis
from bot.domain.context import Context
from bot.replaying.replay import read_recording
from integrations.contract import Change, Logs, Series
from tests.evidence import bent

RECORDINGS = Path(__file__).parent.parent / "recordings"
FAULTS = ("wrong-endpoint", "memory-leak", "pool-exhausted", "disk-full", "upstream-down")
LEVELS = ("unknown", "low", "medium", "high")


@cache
def recorded(name: str) -> Context:
    return read_recording(RECORDINGS / name)


@cache
def truth(name: str) -> dict:
    return json.loads((RECORDINGS / name / "truth.json").read_text())


def culprit(name: str) -> str:
    """The service at fault; on a false alarm the one that alerts stands in for it."""
    return str(truth(name)["service"] or recorded(name).scope.service.name)


def onset(name: str) -> float:
    at = truth(name)["at"]
    return datetime.fromisoformat(at).timestamp() if at else bent.alerted(recorded(name))


def level(found: Analysis) -> int:
    return LEVELS.index(found.confidence)


KEEPS: dict[str, Callable[[Context, str], Context]] = {
    "signals nobody knows beside those known": lambda one, _: bent.with_unknown_signals(one),
    "twenty minutes of history": lambda one, _: bent.without_history(one, 20),
    "four of ten figures lost, and ten minutes": lambda one, _: bent.with_gaps(one),
    "seven of ten figures lost": lambda one, _: bent.with_gaps(one, 0.7),
    "counters that began anew": lambda one, _: bent.with_resets(one),
    "its clock a minute late": lambda one, name: bent.late_clock(one, culprit(name)),
    "its clock a minute early": lambda one, name: bent.late_clock(one, culprit(name), -60),
    "the alerting service's clock a minute late": lambda one, _: bent.late_clock(one, one.scope.service.name),
    "the alerting service's clock a minute early": lambda one, _: bent.late_clock(one, one.scope.service.name, -60),
    "the rollouts' clock a minute late": lambda one, _: bent.late_changes(one),
    "the rollouts' clock a minute early": lambda one, _: bent.late_changes(one, -60),
    "one of four pods at fault": lambda one, name: bent.one_of_many(one, culprit(name), onset(name)),
    "one of thirty pods at fault": lambda one, name: bent.one_of_many(one, culprit(name), onset(name), 30),
    "lines that end at the alert": lambda one, _: bent.logs_end(one, 0),
    "lines that end six minutes before it": lambda one, _: bent.logs_end(one, 6),
    "lines that end before the trouble": lambda one, _: bent.logs_end(one, 20),
    "no lines": lambda one, _: bent.without(one, Logs),
    "no rollouts": lambda one, _: bent.without(one, Change),
    "one more service that is well": lambda one, _: bent.with_a_stranger(one),
    "another day, at another second": lambda one, _: bent.later(one, 3 * 86400 + 37),
}
LOSES: dict[str, Callable[[Context, str], Context]] = {
    "signals that nobody knows": lambda one, _: bent.unknown_signals(one),
    "eight minutes of history": lambda one, _: bent.without_history(one),
    "three minutes of history": lambda one, _: bent.without_history(one, 3),
    "a fault older than all that is known": lambda one, name: bent.without_history(
        one, (bent.alerted(one) - onset(name)) / 60 - 2
    ),
    "a culprit off the map": lambda one, name: bent.off_the_map(one, culprit(name)),
    "no figures": lambda one, _: bent.without(one, Series),
    "no edges": lambda one, _: bent.without_edges(one),
    "no edges and no lines": lambda one, _: bent.without(bent.without_edges(one), Logs),
    "only rollouts": lambda one, _: bent.without(one, Series, Logs),
}


@pytest.mark.parametrize("damage", KEEPS)
@pytest.mark.parametrize("name", FAULTS)
def test_the_cause_stays(name, damage):
    found = analyse(KEEPS[damage](recorded(name), name))
    assert found.causes[0].service == culprit(name)
    assert level(found) >= LEVELS.index("medium")


@pytest.mark.parametrize("damage", LOSES)
@pytest.mark.parametrize("name", FAULTS)
def test_where_too_much_is_lost_the_cause_stays_or_the_confidence_falls(name, damage):
    whole, found = recorded(name), analyse(LOSES[damage](recorded(name), name))
    right = bool(found.causes) and found.causes[0].service == culprit(name)
    assert right or level(found) < level(analyse(whole))


@pytest.mark.parametrize("damage", [*KEEPS, *LOSES])
def test_a_false_alarm_stays_one_however_it_comes(damage):
    quiet = recorded("false-alarm")
    found = analyse({**KEEPS, **LOSES}[damage](quiet, "false-alarm"))
    assert level(found) <= LEVELS.index("low")
    assert found.next_look
