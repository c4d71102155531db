"""The bot as a process of its own: started with settings and nothing else, stopped, killed, started again."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

READY_S = 60.0
STOP_S = 30.0
FIRST_PORT, PORTS = 20_000, 12_000
EACH = 60
"""Ports from one process's first to that of the next: two for each of thirty playgrounds, one after another."""
_places = itertools.cycle(range(EACH))
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
"""What of our own environment reaches the bot: nothing that could be a setting of a real one."""


class NotStarted(Exception):
    """The bot ended, or did not become ready in time; the message holds the end of its log."""


def free_port() -> int:
    """A port for a server that starts later: below those that systems hand out for outgoing connections (Linux from
    32768, others from 49152), so that none of these takes it in between; and neither does a playground beside this one:
    processes that run at the same time look in different places, and each hands out the same port late.
    """
    first = FIRST_PORT + os.getpid() * EACH % PORTS
    for place in itertools.islice(_places, EACH):
        try:
            with socket.create_server(("127.0.0.1", first + place)):
                return first + place
        except OSError:
            continue
    raise OSError(f"no port from {first} to {first + EACH - 1} is free")


class Bot:
    """One bot at a time. Its log goes to `bot.log` in the folder, each life behind the one before."""

    def __init__(self, env: Mapping[str, str], folder: Path, port: int) -> None:
        self._env = {name: os.environ[name] for name in _KEPT if name in os.environ} | dict(env)
        self._folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "bot.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    def configure(self, **settings: str) -> None:
        """Other settings, from the next start on."""
        self._env |= settings

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Runs one command of the bot's to its end: exit code and everything it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            env=self._env,
            cwd=self._folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode(errors="replace")

    async def start(self) -> None:
        """Starts it and waits until it is ready for alerts. Raises NotStarted."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "serve", env=self._env, cwd=self._folder, stdout=log, stderr=log
            )
        async with httpx.AsyncClient() as client:
            for _ in range(int(READY_S / 0.1)):
                if self._process.returncode is not None:
                    raise NotStarted(f"the bot ended with {self._process.returncode}:\n{self.tail()}")
                if await _ready(client, self.url):
                    return
                await asyncio.sleep(0.1)
        raise NotStarted(f"the bot was not ready in {READY_S:g} s:\n{self.tail()}")

    async def stop(self) -> int | None:
        """SIGTERM, as a supervisor does; SIGKILL if it does not go. Gives back the exit code."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """kill -9: no goodbye."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> int | None:
        process = self._process
        if process is None:
            return None
        if process.returncode is None:
            process.send_signal(how)
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        return process.returncode

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


async def _ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/readyz")).status_code == 200
    except httpx.TransportError:
        return False
