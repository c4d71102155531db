"""A row is put in unless one stands there already, told apart by the database in one statement."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: sa.Connection, table: sa.Table, **values: Any) -> bool:
    """Whether the row is new. False where a unique key is taken; the transaction stays usable, nothing is changed.

    On PostgreSQL it waits for another transaction that is putting in the same key, and sees how that ends.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    put: Any = dialect.insert(table).values(**values).on_conflict_do_nothing()
    return connection.execute(put.returning(sa.literal(1))).first() is not None
