"""Two runbooks as teams write them, run to their end: a real psql on a real database, stand-ins for kubectl and aws."""

import asyncio
import contextlib
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from playground.terminal import as_text
from tests.chaos.person import ALICE, NO, YES, ended, gates, runs
from tests.chaos.place import open_place

BOOKS = Path(__file__).parent / "as_teams_write.yaml"


async def test_a_heap_is_kept_and_the_service_restarted_because_the_briefing_measured_it(tmp_path):
    async with open_place(tmp_path, BOOKS, scenario="memory-leak", service="catalog-api") as place:
        await place.wish("heap_grows")
        shown = await _approve_all(place)
        how, said = await place.ends()
        assert how == "done", said
        ran = [("kubectl", *call.argv) for call in place.kubectl.calls] + [("aws", *c.argv) for c in place.aws.calls]
        pod = ran[1][2]
        assert pod.startswith("catalog-api-")
        assert ran == [
            ("kubectl", "top", "pods", "-n", "catalog"),
            ("kubectl", "exec", pod, "--", "cat", "/proc/meminfo"),
            ("kubectl", "exec", pod, "--", "jcmd", "1", "GC.heap_dump", "/tmp/heap.hprof"),
            ("kubectl", "cp", f"{pod}:/tmp/heap.hprof", "heap.hprof"),
            ("kubectl", "rollout", "restart", "deployment/catalog-api", "-n", "catalog"),
            ("aws", "s3", "cp", "--only-show-errors", "heap.hprof", ran[-1][-1]),
        ]
        unasked = ran.pop(0)
        assert len(shown) == 3
        for command in ran:  # each of the others stood at a gate, exactly so
            assert sum(f"\n{' '.join(command)}\n" in gate for gate in shown) == 1, command
        assert not any(" ".join(unasked) in gate for gate in shown)
        assert "(label of the alert MemoryNearLimit)" in shown[0]


@pytest.mark.needs("postgres")
async def test_every_query_that_takes_long_is_ended_by_a_command_of_its_own_behind_one_gate(tmp_path, postgres_url):
    address = urlsplit(postgres_url)
    reach = {"PGHOST": "127.0.0.1", "PGPORT": str(address.port), "PGUSER": "postgres", "PGDATABASE": address.path[1:]}
    async with open_place(tmp_path, BOOKS, real=("psql",), **reach, RUNBOOK_ENV=",".join(reach)) as place:  # noqa: SIM117
        async with _sleeping(postgres_url) as first, _sleeping(postgres_url) as second:
            await _older_than_three_seconds(postgres_url, first, second)  # of so many the condition speaks
            gate = await place.ask("pool_empty")
            async with _sleeping(postgres_url) as young:
                shown = as_text(gate).replace("```", "\n")
                for query in (first, second):
                    assert f"psql --csv -X -v ON_ERROR_STOP=1 -c 'SELECT pg_terminate_backend({query.pid})'\n" in shown
                assert shown.count("pg_terminate_backend(") == 2
                assert "row 1 of the last table" in shown
                await place.person(ALICE).react(gate, YES)
                how, said = await place.ends()
                assert how == "done", said
                assert await first.end() == await second.end() == "57P01"
                assert young.goes_on


async def _older_than_three_seconds(url, *queries):
    pids = [query.pid for query in queries]
    old = (
        "select pid from pg_stat_activity where pid = any(%s) and query ~ 'pg_sleep' and now() - query_start > '3.1 s'"
    )
    async with asyncio.timeout(60), await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while len(await (await connection.execute(old, [pids])).fetchall()) < len(queries):  # noqa: ASYNC110 - the database
            await asyncio.sleep(0.1)


class Query:
    """One that sleeps in the database."""

    def __init__(self, connection):
        self._connection = connection
        self.pid = connection.info.backend_pid
        self._task = asyncio.create_task(self._run())

    async def _run(self):
        try:
            await self._connection.execute("select pg_sleep(600)")
        except psycopg.Error as problem:
            return problem.sqlstate
        return "00000"

    @property
    def goes_on(self):
        return not self._task.done()

    async def end(self):
        """The SQLSTATE with which it ended."""
        return await asyncio.wait_for(self._task, 10)


@contextlib.asynccontextmanager
async def _sleeping(url):
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    query = Query(connection)
    try:
        yield query
    finally:
        with contextlib.suppress(psycopg.Error):
            connection.cancel()
        await asyncio.gather(query.end(), return_exceptions=True)
        await connection.close()


async def _approve_all(place):
    """Says yes to every gate of the run; what each of them showed."""
    shown, met = [], set()

    async def approve():
        for gate in gates(place.channel):
            if gate.ts not in met and NO in gate.reactions:
                met.add(gate.ts)
                shown.append(as_text(gate).replace("```", "\n"))
                await place.person(ALICE).react(gate, YES)

    async with asyncio.timeout(60):
        while not (runs(place.channel) and ended(runs(place.channel)[-1])):
            await approve()
            await asyncio.sleep(0.05)
    return shown
