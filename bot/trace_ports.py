"""What stories leave behind for whoever wants to see where the time went: spans, by ids and figures alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Protocol

Fact = str | int | float | bool
Facts = Mapping[str, Fact]
"""Names, ids and figures. Never a text from outside: what is traced leaves the house."""


class Span(Protocol):
    """Something that takes time, while it does."""

    def note(self, facts: Facts) -> None:
        """What is known of it by now."""
        ...


class Traces(Protocol):
    """Where spans go. Nothing here raises, waits or fails the work that is traced."""

    def story(self, id_: str, name: str, facts: Facts) -> AbstractContextManager[None]:
        """A story while it is told. Told again after a crash, under the same id, it goes on in the same trace."""
        ...

    def span(self, name: str, facts: Facts) -> AbstractContextManager[Span]:
        """A part of the story that is told here, or of the span around it."""
        ...

    def done(self, name: str, began: datetime, ended: datetime, facts: Facts) -> None:
        """A part that is over, and was timed elsewhere."""
        ...

    async def close(self) -> None:
        """Sends what is left, within a few seconds."""
        ...


class _Unseen:
    def note(self, facts: Facts) -> None:
        return None


_UNSEEN = _Unseen()


class Untraced(Traces):
    """Where nobody asked for traces."""

    @contextmanager
    def story(self, id_: str, name: str, facts: Facts) -> Iterator[None]:
        yield

    @contextmanager
    def span(self, name: str, facts: Facts) -> Iterator[Span]:
        yield _UNSEEN

    def done(self, name: str, began: datetime, ended: datetime, facts: Facts) -> None:
        return None

    async def close(self) -> None:
        return None
