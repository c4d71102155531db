"""The record of runs over the tables: what was asked for, and numbered events that are a run's only state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, get_args

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.approval import Gate, Vote
from bot.domain.incident import Posted
from bot.domain.run import Ended, Event, Run
from bot.ports import JournalDown
from bot.runs.action_ports import TargetHeldError
from bot.state import codec
from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.step_record import good_or_not
from bot.state.tables import gates, run_events, runs, votes

T = TypeVar("T")

KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}
RACES = 5
"""How often a run is opened again whose target was freed between the try and the look at who holds it."""
LOOKED_BACK = 200
"""Ended runs of a runbook that are read, at most, for a step's record."""


class SqlRuns:
    """`bot.runs.action_ports.Runs` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, run: Run) -> None:
        row = _row(run)
        for _ in range(RACES):
            opened, holder = await self._write(lambda connection: _opened(connection, row))
            if opened:
                return
            if holder is not None:
                raise TargetHeldError(holder)
        raise JournalDown(f"{run.target} was freed and taken again {RACES} times over")

    async def run(self, run_id: str) -> Run | None:
        found = await self._runs(runs.c.id == run_id)
        return found[0] if found else None

    async def unended(self) -> tuple[Run, ...]:
        return await self._runs(runs.c.ended_at.is_(None))

    async def of_incident(self, incident_id: str) -> tuple[Run, ...]:
        return (await self._runs(runs.c.incident_id == incident_id))[::-1]

    async def keep_message(self, run_id: str, message: Posted) -> None:
        here = {"message_channel": message.channel_id, "message_ts": message.ts}
        change = runs.update().where(runs.c.id == run_id).values(**here)
        await self._write(lambda connection: connection.execute(change).close())

    async def events(self, run_id: str) -> tuple[Event, ...]:
        return await self._read(lambda connection: _events(connection, (run_id,)).get(run_id, ()))

    async def append(self, run_id: str, number: int, event: Event) -> bool:
        """Also raises ValueError where `number` would leave a gap, or where there is no such run."""
        body = codec.dump_any(event, type(event))

        def act(connection: Connection) -> bool:
            _check_place(connection, run_id, number)
            kind = type(event).__name__
            new = insert_new(connection, run_events, run_id=run_id, number=number, kind=kind, body=body)
            if new and isinstance(event, Ended):
                connection.execute(runs.update().where(runs.c.id == run_id).values(ended_at=event.at))
            return new

        return await self._write(act)

    async def keep_gate(self, gate: Gate) -> None:
        """As long as it has no message, what is given replaces what was there; after that nobody changes it."""
        await self._write(lambda connection: _keep_gate(connection, gate))

    async def gate(self, gate_id: str) -> Gate | None:
        return await self._gate(gates.c.id == gate_id)

    async def gate_at(self, posted: Posted) -> Gate | None:
        here = sa.and_(gates.c.message_channel == posted.channel_id, gates.c.message_ts == posted.ts)
        return await self._gate(here)

    async def stands_at(self, posted: Posted) -> bool:
        found = sa.union_all(
            *(
                sa.select(table.c.id).where(
                    table.c.message_channel == posted.channel_id, table.c.message_ts == posted.ts
                )
                for table in (runs, gates)
            )
        )
        with down("read"):
            return await self._database.read(lambda connection: connection.execute(found).first() is not None)

    async def keep_vote(self, vote: Vote) -> None:
        await self._write(lambda connection: _keep_vote(connection, vote))

    async def keep_vote_after(self, vote: Vote, before: Vote | None) -> bool:
        def act(connection: Connection) -> bool:
            _one_at_a_time(connection, vote.gate_id)
            last = next((v for v in reversed(_votes(connection, vote.gate_id)) if v.person.id == vote.person.id), None)
            if last == before:
                _keep_vote(connection, vote)
            return last == before

        return await self._write(act)

    async def votes(self, gate_id: str) -> tuple[Vote, ...]:
        return await self._read(lambda connection: _votes(connection, gate_id))

    async def record_of(self, runbook_id: str, step: str, most: int) -> tuple[bool, ...]:
        """`step` is the step's name or its path. Looks back over the last 200 ended runs of the runbook."""
        ended = sa.and_(runs.c.runbook_id == runbook_id, runs.c.ended_at.is_not(None))
        last = sa.select(runs.c.id).where(ended).order_by(runs.c.asked_at.desc(), runs.c.id).limit(LOOKED_BACK)

        def act(connection: Connection) -> tuple[bool, ...]:
            ids = tuple(connection.scalars(last))
            found: list[bool] = []
            for start in range(0, len(ids), most):
                of_each = _events(connection, ids[start : start + most])
                told = (good_or_not(of_each.get(run_id, ()), step) for run_id in ids[start : start + most])
                found += [good for good in told if good is not None]
                if len(found) >= most:
                    break
            return tuple(found[:most])

        return await self._read(act) if most > 0 else ()

    async def _runs(self, where: sa.ColumnElement[bool]) -> tuple[Run, ...]:
        """The oldest first."""
        these = sa.select(runs).where(where).order_by(runs.c.asked_at, runs.c.id)
        return await self._read(lambda connection: tuple(_run(row) for row in connection.execute(these)))

    async def _gate(self, where: sa.ColumnElement[bool]) -> Gate | None:
        row = await self._read(lambda connection: connection.execute(sa.select(gates).where(where)).first())
        return None if row is None else _gate_of(row)

    async def _write(self, act: Callable[[Connection], T]) -> T:
        with down("written"):
            return await self._database.write(act)

    async def _read(self, act: Callable[[Connection], T]) -> T:
        with down("read"):
            return await self._database.read(act)


