"""A database that is away, in the word that stories know: `JournalDown`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.ports import JournalDown


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
