"""Questions and answers over the tables, on SQLite or PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.incident import Posted
from bot.domain.question import Answer, Question
from bot.questions.question_ports import Vote
from bot.state import codec
from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.tables import answer_votes, questions

_OPEN = questions.c.answered_at.is_(None)


class SqlQuestions:
    """`bot.questions.question_ports.Questions`. Everything raises JournalDown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, question: Question) -> bool:
        values = {
            "id": question.id,
            "incident_id": question.incident_id,
            "channel_id": question.channel_id,
            "thread": question.thread,
            "user_id": question.user_id,
            "asked_at": question.asked_at,
            "words": words_of(question.text),
            "stopped": 0,
            "body": codec.dump_any(question, Question),
        }
        with down("written"):
            return await self._database.write(lambda connection: insert_new(connection, questions, **values))

    async def question(self, question_id: str) -> Question | None:
        body = await self._one(questions.c.body, question_id)
        return None if body is None else codec.read(body, Question)

    async def unanswered(self) -> Sequence[str]:
        found = sa.select(questions.c.id).where(_OPEN).order_by(questions.c.asked_at)
        with down("read"):
            return await self._database.read(lambda connection: list(connection.scalars(found)))

    async def keep_reply(self, question_id: str, reply: Posted) -> None:
        await self._change(question_id, reply_channel=reply.channel_id, reply_ts=reply.ts)

    async def reply(self, question_id: str) -> Posted | None:
        here = sa.select(questions.c.reply_channel, questions.c.reply_ts).where(questions.c.id == question_id)
        with down("read"):
            row = await self._database.read(lambda connection: connection.execute(here).first())
        return Posted(row.reply_channel, row.reply_ts) if row is not None and row.reply_ts else None

    async def keep_answer(self, question_id: str, answer: Answer, at: datetime) -> None:
        told = codec.dump_any(answer, Answer)
        await self._change(question_id, answer=told, answered_at=at, evidence=answer.evidence or None)

    async def answer(self, question_id: str) -> Answer | None:
        told = await self._one(questions.c.answer, question_id)
        return None if told is None else codec.read(told, Answer)

    async def earlier(self, question: Question, most: int) -> Sequence[tuple[Question, Answer]]:
        found = (
            sa.select(questions.c.body, questions.c.answer)
            .where(
                questions.c.channel_id == question.channel_id,
                questions.c.thread == question.thread,
                questions.c.asked_at < question.asked_at,
                questions.c.answer.is_not(None),
            )
            .order_by(questions.c.asked_at.desc())
            .limit(most)
        )
        return await self._answered(found)

    async def of_incident(self, incident_id: str, most: int) -> Sequence[tuple[Question, Answer]]:
        found = (
            sa.select(questions.c.body, questions.c.answer)
            .where(questions.c.incident_id == incident_id, questions.c.answer.is_not(None))
            .order_by(questions.c.asked_at.desc())
            .limit(most)
        )
        return await self._answered(found)

    async def _answered(self, newest_first: sa.Select[Any]) -> Sequence[tuple[Question, Answer]]:
        with down("read"):
            rows = await self._database.read(lambda connection: connection.execute(newest_first).all())
        return [(codec.read(row.body, Question), codec.read(row.answer, Answer)) for row in reversed(rows)]

    async def same(self, question: Question, evidence: str, since: datetime) -> tuple[Answer, datetime] | None:
        found = (
            sa.select(questions.c.answer, questions.c.answered_at)
            .where(
                questions.c.incident_id == question.incident_id,
                questions.c.words == words_of(question.text),
                questions.c.evidence == evidence,
                questions.c.answered_at >= since,
            )
            .order_by(questions.c.answered_at.desc())
            .limit(1)
        )
        with down("read"):
            row = await self._database.read(lambda connection: connection.execute(found).first())
        return None if row is None else (codec.read(row.answer, Answer), row.answered_at)

    async def among(self, ids: Sequence[str]) -> frozenset[str]:
        found = sa.select(questions.c.id).where(questions.c.id.in_(ids))
        with down("read"):
            return await self._database.read(lambda connection: frozenset(connection.scalars(found)))

    async def in_thread(self, channel_id: str, thread: str) -> bool:
        found = sa.select(sa.literal(1)).where(questions.c.channel_id == channel_id, questions.c.thread == thread)
        with down("read"):
            return await self._database.read(lambda connection: connection.execute(found.limit(1)).first() is not None)

    async def asked_by(self, user_id: str, since: datetime) -> tuple[Sequence[datetime], int]:
        theirs = sa.select(questions.c.asked_at, questions.c.answered_at).where(
            questions.c.user_id == user_id, questions.c.asked_at >= since
        )
        with down("read"):
            rows = await self._database.read(lambda c: c.execute(theirs.order_by(questions.c.asked_at)).all())
        return [row.asked_at for row in rows], sum(row.answered_at is None for row in rows)

    async def stop(self, channel_id: str, thread: str) -> int:
        here = questions.update().where(
            questions.c.channel_id == channel_id, questions.c.thread == thread, _OPEN, questions.c.stopped == 0
        )
        with down("written"):
            return await self._database.write(lambda connection: connection.execute(here.values(stopped=1)).rowcount)

    async def stopped(self, question_id: str) -> bool:
        return bool(await self._one(questions.c.stopped, question_id))

    async def vote(self, question_id: str, user_id: str, vote: Vote, at: datetime) -> Vote | None:
        with down("written"):
            return await self._database.write(lambda connection: _vote(connection, (question_id, user_id), vote, at))

    async def _one(self, column: sa.Column[Any], question_id: str) -> Any:
        here = sa.select(column).where(questions.c.id == question_id)
        with down("read"):
            return await self._database.read(lambda connection: connection.scalar(here))

    async def _change(self, question_id: str, **values: Any) -> None:
        here = questions.update().where(questions.c.id == question_id).values(**values)
        with down("written"):
            await self._database.write(lambda connection: connection.execute(here))


def words_of(text: str) -> str:
    """Digest of a question's words: case, spaces and the signs at its end make no other question of it."""
    plain = " ".join(text.casefold().split()).rstrip("?!. ")
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()


def _vote(connection: Connection, of: tuple[str, str], vote: Vote, at: datetime) -> Vote | None:
    theirs = sa.and_(answer_votes.c.question_id == of[0], answer_votes.c.user_id == of[1])
    before: Vote | None = connection.scalar(sa.select(answer_votes.c.vote).where(theirs))
    if before is None and insert_new(connection, answer_votes, question_id=of[0], user_id=of[1], vote=vote, at=at):
        return None
    connection.execute(answer_votes.update().where(theirs).values(vote=vote, at=at))
    return before