def _row(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "incident_id": run.incident_id,
        "runbook_id": run.runbook.id,
        "target": run.target,
        "asked_at": run.asked_at,
        "message_channel": run.message.channel_id if run.message else None,
        "message_ts": run.message.ts if run.message else None,
        "body": codec.dump_any(replace(run, message=None), Run),
    }


def _opened(connection: Connection, row: Mapping[str, Any]) -> tuple[bool, Run | None]:
    """Whether the run stands now; else who holds the target, None where it was freed in this moment."""
    if insert_new(connection, runs, **row):
        return True, None
    if connection.scalar(sa.select(runs.c.id).where(runs.c.id == row["id"])):
        return True, None
    holding = sa.and_(runs.c.target == row["target"], runs.c.ended_at.is_(None))
    holder = connection.execute(sa.select(runs).where(holding)).first()
    return False, None if holder is None else _run(holder)


def _run(row: Any) -> Run:
    run: Run = codec.read(row.body, Run)
    return replace(run, message=Posted(row.message_channel, row.message_ts)) if row.message_ts else run


def _check_place(connection: Connection, run_id: str, number: int) -> None:
    """A gap would never be closed: whoever appends counts what is there."""
    before = sa.and_(run_events.c.run_id == run_id, run_events.c.number == number - 1)
    stands = sa.select(run_events.c.number).where(before) if number else sa.select(runs.c.id).where(runs.c.id == run_id)
    if connection.scalar(stands) is None:
        raise ValueError(f"event {number} of run {run_id} has nothing to stand on")


def _events(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[Event, ...]]:
    of_them = sa.select(run_events).where(run_events.c.run_id.in_(run_ids)).order_by(run_events.c.number)
    found: dict[str, tuple[Event, ...]] = {}
    for row in connection.execute(of_them):
        found[row.run_id] = (*found.get(row.run_id, ()), codec.read(row.body, KINDS[row.kind]))
    return found


def _keep_gate(connection: Connection, gate: Gate) -> None:
    body = codec.dump_any(replace(gate, message=None), Gate)
    if not insert_new(connection, gates, id=gate.id, body=body):
        unposted = sa.and_(gates.c.id == gate.id, gates.c.message_ts.is_(None))
        connection.execute(gates.update().where(unposted).values(body=body))
    if gate.message is not None:
        here = {"message_channel": gate.message.channel_id, "message_ts": gate.message.ts}
        first = sa.and_(gates.c.id == gate.id, gates.c.message_ts.is_(None))
        connection.execute(gates.update().where(first).values(**here))


def _one_at_a_time(connection: Connection, gate_id: str) -> None:
    """Until this transaction ends nobody else votes at the gate: the order of votes is that in which they are seen."""
    connection.scalar(sa.select(gates.c.id).where(gates.c.id == gate_id).with_for_update())


def _keep_vote(connection: Connection, vote: Vote) -> None:
    _one_at_a_time(connection, vote.gate_id)
    connection.execute(votes.insert().values(gate_id=vote.gate_id, body=codec.dump_any(vote, Vote)))


def _votes(connection: Connection, gate_id: str) -> tuple[Vote, ...]:
    of_it = sa.select(votes.c.body).where(votes.c.gate_id == gate_id).order_by(votes.c.number)
    return tuple(codec.read(body, Vote) for body in connection.scalars(of_it))


def _gate_of(row: Any) -> Gate:
    gate: Gate = codec.read(row.body, Gate)
    return replace(gate, message=Posted(row.message_channel, row.message_ts)) if row.message_ts else gate
