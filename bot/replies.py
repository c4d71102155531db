"""What the bot says when it is spoken to: `/incident-action`, and questions about an incident. It only reads."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.answer import answer
from bot.desk import Desk
from bot.domain.briefing import Briefing, Section
from bot.domain.incident import Incident
from bot.domain.said import Command, Filled, Form, Reacted, Tap
from bot.domain.text import code, safe
from bot.domain.words import ago
from bot.ports import JournalDown
from integrations.contract import RunbookMatch
from runbooks.model import Step

_MENTION = re.compile(r"<@[A-Z0-9]+>")
_HELP = (
    "`/incident-action` lists the runbooks that match this incident",
    "`/incident-action &lt;runbook&gt;` shows its steps",
    "Ask in the thread of the briefing, or mention me: why, status, logs, changes, similar, who is on call …",
)
_BY_HAND = "Steps are shown to be run by hand: this version runs nothing."


class JournalReplies:
    """`bot.slack.listen.Replies` over the journal and the library."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def command(self, command: Command) -> Briefing | Form:
        """The answer to `/incident-action <text>`, only for the one who typed it."""
        word = command.text.strip().removeprefix("run ").strip()
        try:
            incident = await self._desk.journal.in_channel(command.channel_id)
            if word in ("help", "?"):
                return _said("What I can do here", _HELP)
            if word:
                return self._runbook(word)
            return await self.overview() if incident is None else await self._matching(incident)
        except JournalDown:
            return _line("My database does not answer right now. Try again in a minute.")

    async def tapped(self, tap: Tap) -> Briefing | Form | None:
        """Nothing has buttons yet."""
        return None

    async def filled(self, filled: Filled) -> Briefing | Mapping[str, str]:
        """Nothing opens forms yet."""
        return {}

    async def reacted(self, reacted: Reacted) -> None:
        """Nothing waits for reactions yet."""

    async def whisper(self, channel_id: str, user_id: str, briefing: Briefing) -> None:
        """Says it to one person only. Raises ChatError."""
        await self._desk.chat.whisper(channel_id, user_id, briefing)

    async def question(self, channel_id: str, thread: str | None, text: str, user_id: str = "") -> Briefing | None:
        """The answer to a question; None for talk in a thread that is not the briefing's, as far as can be told."""
        asked = _MENTION.sub("", text).strip()
        mentioned = asked != text.strip()
        try:
            incident = await self._desk.journal.in_channel(channel_id)
            if incident is None:
                return await self.overview() if mentioned else None
            if not mentioned and (incident.message is None or incident.message.ts != thread):
                return None
            report = await self._desk.journal.report(incident.id, incident.opening)
        except JournalDown:
            return _line("My database does not answer right now. Try again in a minute.") if mentioned else None
        return answer(asked, incident, report, self._desk.clock.now())

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

    async def _matching(self, incident: Incident) -> Briefing:
        report = await self._desk.journal.report(incident.id, incident.opening)
        matches = report.context.of(RunbookMatch) if report else ()
        if not matches:
            ids = ", ".join(code(book.id) for book in self._desk.library.runbooks)
            return _said("No runbook matches this incident", (f"All of them: {ids}",))
        lines = (f"• {code(match.id)} {safe(match.title, 100)} · {safe(match.why, 150)}" for match in matches)
        return _said("Runbooks that match", (*lines, "`/incident-action &lt;runbook&gt;` shows its steps."))

    def _runbook(self, runbook_id: str) -> Briefing:
        book = next((book for book in self._desk.library.runbooks if book.id == runbook_id), None)
        if book is None:
            known = ", ".join(code(book.id) for book in self._desk.library.runbooks)
            return _said(f"No runbook is called {code(runbook_id)}", (f"There are: {known}",))
        steps = tuple(line for number, step in enumerate(book.steps, 1) for line in _step(str(number), step))
        return _said(f"{safe(book.title, 150)} · risk {book.risk}", steps, _BY_HAND)


def _step(number: str, step: Step) -> tuple[str, ...]:
    """One step as it stands in the file, and those that follow from it."""
    condition = f" · if {code(step.condition)}" if step.condition else ""
    asks = " · asks first" if step.approval else ""
    lines = [f"{number}. {safe(step.name or step.action, 100)}{condition}{asks}"]
    if step.command:
        lines.append(f"```{safe(step.command, 600)}```")
    lines += [line for n, inner in enumerate(step.then, 1) for line in _step(f"{number}.{n}", inner)]
    return tuple(lines)


def _where(incident: Incident) -> str:
    return f"<#{incident.channel.id}>" if incident.channel else f"*{safe(incident.service, 80)}*"


def _said(headline: str, lines: tuple[str, ...], footer: str | None = None) -> Briefing:
    return Briefing(plain=headline, headline=f"*{headline}*", sections=(Section(lines),), footer=footer)


def _line(text: str) -> Briefing:
    return Briefing(plain=text, headline=text)
