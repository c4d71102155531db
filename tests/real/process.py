"""A real server as a process of its own: started, waited for with a limit, stopped by its pid."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_S = 30.0
STOP_S = 10.0
POLL_S = 0.02


def until(ready: Callable[[], bool], what: str, within_s: float = START_S) -> None:
    """Polls until `ready` says yes. Raises AssertionError that names `what` after the limit."""
    end = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < end, f"no {what} within {within_s:g} s"
        time.sleep(POLL_S)


@contextmanager
def running(argv: Sequence[str], log: Path, **popen: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The process, with both its outputs in `log`. It is asked to stop, then made to."""
    with log.open("wb") as out:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **popen)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def alive(process: subprocess.Popen[bytes], log: Path) -> None:
    """Raises AssertionError with the end of the log when the process has ended."""
    if process.poll() is not None:
        tail = log.read_text(errors="replace")[-2000:]
        raise AssertionError(f"{process.args} ended with {process.returncode}:\n{tail}")
