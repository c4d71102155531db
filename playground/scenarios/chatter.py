"""What a scenario's services log: every day's lines, and those that the fault adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from playground.scenarios import course
from playground.scenarios.model import Burst, Chatter, Scenario
from playground.scenarios.pods import Pod, pods, seed


@dataclass(frozen=True, slots=True)
class Spoken:
    """One log line, `at` seconds relative to the alert. `fault` tells that it ends with the fault."""

    at: float
    service: str
    instance: str
    level: str
    message: str
    fault: bool


@lru_cache(maxsize=32)
def spoken(scenario: Scenario) -> tuple[Spoken, ...]:
    """Every log line of a scenario in order of time, as if it were never resolved."""
    every = {profile.name: pods(scenario, profile) for profile in scenario.profiles}
    said: list[Spoken] = []
    for chatter in scenario.chatter:
        said.extend(_every_day(scenario, chatter, every[chatter.service]))
    for number, burst in enumerate(scenario.bursts):
        said.extend(_fault(scenario, number, burst, every[burst.service]))
    return tuple(sorted(said, key=lambda line: (line.at, line.service, line.message)))


def _every_day(scenario: Scenario, chatter: Chatter, every: tuple[Pod, ...]) -> Iterator[Spoken]:
    draw = Random(seed(scenario.id, chatter.service, "chatter"))
    weights = [weight for weight, _, _ in chatter.lines]
    at = -float(course.HISTORY)
    while (at := at + draw.expovariate(chatter.per_minute / 60.0)) < course.AFTER:
        _, level, template = draw.choices(chatter.lines, weights)[0]
        yield Spoken(round(at, 3), chatter.service, _pod(draw, every, at), level, _fill(draw, template), fault=False)


def _fault(scenario: Scenario, number: int, burst: Burst, every: tuple[Pod, ...]) -> Iterator[Spoken]:
    draw = Random(seed(scenario.id, burst.service, str(number)))
    for at in sorted(draw.uniform(burst.begins, burst.until) for _ in range(burst.count)):
        yield Spoken(
            round(at, 3), burst.service, _pod(draw, every, at), burst.level, _fill(draw, burst.template), fault=True
        )


def _pod(draw: Random, every: tuple[Pod, ...], at: float) -> str:
    serving = [pod.name for pod in every if pod.serves(at)]
    return draw.choice(serving) if serving else ""


def _fill(draw: Random, template: str) -> str:
    """The template with its variable parts drawn anew: `{ms}`, `{n}`, `{id}`, `{user}`, `{ip}`, `{kb}`."""
    return template.format(
        ms=draw.randint(4, 320),
        n=draw.randint(1, 40),
        id=f"{draw.getrandbits(32):08x}",
        user=draw.randint(1_000, 9_999),
        ip=f"10.{draw.randint(0, 3)}.{draw.randint(0, 255)}.{draw.randint(1, 254)}",
        kb=draw.randint(12, 4_096),
    )
