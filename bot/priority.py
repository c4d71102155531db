"""What is said first where not everything can be said at once.

It is known to whoever says something, and only there: a story, or a part of one, says it of all that it does, and
whoever makes things wait their turn reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Act = Callable[P, Coroutine[Any, Any, T]]


class Priority(IntEnum):
    """The smaller goes first."""

    HEADLINE = 0
    """The first word of an incident, and the place where it is said."""
    APPROVAL = 1
    """What people decide on, and what they hear after they did something."""
    ANSWER = 2
    BRIEFING = 3
    """Also what changes in one, and lines that point to one. What says nothing of itself counts as this."""
    CHATTER = 4
    """What is nice to have: topic, pin, invitation, chart, a reply that grows."""


_now: ContextVar[Priority] = ContextVar("priority", default=Priority.BRIEFING)


def priority() -> Priority:
    """Of what is being done here."""
    return _now.get()


@contextmanager
def at(wanted: Priority) -> Iterator[None]:
    """What is done inside is of this priority."""
    token = _now.set(wanted)
    try:
        yield
    finally:
        _now.reset(token)


def done_as(wanted: Priority) -> Callable[[Act[P, T]], Act[P, T]]:
    """Decorates a coroutine function: everything that it does is of this priority."""

    def decorate(act: Act[P, T]) -> Act[P, T]:
        @wraps(act)
        async def acting(*args: P.args, **kwargs: P.kwargs) -> T:
            with at(wanted):
                return await act(*args, **kwargs)

        return acting

    return decorate
