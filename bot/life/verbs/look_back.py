"""`/incident timeline`: what happened so far, in order; a long one in full as a file in the thread."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from functools import partial

from bot import sections
from bot.command_words import here
from bot.domain.briefing import Briefing, Section
from bot.domain.incident import Incident
from bot.domain.said import Command
from bot.domain.text import links, safe
from bot.domain.words import clock, count
from bot.insist import attempt
from bot.life.chronicle import Happened, Record, chronicle, told_to
from bot.life.in_full import in_plain_words, user_ids
from bot.life.reach import Life

_SHOWN = 25
"""More nobody reads on a phone."""
_TOGETHER = 5
"""Moments of one section: Slack cuts one that is too long, and the newest stand last."""
_ANSWERS = 50
_LINKS = 3_000
"""Characters that the links may take."""
_PATIENCE_S = 8.0
"""Seconds for the file: somebody waits for the answer."""


async def record_of(life: Life, incident: Incident) -> Record:
    """All that the database holds of it. Raises JournalDown."""
    runs = [(run, await life.runs.events(run.id)) for run in reversed(await life.runs.of_incident(incident.id))]
    return Record(
        incident,
        await life.desk.journal.report(incident.id, incident.opening),
        await life.desk.entries.of_incident(incident.id),
        runs,
        await life.questions.of_incident(incident.id, _ANSWERS),
    )


async def timeline(life: Life, command: Command, _rest: str) -> Briefing:
    """The newest moments, only for the one who typed it."""
    incident = await here(life.desk.journal, command.channel_id)
    happened = chronicle(await record_of(life, incident))
    shown = _shown(happened[-_SHOWN:], incident)
    if len(happened) <= _SHOWN:
        return _message(f"Timeline of {safe(incident.service, 80)}", shown, "Times are UTC.")
    whole = await _in_full(life, incident, happened)
    footer = (
        "All of it is a file in the briefing's thread." if whole else "The file with all of it could not be posted."
    )
    newest = f"Timeline of {safe(incident.service, 80)}: the newest {_SHOWN} of {count(len(happened), 'moment')}"
    return _message(newest, shown, f"Times are UTC. {footer}")


def _message(headline: str, said: Sequence[str], footer: str) -> Briefing:
    parts = tuple(Section(tuple(said[at : at + _TOGETHER])) for at in range(0, len(said), _TOGETHER))
    return Briefing(plain=headline, headline=f"*{headline}*", sections=parts, footer=footer)


def _shown(happened: Sequence[Happened], incident: Incident) -> list[str]:
    """A line each; links only while they do not push the newest out of the message."""
    sources = links(((one.link, one.source) for one in happened), _LINKS)
    return [_line(one, source, incident) for one, source in zip(happened, sources, strict=True)]


def _line(one: Happened, source: str, incident: Incident) -> str:
    who = " ".join(sections.who(name) for name in one.who)
    text = told_to(safe(one.text, 240), sections.who(one.to) if one.to else "")
    said = " ".join(part for part in (who, text) if part)
    return f"• {clock(one.at, incident.opened_at)} {said} · {source}"


async def _in_full(life: Life, incident: Incident, happened: tuple[Happened, ...]) -> bool:
    """Once for each state of it: asked for again, with nothing new, it is there, whatever people are called by now."""
    if incident.message is None:
        return False
    state = in_plain_words(happened, {})
    key = f"{incident.id}:timeline:{hashlib.sha256(state.encode(errors='replace')).hexdigest()[:16]}"
    text = in_plain_words(happened, await _names(life, user_ids(happened)))
    title = f"Timeline of {incident.service}, {count(len(happened), 'moment')}"
    post = partial(life.desk.chat.file, incident.message, text, name="timeline.md", title=title, key=key)
    return await attempt("timeline", post, _PATIENCE_S)


async def _names(life: Life, ids: Sequence[str]) -> Mapping[str, str]:
    """User id → name, of those whom Slack tells of."""
    found = await asyncio.gather(*(life.people.name(id_) for id_ in ids))
    return {id_: name for id_, name in zip(ids, found, strict=True) if name}
