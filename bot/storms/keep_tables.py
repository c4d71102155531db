"""Keeps the tables of storms current, and says once that a storm is over.

A table is what the journal holds, put into words anew each round: nothing of it needs this process. One replica at a
time writes it; every replica reads it, to have its own lines in order.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from bot.desk import Desk
from bot.domain.briefing import Briefing
from bot.domain.incident import Posted
from bot.domain.storm import Row, Storm, rank_of
from bot.insist import HOPELESS
from bot.ports import ChatError, JournalDown
from bot.priority import Priority, done_as
from bot.storms import compose_storm
from bot.storms.ports import Storms

log = structlog.get_logger(__name__)

ROUND_S = 2.0
"""Between two rounds while a storm is on."""
IDLE_S = 15.0
"""How often it looks without being woken."""
EDITS = 4
EDIT_S = 2.0
"""So many messages are edited in one round, the table and the page with the newest first; the next round waits so long
for each: Slack takes 50 edits a minute (tier 3, docs.slack.dev/apis/web-api/rate-limits), and briefings need some."""
READS = 25
"""So many reports are read in one round for their suspects."""
TABLE = -1
"""The table's number beside those of its pages."""


@dataclass(eq=False, slots=True)
class _Known:
    """What this process knows of one storm: spares calls, nothing of it is needed. It goes with the storm."""

    posted: dict[int, Posted] = field(default_factory=dict)
    """The table, and the pages in its thread by number."""
    said: dict[int, Briefing] = field(default_factory=dict)
    """The one that was edited longest ago first."""
    sought: bool = False
    """Whether it was looked for pages that an earlier process posted and that have no rows any more."""
    notice: Posted | None = None
    noticed: Briefing | None = None
    """What the notice was last made to say: replicas that said it each round would take the word from each other."""
    suspects: dict[tuple[str, int], str] = field(default_factory=dict)
    """By incident and opening, as far as reports were read."""
    measured: set[tuple[str, int]] = field(default_factory=set)


async def keep_tables(desk: Desk) -> None:
    """Runs until cancelled. `desk.stormy` wakes it."""
    if desk.storms is not None:
        await StormTables(desk, desk.storms).keep()


