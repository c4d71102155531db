"""The playground's stories: each with its own services, history, evidence and truth."""

from __future__ import annotations

from playground.scenarios import disk_full, false_alarm, memory_leak, pool_exhausted, upstream_down, wrong_endpoint
from playground.scenarios.model import Scenario

ALL: tuple[Scenario, ...] = (
    wrong_endpoint.SCENARIO,
    memory_leak.SCENARIO,
    pool_exhausted.SCENARIO,
    disk_full.SCENARIO,
    upstream_down.SCENARIO,
    false_alarm.SCENARIO,
)


def scenario(name: str) -> Scenario:
    """The scenario of this id. Raises KeyError."""
    return {each.id: each for each in ALL}[name]
