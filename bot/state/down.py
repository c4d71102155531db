"""A database that is away, in the word that stories know: `JournalDown`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from bot.ports import JournalDown

_AWAY = frozenset({"08", "53", "55", "57", "58"})
"""Classes of PostgreSQL's error codes: no connection, no room, no lock in time, an operator's stop, a broken disk."""


@contextmanager
def down(what: str) -> Iterator[None]:
    """Raises JournalDown for everything that another try later can mend; `what` could not be done (`written`, `read`).

    What the database refuses because of what stands in it (IntegrityError) is no outage, and passes as it is.
    """
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, OSError, sa.exc.TimeoutError) as error:
        raise JournalDown(f"the database cannot be {what} ({type(error).__name__}); see DATABASE_URL") from error


def is_away(problem: BaseException) -> bool:
    """Whether it is a JournalDown that any other transaction would meet now too, whatever that holds."""
    cause = problem.__cause__ if isinstance(problem, JournalDown) else None
    if not isinstance(cause, DBAPIError):
        return cause is not None
    code = getattr(cause.orig, "sqlstate", None)
    refused = not isinstance(cause, OperationalError) or (code is not None and code[:2] not in _AWAY)
    return cause.connection_invalidated or not refused
