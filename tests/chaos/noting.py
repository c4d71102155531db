"""A real program of the tests: it notes exactly how it was called, and then does what it was told to do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

SCRIPT = """#!/bin/sh
printf '%s\\0' "$$" "$#" "$@" >> '{here}/calls'
if [ -e '{here}/seconds' ]; then
  sleep "$(cat '{here}/seconds')" &
  printf '%s\\0' $! >> '{here}/children'
  wait $!
fi
if [ -e '{here}/out' ]; then cat '{here}/out'; fi
exit "$(cat '{here}/exit')"
"""


@dataclass(frozen=True)
class Call:
    pid: int
    argv: tuple[str, ...]
    """Without the program's own name."""


class Program:
    """One such program, by its name, in a folder that only we can write."""

    def __init__(self, folder: Path, name: str) -> None:
        self._here = folder / f"{name}-notes"
        self._here.mkdir(parents=True)
        (folder / "bin").mkdir(exist_ok=True)
        self.path = folder / "bin" / name
        self.path.write_text(SCRIPT.format(here=self._here))
        self.path.chmod(0o755)
        self.exits(0)

    def exits(self, code: int) -> None:
        (self._here / "exit").write_text(str(code))

    def says(self, text: str) -> None:
        """What it prints from now on."""
        (self._here / "out").write_text(text)

    def takes(self, seconds: float) -> None:
        """How long it runs from now on, in a child of its own."""
        (self._here / "seconds").write_text(f"{seconds:g}")

    def forget(self) -> None:
        """As if it had never been called or told anything."""
        for file in self._here.iterdir():
            file.unlink()
        self.exits(0)

    @property
    def calls(self) -> list[Call]:
        """Every call that began, the oldest first."""
        words = self._words("calls")
        found = []
        while words:
            pid, count = int(words.pop(0)), int(words.pop(0))
            found.append(Call(pid, tuple(words.pop(0) for _ in range(count))))
        return found

    @property
    def lives(self) -> bool:
        """Whether anything of it still runs."""
        pids = [call.pid for call in self.calls] + [int(word) for word in self._words("children")]
        return any(_runs(pid) for pid in pids)

    def _words(self, name: str) -> list[str]:
        file = self._here / name
        return os.fsdecode(file.read_bytes()).split("\0")[:-1] if file.exists() else []


def _runs(pid: int) -> bool:
    """A process that waits to be reaped does not run any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False
