"""`/incident resolve`, `reopen` and `postmortem`, and the buttons of the proposal to close."""

from __future__ import annotations

import re

from bot.closing import closing_message, write_up
from bot.closing.ask_to_close import place_of
from bot.closing.desk import ClosingDesk, Wrapping
from bot.closing.ports import NotReopenedError, Reopening
from bot.command_words import NotDoneError, Words, first_word, here
from bot.domain.briefing import Briefing, line
from bot.domain.closing import FALSE_ALARM, Closing, false_alarm, nearly_a_false_alarm
from bot.domain.entry import BOT
from bot.domain.incident import Incident
from bot.domain.said import Command, Tap
from bot.domain.text import code, safe
from bot.domain.words import clock, count, ordinal
from bot.guard.redact import redact
from bot.life.typed import words as plain_words
from bot.ports import ChatError, JournalDown
from integrations.contract import RoomError

HELP = (
    "`/incident resolve [what helped]` closes it; `resolve false alarm [why]` closes it as one",
    "`/incident reopen [why]` opens it again, here or with its id; `postmortem` writes what is known by now",
)
NEARLY = (
    "Not closed. Did you mean *false alarm*? `/incident resolve false alarm [why]` closes it as one; "
    "to say what helped, begin with other words."
)
MOST_WORDS = 2_000
"""Characters of what somebody says that helped."""
MOST_NAMED = 5
"""So many of those that go on are named in one answer."""
_ID = re.compile(r"INC-[A-Z2-7]+", re.IGNORECASE)


