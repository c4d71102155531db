"""📌 on any message of an incident's channel puts it into the timeline; the last one taken back takes it out."""

from __future__ import annotations

import structlog

from bot.command_words import UncountedError, by_member
from bot.domain.entry import Entry, Kind
from bot.domain.said import Reacted
from bot.insist import HOPELESS
from bot.life.reach import Life
from bot.life.typed import words
from bot.ports import ChatError, Marked

log = structlog.get_logger(__name__)

PIN = "pushpin"


async def pinned(life: Life, reacted: Reacted) -> None:
    """Reads the message as it stands now: its words are data, masked, and count as its author's.

    Raises JournalDown, UncountedError.
    """
    if reacted.emoji != PIN:
        return
    incident = await life.desk.journal.in_channel(reacted.message.channel_id)
    if incident is None or not await by_member(life.people, reacted):
        return
    try:
        marked = await life.desk.chat.marked(reacted.message)
    except ChatError as problem:
        if problem.code in HOPELESS:  # it is gone, and its 📌 with it
            log.warning("could not be pinned", slack=problem.code)
            return
        raise UncountedError(f"Slack did not show the message (`{problem.code}`)") from problem
    await _keep(life, incident.id, reacted, marked)


async def _keep(life: Life, incident_id: str, reacted: Reacted, marked: Marked) -> None:
    """Whether it is in the timeline follows whether anybody's 📌 stands on it, whatever order events come in."""
    entries = await life.desk.entries.of_incident(incident_id)
    ts, taken_out = reacted.message.ts, sum(e.kind == "unpinned" and e.value == reacted.message.ts for e in entries)
    put_in = sum(entry.kind == "pinned" and entry.value == ts for entry in entries)
    wanted, at = bool(marked.reactions.get(PIN)), life.desk.clock.now()
    if wanted == (put_in > taken_out):
        return
    kind: Kind = "pinned" if wanted else "unpinned"
    key = f"{kind}:{ts}:{taken_out}"
    author = marked.user_id or reacted.user_id
    await life.write(Entry(incident_id, key, at, kind, author, words(marked.text) if wanted else "", ts, marked.link))
