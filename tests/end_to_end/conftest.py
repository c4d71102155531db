"""A playground with a real bot process in it, on SQLite, and on PostgreSQL where a test asks for it."""

from contextlib import asynccontextmanager

import pytest

from playground import town as playground
from tests.end_to_end.watch import PATIENCE_S


@pytest.fixture
def open_town(tmp_path):
    """Opens a town whose bot is started; more settings, `start=False`, or `model="script"`, as the test likes."""

    @asynccontextmanager
    async def opened(*, start=True, model="none", **more):
        async with playground.running(tmp_path, more=more, model=model, patience_s=PATIENCE_S) as town:
            if start:
                await town.bot.start()
            yield town

    return opened