class ClosingCommand:
    """What people say of the end of an incident."""

    def __init__(self, at: ClosingDesk) -> None:
        self._at = at

    def words(self) -> Words:
        verbs = {"resolve": self._resolve, "close": self._resolve, "reopen": self._reopen}
        anywhere = {"reopen": _by_its_id}
        return Words(verbs | {"postmortem": self._postmortem}, HELP, taps={"close.": self._tapped}, anywhere=anywhere)

    async def _resolve(self, command: Command, rest: str) -> Briefing:
        incident = await here(self._at.desk.journal, command.channel_id)
        if nearly_a_false_alarm(rest):
            raise NotDoneError(NEARLY)
        return await self._close(incident, incident.opening, command.user_id, rest)

    async def _close(self, incident: Incident, opening: int, user_id: str, rest: str) -> Briefing:
        typed = _typed(rest)
        beside = false_alarm(typed)
        words = typed if beside is None else beside
        now = self._at.desk.clock.now()
        wanted = Closing(incident.id, opening, now, user_id, "by a person", words, beside is not None)
        closed = await self._at.closings.close(wanted)
        if closed is None:
            raise NotDoneError("Not closed: it fired again since. `/incident resolve` closes it as it is now.")
        if (closed.at, closed.by) != (now, user_id):
            by = "me" if closed.by == BOT else f"<@{closed.by}>"
            return line(f"It was closed {clock(closed.at, now)} UTC by {by}. `/incident reopen` opens it again.")
        self._wake()
        return line(_said(closed) + await self._goes_on(incident.id))

    async def _goes_on(self, incident_id: str) -> str:
        """What has not ended with it. A database that is away by now says so: closed it is all the same."""
        said = ""
        try:
            said += await self._still_at_work(incident_id)
            said += await self._still_open(incident_id)
        except JournalDown:
            said += "\n⚠️ What else still goes on here cannot be seen: the database does not answer."
        return said

    async def _still_at_work(self, incident_id: str) -> str:
        """Runs go on, and gates stay open: somebody may be about to approve what nobody needs any more."""
        runs = [run for run in await self._at.runs.unended() if run.incident_id == incident_id]
        ends = [(code(run.runbook.id, 80), code(f"/incident-action stop {run.id}")) for run in runs[:3]]
        return "".join(f"\n⚠️ Runbook {name} is not at its end: {stop} ends it." for name, stop in ends)

    async def _still_open(self, incident_id: str) -> str:
        """What is told in its channel has alerts of its own, and ends with these."""
        linked = await self._at.desk.links.linked_to(incident_id)
        still = [f"{safe(one.service, 80)} {code(one.id)}" for one in linked if one.status == "open"]
        if not still:
            return ""
        named = ", ".join(still[:MOST_NAMED]) + (f" and {len(still) - MOST_NAMED} more" if still[MOST_NAMED:] else "")
        goes, it = ("It goes", "it") if len(still) == 1 else ("They go", "one")
        return (
            f"\n⚠️ Told here too and still open: {named}. {goes} on; `/incident split` gives {it} a channel of its own."
        )

    async def _reopen(self, command: Command, rest: str) -> Briefing:
        incident, words = await self._meant(command, rest)
        now = self._at.desk.clock.now()
        again = Reopening(incident.id, incident.opening, command.user_id, now, _typed(words))
        try:
            opening = await self._at.closings.reopen(again)
        except NotReopenedError as refusal:
            raise NotDoneError(f"Not opened again: {safe(str(refusal))}") from None
        await self._at.closings.keep_archived(incident.id, None)
        await self._at.respond(incident.id, opening)
        self._wake()
        return line(f"{code(incident.id)} is open again, for the {ordinal(opening)} time. Its briefing comes anew.")

    async def _meant(self, command: Command, rest: str) -> tuple[Incident, str]:
        """By its id from anywhere, since nobody can type in an archived channel; else the one of this channel."""
        first, words = first_word(rest)
        if not _by_its_id(rest):
            return await here(self._at.desk.journal, command.channel_id), rest
        try:
            return await self._at.desk.journal.incident(first.upper()), words
        except LookupError:
            raise NotDoneError(f"No incident is called {code(first, 40)}.") from None

    async def _postmortem(self, command: Command, _rest: str) -> Briefing:
        """Of what was closed the newest words, in the thread; else what is known by now, in a thread of its own."""
        incident = await here(self._at.desk.journal, command.channel_id)
        wrapping = Wrapping(self._at, incident.id, incident.opening)
        try:
            written = await write_up.again(wrapping, everywhere=True)
            if written is None:
                await self._draft(wrapping, incident, command)
        except ChatError as problem:
            raise NotDoneError(f"Not posted: Slack says {code(problem.code)}. Try again in a minute.") from None
        except RoomError as problem:
            told = f"{safe(problem.source, 40)}: {safe(problem.reason, 300)}"
            raise NotDoneError(f"Written, and in the thread; not published: {told}. Try again in a minute.") from None
        if written is not None and (why := await write_up.stays(wrapping, written)):
            return line(f"{why}, so it stays as it is; it is in the thread.")
        return line("Written from the record as it is by now; it is in the thread.")

    async def _draft(self, wrapping: Wrapping, incident: Incident, command: Command) -> None:
        now = self._at.desk.clock.now()
        written = await write_up.worded(wrapping, Closing(incident.id, incident.opening, now, BOT, "not closed"))
        key = wrapping.key(f"draft:{now:%Y%m%d%H%M%S}")
        channel = place_of(incident) or command.channel_id
        message = await self._at.desk.chat.post(channel, closing_message.draft(written), key=key)
        await write_up.put(wrapping, written, message)

    async def _tapped(self, tap: Tap) -> Briefing:
        id_, _, opening = tap.value.partition(" ")
        incident = await self._at.desk.journal.incident(id_)
        if tap.does == closing_message.KEEP:
            return await self._kept_open(incident, int(opening), tap.user_id)
        words = FALSE_ALARM if tap.does == closing_message.FALSELY else ""
        return await self._close(incident, int(opening), tap.user_id, words)

    async def _kept_open(self, incident: Incident, opening: int, user_id: str) -> Briefing:
        kept = await self._at.closings.keep_open(incident.id, opening, user_id, self._at.desk.clock.now())
        if not kept:
            raise NotDoneError("That was answered already, or it fired again.")
        self._wake()
        return line(f"Kept open.{closing_message.how_to_close(incident)}")

    def _wake(self) -> None:
        desk = self._at.desk
        for event in (self._at.changed, desk.changed, desk.written_elsewhere):
            event.set()


def _by_its_id(rest: str) -> bool:
    return bool(_ID.fullmatch(first_word(rest)[0]))


def _typed(text: str) -> str:
    """In plain words that call nobody, masked and within bounds."""
    return redact(plain_words(text))[:MOST_WORDS].strip()


def _said(closed: Closing) -> str:
    what = "Closed as a false alarm" if closed.false_alarm else "Closed"
    if not closed.firing:
        return f"{what}. A draft of its postmortem comes into the channel."
    names = ", ".join(safe(name, 60) for name in closed.firing[:5])
    return (
        f"{what}, although {count(len(closed.firing), 'alert')} still fire{'s' * (len(closed.firing) == 1)}: {names}."
    )