class StormTables:
    """The tables as one process keeps them."""

    def __init__(self, desk: Desk, storms: Storms) -> None:
        self._desk = desk
        self._storms = storms
        self._born = desk.clock.now()
        self._known: dict[str, _Known] = {}

    async def keep(self) -> None:
        """Runs until cancelled."""
        while True:
            self._desk.stormy.clear()  # whatever comes during the round is looked at by the next one
            pause_s = IDLE_S
            try:
                pause_s = await self.round()
            except JournalDown as problem:
                log.warning("cannot look at storms", problem=str(problem))
            if pause_s < IDLE_S:
                await asyncio.sleep(pause_s)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S):
                    await self._desk.stormy.wait()

    async def round(self) -> float:
        """Brings each table up to what the journal holds. How long to wait for the next. Raises JournalDown."""
        to_show = await self._storms.to_show()
        self._known = {storm.id: self._known.get(storm.id) or _Known() for storm in to_show}
        edits = 0
        for storm in to_show:
            rows = await self._with_suspects(self._known[storm.id], await self._storms.rows(storm.id))
            ranks = {row.incident_id: rank_of(row) for row in rows}
            self._desk.looks.order(ranks)
            self._desk.channels.order(ranks)
            edits += await self._write(storm, rows)
        if any(storm.ended_at is None for storm in to_show):
            return ROUND_S + EDIT_S * edits
        return IDLE_S

    @done_as(Priority.HEADLINE)
    async def _write(self, storm: Storm, rows: Sequence[Row]) -> int:
        """How many edits it took. A row is a headline, and waits for nothing less."""
        async with self._desk.turns[storm.id], self._desk.alone(f"storm {storm.id}") as ours:
            if not ours:
                return 0
            try:
                edits = await self._show(storm, storm.message, rows) if storm.message else 0
                if storm.ended_at is None and await self._storms.is_over():
                    await self._end(storm, rows)
            except ChatError as problem:
                log.warning("the storm's table is behind", storm=storm.id, slack=problem.code)
                if problem.code in HOPELESS and storm.ended_at is None:
                    await self._storms.keep_over(storm.id)  # people removed it: what comes now is told by itself
                return 0
        return edits

    async def _show(self, storm: Storm, table: Posted, rows: Sequence[Row]) -> int:
        """New incidents first: they are seen nowhere else. Raises ChatError."""
        now, known = self._desk.clock.now(), self._known[storm.id]
        known.posted[TABLE] = table
        said = {TABLE: compose_storm.table(storm, rows, now), **dict(enumerate(compose_storm.pages(rows, now)))}
        newest = max(said)
        for number in said.keys() - known.posted.keys():
            key = _page(storm.id, number)
            known.posted[number] = await self._desk.chat.stand(table.channel_id, said[number], key=key, thread=table.ts)
        if storm.ended_at is not None and not known.sought:  # while it is on, no row leaves it
            await self._find_fallen(known, storm.id, table, newest + 1)
        said |= dict.fromkeys(known.posted.keys() - said.keys(), compose_storm.EMPTY)
        stale = [number for number in (TABLE, newest, *known.said, *said) if known.said.get(number) != said[number]]
        edits = list(dict.fromkeys(stale))[:EDITS]
        for number in edits:
            await self._desk.chat.edit(known.posted[number], said[number])
            known.said.pop(number, None)
            known.said[number] = said[number]
        await self._storms.keep_said(rows, self._desk.clock.now())
        await self._notice(storm, rows)
        self._measure(known, rows)
        return len(edits)

    async def _find_fallen(self, known: _Known, storm_id: str, table: Posted, number: int) -> None:
        """Those from this number on. Raises ChatError."""
        while found := await self._desk.chat.find(table.channel_id, _page(storm_id, number), table.ts):
            known.posted[number] = found
            number += 1
        known.sought = True

    async def _notice(self, storm: Storm, rows: Sequence[Row]) -> None:
        """One line in the incidents channel for all of them."""
        channel, where = self._desk.incidents_channel, storm.channel
        if channel is None or where is None or where.id == channel:
            return
        words, key = compose_storm.notice(storm, rows, self._desk.clock.now()), f"{storm.id}:notice"
        known = self._known[storm.id]
        if known.notice is None:
            known.notice = await self._desk.chat.stand(channel, words, key=key)
        if words != known.noticed:
            await self._desk.chat.edit(known.notice, words)
            known.noticed = words

    async def _end(self, storm: Storm, rows: Sequence[Row]) -> None:
        """Says so, and only then notes it: whatever stops it on the way, the next round does it again."""
        now = self._desk.clock.now()
        if storm.message is not None:
            channel, key = storm.message.channel_id, f"{storm.id}:over"
            await self._desk.chat.stand(channel, compose_storm.over(storm, rows, now), key=key)
            await self._show(replace(storm, ended_at=now), storm.message, rows)
        await self._storms.keep_over(storm.id)
        log.warning("the storm is over", storm=storm.id, incidents=len(rows))

    async def _with_suspects(self, known: _Known, rows: Sequence[Row]) -> tuple[Row, ...]:
        """A few more are read in each round: reports are long."""
        unread = [row for row in rows if row.reported and (row.incident_id, row.opening) not in known.suspects]
        for row in unread[:READS]:
            report = await self._desk.journal.report(row.incident_id, row.opening)
            found = compose_storm.suspect(report, row.service) if report else ""
            known.suspects[row.incident_id, row.opening] = found
        return tuple(replace(row, suspect=known.suspects.get((row.incident_id, row.opening), "")) for row in rows)

    def _measure(self, known: _Known, rows: Sequence[Row]) -> None:
        """Where no other message says it, the row was the headline. What an earlier process showed is not counted."""
        now = self._desk.clock.now()
        for row in rows:
            name = (row.incident_id, row.opening)
            if row.opened_at > self._born and row.channel_id is None and name not in known.measured:
                self._desk.measures.row(row.opened_at, now)
                known.measured.add(name)


def _page(storm_id: str, number: int) -> str:
    """The key that it stands under."""
    return f"{storm_id}:page:{number}"
