"""Memories, and what waits to be looked at, over the tables, on SQLite or PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.memory import Kind, Learnt, Memory
from bot.memory.ports import Decision
from bot.state import codec, entries, postmortems
from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.memory_tables import learnt, memories
from bot.state.owed import owe
from bot.state.tables import answer_votes, questions

T = TypeVar("T")

MOST = 3_000
"""Memories that are compared with an incident."""
MOST_OF_A_KIND = 200
A_STATEMENT = 500
"""Ids that one statement takes."""
_OF_A_MEMORY = ("memory", "runbook", "postmortem")
"""Kinds that go with it: their ids end with its own."""
_SHOWN = memories.c.review != "rejected"


class SqlMemories:
    """`bot.memory.ports.Memories`. Everything raises JournalDown."""

    def __init__(self, database: Database, most: int = MOST) -> None:
        """`most`: memories that are compared with an incident, the newest."""
        self._database = database
        self._newest = (memories.c.opened_at.desc(), memories.c.id)  # whole, so that a limit always cuts the same
        self._most = most

    async def keep(self, memory: Memory, seen: Memory | None = None) -> bool:
        return await self._write(lambda connection: _keep(connection, memory, seen))

    async def memory(self, memory_id: str) -> Memory | None:
        found = await self._all(sa.select(memories.c.body).where(memories.c.id == memory_id))
        return found[0] if found else None

    async def of_incident(self, incident_id: str) -> Sequence[Memory]:
        found = await self._all(sa.select(memories.c.body).where(memories.c.incident_id == incident_id))
        return sorted(found, key=lambda one: one.opening)

    async def known(self) -> Sequence[Memory]:
        found = sa.select(memories.c.body).where(_SHOWN).order_by(*self._newest)
        return await self._all(found.limit(self._most))

    async def stamp(self) -> str:
        told = "\n".join(f"{id_} {digest}" for id_, digest in sorted((await self.digests()).items()))
        return hashlib.sha256(told.encode()).hexdigest()

    async def digests(self) -> Mapping[str, str]:
        found = sa.select(memories.c.id, memories.c.digest).where(_SHOWN).order_by(*self._newest)
        rows = await self._read(lambda connection: connection.execute(found.limit(self._most)).all())
        return {row.id: row.digest for row in rows}

    async def thumbs(self, incident_id: str) -> tuple[int, int]:
        of_it = sa.select(questions.c.id).where(questions.c.incident_id == incident_id)
        beside = answer_votes.c.question_id.in_([_briefing(incident_id), without_names(incident_id)])
        mine = sa.or_(beside, answer_votes.c.question_id.in_(of_it))
        votes = await self._read(
            lambda connection: list(connection.scalars(sa.select(answer_votes.c.vote).where(mine)))
        )
        return votes.count("up"), votes.count("down")

    async def vote(self, incident_id: str, user_id: str, vote: Literal["up", "down"] | None, at: datetime) -> None:
        values = {"question_id": _briefing(incident_id), "user_id": user_id}
        await self._write(lambda connection: _vote(connection, values, vote, at))

    async def forget(self, memory_ids: Sequence[str]) -> int:
        return await self._write(lambda connection: _forget(connection, list(memory_ids)))

    async def older_than(self, moment: datetime) -> Sequence[str]:
        old = sa.select(memories.c.id).where(memories.c.opened_at < moment).order_by(memories.c.opened_at)
        return await self._read(lambda connection: list(connection.scalars(old)))

    async def _all(self, found: sa.Select[Any]) -> list[Memory]:
        bodies = await self._read(lambda connection: list(connection.scalars(found)))
        return [codec.read(body, Memory) for body in bodies]

    async def _read(self, act: Callable[[Connection], T]) -> T:
        with down("read"):
            return await self._database.read(act)

    async def _write(self, act: Callable[[Connection], T]) -> T:
        with down("written"):
            return await self._database.write(act)


class SqlReviews:
    """`bot.memory.ports.Reviews`. Everything raises JournalDown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def wait(self, one: Learnt) -> bool:
        with down("written"):
            return await self._database.write(lambda connection: insert_new(connection, learnt, **_waiting(one)))

    async def learnt(self, learnt_id: str) -> Learnt | None:
        found = await self._all(sa.select(learnt.c.body).where(learnt.c.id == learnt_id))
        return found[0] if found else None

    async def queue(self, most: int) -> Sequence[Learnt]:
        waiting = sa.select(learnt.c.body).where(learnt.c.review == "waiting").order_by(learnt.c.at, learnt.c.id)
        return await self._all(waiting.limit(most))

    async def count(self) -> int:
        waiting = sa.select(sa.func.count()).select_from(learnt).where(learnt.c.review == "waiting")
        with down("read"):
            return await self._database.read(lambda connection: connection.scalar(waiting)) or 0

    async def settled(self, kinds: Sequence[Kind]) -> Sequence[Learnt]:
        agreed = learnt.c.review.in_(("accepted", "edited"))
        found = sa.select(learnt.c.body).where(agreed, learnt.c.kind.in_(kinds))
        return await self._all(found.order_by(learnt.c.at, learnt.c.id))

    async def of_kind(self, kind: Kind) -> Sequence[Learnt]:
        newest = sa.select(learnt.c.body).where(learnt.c.kind == kind).order_by(learnt.c.at.desc(), learnt.c.id)
        return await self._all(newest.limit(MOST_OF_A_KIND))

    async def decide(self, decision: Decision) -> bool:
        with down("written"):
            return await self._database.write(lambda connection: _decide(connection, decision))

    async def _all(self, found: sa.Select[Any]) -> list[Learnt]:
        with down("read"):
            bodies = await self._database.read(lambda connection: list(connection.scalars(found)))
        return [codec.read(body, Learnt) for body in bodies]


