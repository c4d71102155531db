"""Which pods a service has when: every rollout brings a new generation, pod by pod."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from playground.scenarios.model import Deploy, Profile, Scenario

ROLL_SECONDS = 10.0
"""Between one pod of a rollout and the next."""

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # what Kubernetes draws its suffixes from


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod and the span in which it serves, in seconds relative to the alert."""

    name: str
    index: int
    since: float
    until: float

    def serves(self, at: float) -> bool:
        return self.since <= at < self.until


def seed(*parts: str) -> int:
    """The same number for the same words, on any machine."""
    return zlib.crc32("/".join(parts).encode())


def pods(scenario: Scenario, profile: Profile) -> tuple[Pod, ...]:
    """Every pod of a service over the whole history, in order of generation."""
    own = sorted((d for d in scenario.deploys if d.service == profile.name), key=lambda d: d.at)
    starts = [float("-inf"), *(deploy.at for deploy in own)]
    ends = [*(deploy.at for deploy in own), float("inf")]
    versions = [own[0].previous if own else "running", *(deploy.version for deploy in own)]
    return tuple(
        pod
        for since, until, version in zip(starts, ends, versions, strict=True)
        for pod in _generation(profile, version, since, until)
    )


def _generation(profile: Profile, version: str, since: float, until: float) -> Iterable[Pod]:
    draw = Random(seed(profile.name, version))
    replica_set = "".join(draw.choices(_LETTERS, k=10))
    for index in range(profile.pods):
        suffix = "".join(draw.choices(_LETTERS, k=5))
        turn = index * ROLL_SECONDS
        yield Pod(f"{profile.name}-{replica_set}-{suffix}", index, since + turn, until + turn + ROLL_SECONDS)


def rolled(scenario: Scenario, deploy: Deploy) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the pods that a rollout brought and of those that it replaced."""
    every = pods(scenario, scenario.profile(deploy.service))
    new = tuple(pod.name for pod in every if abs(pod.since - pod.index * ROLL_SECONDS - deploy.at) < 1)
    old = tuple(pod.name for pod in every if abs(pod.until - (pod.index + 1) * ROLL_SECONDS - deploy.at) < 1)
    return new, old
