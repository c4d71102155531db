"""kill -9 at ten moments of whole incidents: every alert is stored and briefed once, and nothing is said or done twice.

The long form, with its table: `make chaos`.
"""

import pytest

from tests.chaos.incidents import chaos


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))])
async def test_ten_kills_during_whole_incidents(tmp_path, database, request):
    more = {"DATABASE_URL": request.getfixturevalue("postgres_url")} if database == "postgresql" else {}
    tally = await chaos(tmp_path, kills=10, seed=6, **more)
    print("\n".join(tally.lines()))
    assert tally.faults == []
    assert tally.sent == tally.stored == tally.briefed > 0
    assert sum(tally.stages.values()) >= 10
    assert tally.heard == tally.answered > 0