def _row(memory: Memory) -> dict[str, Any]:
    body = codec.dump_any(memory, Memory)
    return {
        "id": memory.id,
        "incident_id": memory.incident_id,
        "opened_at": memory.opened_at,
        "review": memory.review,
        "digest": hashlib.sha256(body.encode()).hexdigest(),
        "body": body,
    }


def _keep(connection: Connection, memory: Memory, seen: Memory | None) -> bool:
    if seen is None:
        return insert_new(connection, memories, **_row(memory))
    if _standing(connection, memory.id) != seen:
        return False
    _put(connection, memory)
    return True


def _standing(connection: Connection, memory_id: str) -> Memory | None:
    """The memory, which nobody else changes until this transaction ends.

    It is told by what it says: its digest may be that of another version of the bot, which wrote the same otherwise.
    """
    body = connection.scalar(sa.select(memories.c.body).where(memories.c.id == memory_id).with_for_update())
    return None if body is None else codec.read(body, Memory)


def _put(connection: Connection, memory: Memory) -> None:
    connection.execute(memories.update().where(memories.c.id == memory.id).values(**_row(memory)))


def _briefing(incident_id: str) -> str:
    """Votes on a briefing stand beside those on answers, whose ids are a channel and a ts."""
    return f"briefing:{incident_id}"


def without_names(incident_id: str) -> str:
    """Where votes on answers stand that are no longer kept: how many, and not whose."""
    return f"removed:{incident_id}"


def _vote(connection: Connection, who: dict[str, str], vote: str | None, at: datetime) -> None:
    theirs = sa.and_(answer_votes.c.question_id == who["question_id"], answer_votes.c.user_id == who["user_id"])
    if vote is None:
        connection.execute(answer_votes.delete().where(theirs))
    elif not insert_new(connection, answer_votes, **who, vote=vote, at=at):
        connection.execute(answer_votes.update().where(theirs).values(vote=vote, at=at))
    owe(connection, who["question_id"].removeprefix(_briefing("")))


def _forget(connection: Connection, ids: Sequence[str]) -> int:
    gone = 0
    for start in range(0, len(ids), A_STATEMENT):
        some = ids[start : start + A_STATEMENT]
        connection.execute(
            learnt.delete().where(learnt.c.id.in_([f"{kind}:{id_}" for id_ in some for kind in _OF_A_MEMORY]))
        )
        of_them = set(connection.scalars(sa.select(memories.c.incident_id).where(memories.c.id.in_(some))))
        gone += connection.execute(memories.delete().where(memories.c.id.in_(some))).rowcount
        left = set(connection.scalars(sa.select(memories.c.incident_id).where(memories.c.incident_id.in_(of_them))))
        votes = [without_names(incident_id) for incident_id in of_them - left]
        connection.execute(answer_votes.delete().where(answer_votes.c.question_id.in_(votes)))
    return gone


def _waiting(one: Learnt) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "incident_id": one.incident_id,
        "at": one.at,
        "review": one.review,
        "body": codec.dump_any(one, Learnt),
    }


def _decide(connection: Connection, decided: Decision) -> bool:
    """Whoever changes the row decides; the other's update finds it decided."""
    waits = sa.and_(learnt.c.id == decided.learnt_id, learnt.c.review == "waiting")
    body = connection.scalar(sa.select(learnt.c.body).where(waits))
    if body is None:
        return False
    before = codec.read(body, Learnt)
    after = replace(before, review=decided.review, reviewed_by=decided.by, reviewed_at=decided.at)
    after = after if decided.text is None else replace(after, text=decided.text)
    owed = int(after.kind == "postmortem" or (after.kind == "runbook" and after.review != "rejected"))
    change = learnt.update().where(waits).values(review=after.review, owed=owed, body=codec.dump_any(after, Learnt))
    if connection.execute(change).rowcount == 0:
        return False
    if decided.entry is not None:
        entries.append(connection, decided.entry)  # it waits for the incident: before any memory, as all who say of it
    stands = _standing(connection, before.id.removeprefix(f"{before.kind}:")) if decided.memory else None
    if decided.memory is not None and stands is not None:
        _put(connection, decided.memory(stands))
    if decided.written is not None:
        postmortems.write(connection, decided.written)
        owe(connection, before.incident_id)
    return True
