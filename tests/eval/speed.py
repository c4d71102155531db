"""What one big incident costs: made-up recordings of growing size, each replayed in a process of its own."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.table import markdown
from tests.eval.big import SIGNALS, Size, write
from tests.eval.running import replayed

LINES = 60_000
AIM = 50
"""Services of the incident for which there is an aim."""
AIM_S, AIM_MB = 2.0, 300.0
SERVICES = (10, 25, AIM, 100, 250, 500)
TIMES = 3
"""Runs of that incident: the quickest is the one that others on the machine disturbed least."""
NEAR_LINEAR = 1.2
"""The exponent of growth up to which it counts as near linear."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One recording of this size, from the command line's start to its end."""

    services: int
    lines: int
    seconds: float
    """Reading and analysing, as `replay` says."""
    cpu_s: float
    """Of the whole process, its start included."""
    peak_mb: float
    right: bool


def costs(services: Sequence[int] = SERVICES, lines: int = LINES) -> list[Cost]:
    """Each size with all the log lines, then with none: lines do not grow with services."""
    found = []
    with tempfile.TemporaryDirectory(prefix="eval-") as name:
        for count in services:
            for with_lines in (lines, 0):
                folder = write(Path(name) / f"{count}-{with_lines}", Size(count, with_lines))
                runs = [_cost(folder, count, with_lines) for _ in range(TIMES if count == AIM else 1)]
                found.append(min(runs, key=lambda one: one.seconds))
    return found


def _cost(folder: Path, services: int, lines: int) -> Cost:
    told = replayed([folder], folder.with_suffix(".jsonl"))
    answer = told.answers[folder.name]
    right = answer.first == f"service-{services - 1:03d}"
    return Cost(services, lines, answer.seconds, told.cpu_s, told.peak_mb, right)


def report(found: Sequence[Cost]) -> str:
    """The table, whether the aim is met, and how the cost of figures grows with services."""
    rows = [
        (f"{c.services}", f"{c.services * len(SIGNALS):,}", f"{c.lines:,}", f"{c.seconds:.2f}", f"{c.cpu_s:.2f}",
         f"{c.peak_mb:.0f}", "yes" if c.right else "NO", _aim(c))
        for c in found
    ]  # fmt: skip
    head = (
        "services",
        "signals",
        "log lines",
        "seconds",
        "CPU s",
        "peak MB",
        "right",
        f"aim {AIM_S:g} s, {AIM_MB:g} MB",
    )
    return f"{markdown(head, rows)}\n\n{_growth(found)}"


def _aim(cost: Cost) -> str:
    if cost.services != AIM or not cost.lines:
        return ""
    return "met" if cost.seconds < AIM_S and cost.peak_mb < AIM_MB else "MISSED"


def exponent(found: Sequence[Cost]) -> float:
    """How the CPU seconds grow with services, from the logarithms of the first and the last; 1 is linear.

    Of the processor, because what else runs on the machine changes those least.
    """
    first, last = found[0], found[-1]
    return math.log(last.cpu_s / first.cpu_s) / math.log(last.services / first.services)


def _growth(found: Sequence[Cost]) -> str:
    alone = [cost for cost in found if not cost.lines and cost.services >= AIM]
    if len(alone) < 2 or alone[0].cpu_s <= 0:
        return "Too few sizes to tell how it grows."
    power = exponent(alone)
    word = "near linear" if power <= NEAR_LINEAR else "NOT near linear"
    return (
        f"Without log lines, from {alone[0].services} to {alone[-1].services} services: "
        f"{word}, CPU seconds grow with services to the power of {power:.2f}. Load {os.getloadavg()[0]:.1f} "
        f"on {os.cpu_count()} cores: seconds are what one waits, and grow with what else runs; of {AIM} services the "
        f"quickest of {TIMES} runs."
    )
