"""What the bot answers when it is asked about an incident. It only reads."""

from __future__ import annotations

from bot.answer_from_evidence import answer
from bot.desk import Desk
from bot.domain.briefing import Briefing, Section
from bot.domain.incident import Incident
from bot.domain.said import Heard
from bot.domain.text import safe
from bot.domain.words import ago
from bot.ports import JournalDown


class JournalReplies:
    """Questions, answered from the journal."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def whisper(self, channel_id: str, user_id: str, briefing: Briefing) -> None:
        """Says it to one person only. Raises ChatError."""
        await self._desk.chat.whisper(channel_id, user_id, briefing)

    async def heard(self, heard: Heard) -> Briefing | None:
        """The answer to a question; None for talk in a thread that is not the briefing's, as far as can be told."""
        try:
            incident = await self._desk.journal.in_channel(heard.channel_id)
            if incident is None:
                return await self.overview() if heard.mention else None
            if not heard.mention and (incident.message is None or incident.message.ts != heard.thread):
                return None
            report = await self._desk.journal.report(incident.id, incident.opening)
        except JournalDown:
            return _line("My database does not answer right now. Try again in a minute.") if heard.mention else None
        return answer(heard.text, incident, report, self._desk.clock.now())

    async def post(self, channel_id: str, thread: str, briefing: Briefing, key: str) -> None:
        """Posts an answer once by its key. Raises ChatError."""
        if await self._desk.chat.find(channel_id, key, thread) is None:
            await self._desk.chat.post(channel_id, briefing, key=key, thread=thread)

    async def overview(self) -> Briefing:
        """Which incidents are open, and where. Raises JournalDown."""
        incidents = await self._desk.journal.open_incidents()
        if not incidents:
            return _line("No incident is open. I can tell about one in its channel.")
        now = self._desk.clock.now()
        lines = (f"• {_where(i)} {i.severity.name} · {safe(i.title, 80)} · {ago(i.started_at, now)}" for i in incidents)
        return _said("Open incidents: ask in their channels", tuple(lines))


def _where(incident: Incident) -> str:
    return f"<#{incident.channel.id}>" if incident.channel else f"*{safe(incident.service, 80)}*"


def _said(headline: str, lines: tuple[str, ...], footer: str | None = None) -> Briefing:
    return Briefing(plain=headline, headline=f"*{headline}*", sections=(Section(lines),), footer=footer)


def _line(text: str) -> Briefing:
    return Briefing(plain=text, headline=text)
