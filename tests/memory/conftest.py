"""A migrated database, on SQLite and on a real PostgreSQL."""

from tests.state.conftest import clock, database, database_url

__all__ = ["clock", "database", "database_url"]
