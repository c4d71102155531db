"""Fifty stories at once on two real processes and one small limit: at no moment is more set aside and spent than it."""

import json
import subprocess
import sys

import pytest
import sqlalchemy as sa

from bot.state.database import migrate, sync_url
from bot.state.tables import spend
from tests.pages import ROOT
from tests.state.spending import CALLS, COST, LIMIT, MOST, STORIES

WATCH = {
    "sqlite": (
        "CREATE TABLE sums (micros BIGINT)",
        "CREATE TRIGGER up AFTER INSERT ON spend BEGIN INSERT INTO sums SELECT sum(micros) FROM spend; END",
        "CREATE TRIGGER down BEFORE UPDATE ON spend BEGIN INSERT INTO sums SELECT sum(micros) FROM spend; END",
    ),
    "postgresql": (
        "CREATE TABLE sums (micros BIGINT)",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO sums SELECT sum(micros) FROM spend; RETURN NEW; END $$",
        "CREATE TRIGGER up AFTER INSERT ON spend FOR EACH ROW EXECUTE FUNCTION note()",
        "CREATE TRIGGER down BEFORE UPDATE ON spend FOR EACH ROW EXECUTE FUNCTION note()",
    ),
}
"""The database itself notes the sum after each reservation, and before each settling: each peak lies between them, also
one that two reservations make which do not see each other yet."""


@pytest.fixture
def engine(database_url):
    migrate(database_url)
    engine = sa.create_engine(sync_url(database_url))
    with engine.begin() as connection:
        for statement in WATCH[engine.dialect.name]:
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()


def processes(url):
    """What two processes tell that began at the same moment."""
    command = [sys.executable, "-m", "tests.state.spending", url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    both = [subprocess.Popen([*command, name], **pipes) for name in ("a", "b")]
    try:
        for process in both:
            assert process.stdout.readline() == "ready\n", process.stderr.read()
        for process in both:
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [process.communicate(timeout=120) for process in both]
    finally:
        for process in both:
            process.kill()
            process.wait()
    assert [process.returncode for process in both] == [0, 0], [errors for _, errors in told]
    return [json.loads(said) for said, _ in told]


def test_fifty_stories_on_two_processes_never_pass_the_limit(engine, database_url):
    told = processes(database_url)

    with engine.connect() as connection:
        rows = connection.execute(sa.select(spend.c.micros, spend.c.settled)).all()
        peak = connection.exec_driver_sql("SELECT max(micros) FROM sums").scalar()
    made, refused = (sum(one[counted] for one in told) for counted in ("made", "refused"))
    assert peak <= LIMIT.micros
    assert peak > (LIMIT - MOST).micros, "they did come up to the limit"
    assert refused > 0, "and were stopped there"
    assert made + refused == 2 * (1 + STORIES * CALLS)
    assert len(rows) == made, "what was refused left nothing behind"
    assert {micros for micros, settled in rows if settled} == {COST.micros}
    assert {micros for micros, settled in rows if not settled} <= {MOST.micros}
