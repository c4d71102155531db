"""A journal on a migrated database, on SQLite and on a real PostgreSQL, with a clock that the test sets."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.state.database import migrate, open_database
from bot.state.journal import journal


class SetClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def pass_(self, **span) -> None:
        self.moment += timedelta(**span)


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))])
def database_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
async def database(database_url):
    migrate(database_url)
    database = open_database(database_url)
    yield database
    await database.dispose()


@pytest.fixture
async def record(database_url, clock):
    migrate(database_url)
    engine = open_database(database_url)
    yield journal(engine, clock, (("service", "job", "alertname"), ("env",), 3600))
    await engine.dispose()
