"""How fast secrets are masked in ordinary log lines, beside a pass of one trivial pattern over the same lines."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.guard.masking import Masker
from bot.guard.redact import TOGETHER, redact_lines
from tests.bench.table import markdown, median
from tests.guard.harmless import ORDINARY
from tests.guard.leaks import LEAKS

RECORDINGS = Path(__file__).parents[1] / "recordings"
ONE_IN = 100
"""So many lines of which one holds a secret, in the rows that say so."""
TRIVIAL = re.compile(r"password=\S+")

Pass = Callable[[Sequence[str]], object]


@dataclass(frozen=True, slots=True)
class Speed:
    """One way over some lines. `middle`: seconds of the pass that is in the middle of all."""

    what: str
    lines: str
    megabytes: float
    middle: float

    @property
    def rate(self) -> float:
        """Megabytes a second, of the pass in the middle."""
        return self.megabytes / self.middle


def speeds(passes: int) -> list[Speed]:
    """Each way over each kind of lines, so many times in turn, so that what else the machine does falls on all."""
    return [
        speed
        for name, lines in (("recorded", recorded()), ("of many systems", many_systems()), ("1 % secrets", leaky()))
        for speed in _over(name, lines, passes)
    ]


def recorded() -> list[str]:
    """The log lines of the recorded incidents."""
    files = sorted(RECORDINGS.glob("*/logs.jsonl.gz"))
    return [json.loads(line)["message"] for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def many_systems() -> list[str]:
    """Lines of many systems, most of which speak of passwords, tokens and keys without telling one: the hardest."""
    return list(ORDINARY) * 20


def leaky() -> list[str]:
    """The recorded lines, one in a hundred of which has a secret in it."""
    leaks = [leak.line.replace("\n", " ") for leak in LEAKS]
    return [
        leaks[at // ONE_IN % len(leaks)] if at % ONE_IN == 0 else line for at, line in enumerate(recorded()[:10_000])
    ]


def report(speeds: Sequence[Speed]) -> str:
    """Megabytes a second of each way, and how much longer it takes than the trivial one."""
    base = {speed.lines: speed.middle for speed in speeds if "trivial" in speed.what}
    cells = [
        (f"{speed.lines}, {speed.what}", f"{speed.rate:,.1f}", f"{speed.middle / base[speed.lines]:,.1f} ×")
        for speed in speeds
    ]
    return "\n".join(
        [
            "## Masking secrets (MB/s of log lines, one thread)",
            "",
            markdown(("lines, way", "MB/s", "time beside the trivial one"), cells),
            "",
            "The trivial one knows `password=` alone. «Of many systems» is the hardest kind: most of its lines speak",
            "of passwords, tokens and keys without telling one.",
        ]
    )


def _over(name: str, lines: Sequence[str], passes: int) -> list[Speed]:
    ways: dict[str, Pass] = {
        "one trivial pattern, line by line": lambda lines: [TRIVIAL.sub("***", line) for line in lines],
        "our own patterns": _own,
        "with the second look": redact_lines,
    }
    took: dict[str, list[float]] = {what: [] for what in ways}
    for _ in range(passes):
        for what, way in ways.items():
            began = time.perf_counter()
            way(lines)
            took[what].append(time.perf_counter() - began)
    size = sum(len(line.encode()) + 1 for line in lines) / 1e6
    return [Speed(what, name, size, median(all_of)) for what, all_of in took.items()]


def _own(lines: Sequence[str]) -> list[str]:
    masker = Masker.of()
    return [masker.by_our_own("\n".join(lines[at : at + TOGETHER])) for at in range(0, len(lines), TOGETHER)]
