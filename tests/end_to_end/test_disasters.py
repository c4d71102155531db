"""The disk full, the database gone, its connections cut, the clock set: what was answered 202 is never lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from bot.domain.run import GateOpened
from playground.terminal import as_text
from tests.chaos.person import ALICE, YES, gates, runs
from tests.chaos.place import open_place
from tests.chaos.rounds import payload
from tests.end_to_end.replicas import NO_SOURCES, open_replicas
from tests.end_to_end.watch import briefing, channel_of, incident_channels, said_by_bot, until
from tests.real.disk import small_disk
from tests.real.moved_clock import MovedClock
from tests.real.postgres import own_server

HOUR = timedelta(hours=1)
DISK_MB = 6
"""Room for both files of a small database, and filled in no time."""
STEP = "steps:\n  - {name: touch it, action: exec, command: 'note {{service}}', approval: required}\n"


class Sender:
    """Sends alerts, each about a service of its own; what was not taken is sent again when asked to."""

    def __init__(self, town):
        self._town = town
        self.taken: list[str] = []
        self.refused: list[str] = []
        self.answers: list[httpx.Response] = []

    async def send(self, service, status="firing", began=None):
        token = self._town.env["ALERTMANAGER_WEBHOOK_TOKEN"]
        body = payload(service, "HighErrorRate", status, began or datetime.now(UTC))
        async with httpx.AsyncClient(timeout=20.0, trust_env=False) as client:
            answer = await client.post(
                f"{self._town.bot.url}/webhooks/alertmanager", json=body, headers={"Authorization": f"Bearer {token}"}
            )
        self.answers.append(answer)
        (self.taken if answer.status_code == 202 else self.refused).append(service)
        return answer.status_code

    async def again(self):
        """Until all are taken, as a sender does."""
        async with asyncio.timeout(60.0):
            while self.refused:
                refused, self.refused = self.refused, []
                for service in refused:
                    await self.send(service)
                await asyncio.sleep(0.1)

    async def sends(self, name, enough):
        """Alerts one after the other, until it is enough."""
        async with asyncio.timeout(60.0):
            while not enough():
                await self.send(f"{name}-{len(self.answers)}")

    async def all_briefed(self):
        """Every alert that was answered 202 has one channel with one briefing, and nothing else."""
        services = set(self.taken)
        await until(lambda: all(map(self.is_briefed, services)), what="the briefings")
        assert len(incident_channels(self._town)) == len(services)
        assert [len(said_by_bot(channel)) for channel in incident_channels(self._town)] == [1] * len(services)

    def is_briefed(self, service):
        return bool(briefing(channel_of(self._town, service)))

    @property
    def reasons(self):
        """What those were told that were not taken: (status, reason, whether it says when to come again)."""
        refused = [answer for answer in self.answers if answer.status_code != 202]
        return {(one.status_code, one.json()["error"], "retry-after" in one.headers) for one in refused}


NOT_STORED = (503, "not stored; send it again", True)


@pytest.mark.needs("tmpfs")
async def test_on_a_full_disk_alerts_are_refused_and_it_goes_on_by_itself_when_there_is_room(open_town, tmp_path):
    with small_disk(tmp_path / "disk", DISK_MB) as disk:
        async with open_town(DATABASE_URL=f"sqlite:///{disk.path / 'bot.sqlite'}", **NO_SOURCES) as town:
            sender, pid = Sender(town), town.bot.pid
            assert await sender.send("before") == 202
            await until(lambda: briefing(channel_of(town, "before")), what="a briefing with room on the disk")
            disk.fill()
            await sender.sends("full", lambda: len(sender.refused) == 3)
            assert sender.reasons == {NOT_STORED}
            await not_ready(town)
            disk.free()
            await sender.again()
            await sender.all_briefed()
            assert town.bot.pid == pid


async def not_ready(town):
    """It says so, at the latest when what the disk still has room for is used up."""
    async with asyncio.timeout(30.0):
        while await ready(town):
            pass


async def ready(town):
    async with httpx.AsyncClient(timeout=20.0) as client:
        return (await client.get(f"{town.bot.url}/readyz")).status_code == 200


@pytest.mark.needs("postgres")
async def test_a_database_that_is_gone_for_a_while_costs_nothing_that_was_answered_202(open_town):
    with own_server() as server:
        async with open_town(DATABASE_URL=server.url, **NO_SOURCES) as town:
            sender, pid = Sender(town), town.bot.pid
            assert await sender.send("before") == 202  # its story is in the middle when the database goes
            await asyncio.to_thread(server.stop)
            await sender.sends("gone", lambda: len(sender.refused) == 3)
            assert sender.reasons == {NOT_STORED}
            await not_ready(town)
            await asyncio.to_thread(server.start)
            await sender.again()
            await sender.all_briefed()
            assert town.bot.pid == pid
            assert await ready(town)


@pytest.mark.needs("postgres")
async def test_connections_that_are_cut_in_the_middle_cost_nothing(open_town, postgres_url):
    async with open_town(DATABASE_URL=postgres_url, **NO_SOURCES) as town:
        sender = Sender(town)
        cutting = asyncio.create_task(cut(postgres_url))
        for number in range(10):
            await sender.send(f"cut-{number}")
        await cutting
        await sender.again()
        await sender.all_briefed()


async def cut(url):
    """Ends every connection to the database but its own, again and again, for twelve seconds."""
    others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> %s"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for _ in range(80):
            await connection.execute(others, [connection.info.backend_pid])
            await asyncio.sleep(0.15)


@pytest.mark.needs("libfaketime")
@pytest.mark.parametrize("by", [HOUR, -HOUR])
async def test_a_clock_that_is_set_loses_no_alert_and_reopens_nothing(open_town, tmp_path, by):
    clock, began = MovedClock(tmp_path), datetime.now(UTC)
    async with open_town(**NO_SOURCES, **clock.env) as town:
        sender = Sender(town)
        assert await sender.send("before", began=began) == 202
        await until(lambda: briefing(channel_of(town, "before")), what="a briefing by the true clock")
        assert await sender.send("before", "resolved", began) == 202
        await until(lambda: "resolved" in as_text(said_by_bot(channel_of(town, "before"))[0]), what="its end")
        clock.move(by)
        assert await sender.send("before", began=began) == 202  # late, of the alert that is over
        assert await sender.send("after") == 202
        await until(lambda: briefing(channel_of(town, "after")), what="a briefing by the other clock")
        assert "resolved" in as_text(said_by_bot(channel_of(town, "before"))[0])
        clock.move(timedelta())
        assert await sender.send("again") == 202
        await until(lambda: briefing(channel_of(town, "again")), what="a briefing by the true clock again")
        assert len(incident_channels(town)) == 3


@pytest.mark.needs("libfaketime")
@pytest.mark.parametrize("by", [HOUR, -HOUR])
async def test_a_clock_that_is_set_approves_nothing(tmp_path, by):
    clock = MovedClock(tmp_path)
    async with open_place(tmp_path, {"one": STEP}, **clock.env) as place:
        await place.ask("one")
        await place.on_record(GateOpened)
        clock.move(by)
        if by > timedelta():  # its time is over by that clock: nobody answered, and that is a no
            await until(lambda: "Ask again" in str(runs(place.channel)[-1].blocks), what="the end of the gate")
            assert place.ran == []
            return
        gate = await until(lambda: next(iter(gates(place.channel)), None), what="the gate")
        assert place.ran == []
        await place.person(ALICE).react(gate, YES)
        assert (await place.ends())[0] == "done"
        assert len(place.ran) == 1


@pytest.mark.needs("libfaketime", "postgres")
@pytest.mark.parametrize("by", [HOUR, -HOUR])
async def test_where_one_replicas_clock_is_set_no_lease_is_lost_and_its_sweep_goes_on(tmp_path, postgres_url, by):
    clock = MovedClock(tmp_path)
    async with open_replicas(tmp_path, postgres_url, 1, REPLICA_LEASE_S="8") as replicas:
        moved = replicas.add(**clock.env)
        await moved.start()
        try:
            (other, _), pid = replicas.bots, moved.pid
            lost = await taken(postgres_url)
            clock.move(by)
            await renewed(postgres_url, 5)  # which takes longer than a lease lasts
            assert moved.pid == pid
            assert other.pid is not None
            assert await taken(postgres_url) == lost
            await replicas.alert("shop", other)
            await until(lambda: (found := replicas.channel("shop")) and found.purpose["value"], what="its channel")
            await other.kill()
            await until(lambda: replicas.told("shop"), what="its briefing, by the one whose clock was set")
            assert replicas.doubled() == []
        finally:
            await moved.stop()


async def renewed(url, times):
    """Each live lease was renewed so often from now on."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        before = await beats(connection)
        async with asyncio.timeout(60.0):
            while (now := await beats(connection)) and any(now[one] < before[one] + times for one in before):  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def taken(url):
    """Executors whose lease was taken by another."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        rows = await connection.execute("select executor_id from leases where taken_by is not null")
        return {executor for (executor,) in await rows.fetchall()}


async def beats(connection):
    """Executor → how often its lease was renewed."""
    rows = await connection.execute("select executor_id, beats from leases where taken_by is null and beats > 0")
    return dict(await rows.fetchall())
