"""Which process does a deed, and until when it may still be at it."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

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
