"""Which process does a deed, and until when it may still be at it."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from bot.domain.approval import Stop
from bot.domain.run import DeedBegun, Event, Stopped
from runbooks.prepared import Deed, Say, Wait

LAST_WORDS = timedelta(seconds=30)
"""So long after a deed's time its end may take to be on record."""
STOPPING = timedelta(seconds=15)
"""So long after a stop."""


def me() -> str:
    """This process, as one that begins a deed signs for it: host and number."""
    return f"{socket.gethostname()}:{os.getpid()}"


def executor() -> str:
    """A new name for this process among those that tell stories: no other, before or after it, has the same."""
    return f"{me()}:{_machine()}:{secrets.token_hex(4)}"


def is_gone(executor_id: str) -> bool:
    """Whether the process of this name is certainly gone: it was one of this very machine, which knows it no more."""
    by, machine = [*executor_id.rsplit(":", 2), ""][:2]
    return machine == _machine() and not _may_live(by)


@cache
def _machine() -> str:
    """This machine since it was started, or this container: where numbers of processes mean the same."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        numbers = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot, numbers = socket.gethostname(), ""
    return hashlib.sha256(f"{boot} {numbers}".encode()).hexdigest()[:12]


def until(begun: DeedBegun, deed: Deed, events: tuple[Event, ...], stop: Stop | None) -> datetime:
    """When it is certain that nobody is at this deed any more: at once where it was a process of this host that is
    gone, else once its time is over. Asked only by a process that is not at it itself.
    """
    if not _may_live(begun.by):
        return begun.at
    stops = [event.at for event in events if isinstance(event, Stopped)] + ([stop.at] if stop else [])
    return min([begun.at + _longest(deed) + LAST_WORDS, *(at + STOPPING for at in stops)])


def _may_live(by: str) -> bool:
    host, _, number = by.rpartition(":")
    if by in ("", me()):
        return False
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _longest(deed: Deed) -> timedelta:
    match deed:
        case Wait(seconds):
            return timedelta(seconds=seconds)
        case Say():
            return timedelta()
        case _:
            return timedelta(seconds=deed.timeout_s)
