"""Lengths of time as people write them: `30s`, `5m`, `1h30m`, `10 minutes`, or a number of seconds."""

from __future__ import annotations

import re

_UNITS = {"ms": 0.001, "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600,
          "d": 86400, "day": 86400}  # fmt: skip
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]+)\s*")


def seconds(text: str) -> float | None:
    """Its length in seconds; None: this is no length of time."""
    text = text.strip().lower()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
        return float(text)
    total, at = 0.0, 0
    while found := _PART.match(text, at):
        unit = _UNITS.get(found[2]) or _UNITS.get(found[2].removesuffix("s"))
        if unit is None:
            return None
        total, at = total + float(found[1]) * unit, found.end()
    return total if text and at == len(text) else None
