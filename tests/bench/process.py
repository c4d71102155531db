"""A program under measurement: started, waited for, weighed, stopped by its pid."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

READY_S = 60.0
STOP_S = 30.0
POLL_S = 0.01
BOT = ("-m", "bot", "serve")
PLAIN = ("-m", "tests.bench.plain")
BARE = ("-m", "tests.bench.bare")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
_ROOT = Path(__file__).parents[2]


class NotStarted(Exception):
    """The program ended, or was not ready in time."""


@dataclass(frozen=True, slots=True)
class Program:
    """One that answers on /readyz. `ready_s` is how long that took from its start."""

    pid: int
    ready_s: float
    log: Path

    def rss_mb(self) -> float:
        """Its memory now and that of its children, in megabytes of 10⁶ bytes; what they share counts for each."""
        return sum(map(rss_of, with_children(self.pid)))


def with_children(pid: int) -> tuple[int, ...]:
    """The process, and those that any of its threads has started."""
    return (pid, *_children(pid))


def rss_of(pid: int) -> float:
    """Its memory now, in megabytes of 10⁶ bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024 / 1e6


def _children(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]


@asynccontextmanager
async def running(
    argv: tuple[str, ...], env: Mapping[str, str], folder: Path, url: str, path: str = "/readyz"
) -> AsyncIterator[Program]:
    """Starts `python …` with these settings and nothing of ours. Raises NotStarted."""
    log = folder / "log"
    began = time.perf_counter()
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *argv, env={**_kept(), **env}, cwd=folder, stdout=out, stderr=out
        )
    try:
        while not await _ready(url, path):
            if process.returncode is not None or time.perf_counter() - began > READY_S:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                raise NotStarted(f"{' '.join(argv)} is not ready:\n{tail}")
            await asyncio.sleep(POLL_S)
        yield Program(process.pid, time.perf_counter() - began, log)
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _ready(url: str, path: str) -> bool:
    """By hand, since a client would take longer than what it asks for."""
    address = urlsplit(url)
    try:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
    except OSError:
        return False
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()


async def once(argv: tuple[str, ...], env: Mapping[str, str], folder: Path) -> None:
    """Runs `python …` to its end. Raises NotStarted with what it said when that was an error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *argv,
        env={**_kept(), **env},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise NotStarted(f"{' '.join(argv)}: {said.decode(errors='replace')[-2000:]}")


def _kept() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | {"PYTHONPATH": str(_ROOT)}
