"""Resource: has something of its own run short, and by more than its traffic explains?

How sure it is: the shift's own surprise, by how much of the resource is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.evidence.onset import Shift
from bot.evidence.scale import of_family
from bot.evidence.standing import Standing
from integrations.signals import signal

OF_THE_MACHINE = 0.15
"""What the machine under the pods does is shared by all that run on it: it hardly speaks against one of them."""
GONE = 0.9
"""Instances that are gone or restart are nearly always trouble; a rollout that was meant explains the rest."""
ALL_OF_IT = 20.0
"""Points of the limit by which a resource must have moved to count in full: a fifth of all that there is."""
NOT_MORE_THAN = 1.3
"""Without a limit a usage counts from this multiple of its normal on: less is what a busier hour does."""
MULTIPLE = 2.0
"""So many times its normal more, and such a usage counts in full; but"""
UNLIMITED = 0.8
"""never for more than this, because nobody knows how near its limit it is."""
FROM_NOTHING = 0.5
"""A usage that was nothing before has no multiple: half."""
LOAD = 1.5
"""A resource that grew by less than this many times what the traffic did, grew because of the traffic: of that"""
OF_LOAD = 0.3
"""so much is left. Not nothing: load can be too much."""
OF_ONE = 0.7
"""What a single instance counts that is unlike its siblings: it is at fault, but the others still serve."""


def resource(found: Mapping[str, Standing], shifts: Sequence[Shift]) -> None:
    """Says of every service how far a resource of its own has run short."""
    for shift in shifts:
        if not shift.bad or signal(shift.signal).family not in ("saturation", "instances"):
            continue
        load = [s.ratio for s in of_family(shifts, shift.service, "traffic") if s.direction == "up"]
        asked_more = bool(load) and shift.ratio < LOAD * max(load)
        standing = found[shift.service]
        weight = resource_weight(shift) * (OF_LOAD if asked_more else 1.0) * (OF_ONE if shift.instance else 1.0)
        standing.resource = max(standing.resource, shift.surprise * weight)
        standing.shifts["resource"].append(shift)


def resource_weight(shift: Shift) -> float:
    """How much a shift of a resource matters, 0 to 1: by points of the limit, else by how often it has multiplied."""
    kind = signal(shift.signal)
    if kind.place == "machine":
        return OF_THE_MACHINE
    if kind.family == "instances":
        return GONE
    if kind.unit == "%":
        return min(1.0, (shift.value - shift.normal) / ALL_OF_IT)
    if shift.normal <= 0:
        return FROM_NOTHING
    return min(UNLIMITED, max(0.0, shift.ratio - NOT_MORE_THAN) / MULTIPLE)
