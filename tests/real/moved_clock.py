"""A clock that a test moves, for a process that is started with these variables: libfaketime before the C library."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.real.programs import where

SLEEP = """import threading, time
time.sleep = lambda seconds: threading.Event().wait(seconds) and None
"""
"""libfaketime 0.9.10 answers Python's own sleep with EINVAL; another wait of the same clock is none of its business."""


class MovedClock:
    """What waits for a while goes by another clock, which nobody moves: as where an administrator sets the time."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        (folder / "sitecustomize.py").write_text(SLEEP)
        self.move(timedelta())

    @property
    def env(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": where("libfaketime"),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
            "PYTHONPATH": str(self._file.parent),
        }

    def move(self, by: timedelta) -> None:
        """So far from the true time, from now on."""
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{by.total_seconds():+.0f}\n")
        beside.replace(self._file)  # whoever reads it finds the one or the other
