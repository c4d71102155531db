"""Real hands and small programs written for one test, started as a runbook's step is."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from runbooks.prepared import Exec, Outcome
from runbooks.running import HandsSettings, RunningHands, open_hands
from tests.real.process import until

PYTHON = Path(sys.executable).resolve()


class Bench:
    """A folder of programs, all of them allowed, and hands that may start them."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.environ = {"PATH": f"{folder}:/usr/bin:/bin"}
        self._settings = settings
        self._hands: RunningHands | None = None

    @property
    def settings(self) -> HandsSettings:
        names = tuple(path.name for path in self.folder.iterdir())
        system = ("ls", "yes", "true", "cat", "echo")
        return HandsSettings(**{"programs": (*names, *system), "environ": self.environ} | self._settings)

    @property
    def hands(self) -> RunningHands:
        self._hands = self._hands or open_hands(self.settings)
        return self._hands

    def script(self, name: str, body: str, first: str = f"#!{PYTHON}") -> Path:
        path = self.folder / name
        path.write_text(f"{first}\n{body}\n")
        path.chmod(0o700)
        return path

    def deed(self, *argv: str, timeout_s: float = 20.0, env: Mapping[str, str] | None = None, needs=()) -> Exec:
        program = self.hands.program(argv[0])
        return Exec(argv, program.path, program.digest, timeout_s, env or {}, needs)

    async def run(self, *argv: str, stop: asyncio.Event | None = None, **deed) -> Outcome:
        return await self.hands.perform(self.deed(*argv, **deed), stop or asyncio.Event())

    def pair(self, first: tuple[str, ...], second: tuple[str, ...], **deed) -> Exec:
        return replace(self.deed(*first, **deed), then=self.deed(*second, **deed))

    async def python(self, body: str, *arguments: str, **deed) -> Outcome:
        self.script("program", body)
        return await self.run("program", *arguments, **deed)


async def appears(path: Path) -> str:
    """The text of a file that a program writes when it has come so far."""
    await asyncio.to_thread(until, lambda: has_come(path), path.name)
    return path.read_text()  # noqa: ASYNC240  # a few bytes


def has_come(path: Path) -> bool:
    """Whether a program has written this file."""
    return path.exists() and path.read_text() != ""


async def tidies(bench: Bench, program: str, folder: Path, **deed) -> None:
    """Stopped, this program has the time to write its second file.

    Tried again: where the machine stalls, the moment that a program is given may be over before it had any of it.
    """
    for number in range(5):
        stop, sign, tidied = asyncio.Event(), folder / f"sign{number}", folder / f"tidied{number}"
        task = asyncio.create_task(bench.run(program, str(sign), str(tidied), stop=stop, **deed))
        await appears(sign)
        stop.set()
        assert (await task).result == "stopped"
        if has_come(tidied):
            break
    assert tidied.read_text() == "tidied"


def parent_of(pid: int) -> int:
    return int(_stat(pid)[1])


def folder_of(pid: int) -> Path:
    """The step's folder that this process stands in."""
    return Path(f"/proc/{pid}/cwd").resolve().parent


def lives(pid: int) -> bool:
    """Whether a process still does anything; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def named(text: str) -> list[int]:
    """Every process with this text in its command line."""
    return [pid for pid in _pids() if text in _command(pid)]


def zombies_of(parent: int) -> list[int]:
    states = ((pid, _stat(pid)) for pid in _pids())
    return [pid for pid, stat in states if stat[:1] == ["Z"] and stat[1] == str(parent)]


def _pids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208  # names are all it takes


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
