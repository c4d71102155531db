"""What the bot does when it is spoken to: which messages are questions, whose, and where their answers begin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple, dataclass
from functools import partial

import structlog

from bot.desk import Desk
from bot.domain.briefing import DATABASE_DOWN, Briefing, Section, line
from bot.domain.incident import Channel, Incident, Posted
from bot.domain.plain import as_text
from bot.domain.question import Answer, Question
from bot.domain.said import Heard, Tap
from bot.domain.text import safe
from bot.domain.words import clock
from bot.guard.redact import redact
from bot.insist import attempt
from bot.place import company_in, home_of
from bot.ports import ChatError, JournalDown
from bot.priority import Priority, done_as
from bot.questions import meant, page_person
from bot.questions.meant import Elsewhere, NotForUs, PersonWanted, StopAsked, may_ask
from bot.questions.question_ports import Questions, Vote
from bot.questions.subject import subject
from bot.runs.action_ports import Pager, Runs

log = structlog.get_logger(__name__)

LONGEST = 4_000
"""Characters of a question: as many as a message of Slack's has."""
ASK_ME = "Ask me about this incident: why, status, logs, changes, similar, runbooks, timeline, who is on call …"


async def nobody_else(_message: str) -> bool:
    """Where there is one process: it is always the first to hear a message."""
    return True


@dataclass(frozen=True, slots=True)
class Talking:
    """What talking to people needs beside the desk."""

    questions: Questions
    begin: Callable[[str], Awaitable[None]]
    """Begins the story of a question, once."""
    mode: meant.AnswerMode
    pager: Pager
    runs: Runs
    first: Callable[[str], Awaitable[bool]] = nobody_else
    """Whether no other replica has heard this message and answers it at once. Raises JournalDown."""


class Replies:
    """Messages of people: questions begin their story, and the rest is answered at once or left alone."""

    def __init__(self, desk: Desk, talking: Talking) -> None:
        self._desk = desk
        self._talking = talking

    async def heard(self, heard: Heard, refused: Callable[[], Awaitable[str]]) -> Briefing | None:
        """What to say at once in the message's thread; None where nothing is, or where an answer's story has begun.

        `refused` tells why this person gets no answer here; empty: they get one. It is asked only where one is due.
        """
        try:
            return await self._said(heard, refused)
        except JournalDown:
            return line(DATABASE_DOWN) if heard.mention else None

    async def _said(self, heard: Heard, refused: Callable[[], Awaitable[str]]) -> Briefing | None:
        company = await company_in(self._desk, heard.channel_id)
        wanted = await self._meant(heard, company)
        if isinstance(wanted, NotForUs):
            return None
        why = await refused()
        if company and not why and isinstance(wanted, meant.Question) and wanted.text:
            return await self._ask(heard, await self._subject(heard, company), wanted.text)
        if not await self._is_first(heard):
            return None
        if why or not company:
            return line(why) if why else await self.overview()
        return await self._about(await self._subject(heard, company), heard, wanted)

    async def _is_first(self, heard: Heard) -> bool:
        """Whether to answer it at once: a mention is two events, and of two replicas each may hear one of them.

        A question either of them begins, once by its id: so it is not lost with the one that was first.
        """
        return await self._talking.first(f"{heard.channel_id}:{heard.ts}")

    async def _subject(self, heard: Heard, company: Sequence[Incident]) -> Incident:
        """Which of those that are told in this channel it is about."""
        if len(company) == 1 or heard.thread is None:
            return subject(company, heard.text)
        thread = Posted(heard.channel_id, heard.thread)
        asked = await self._talking.questions.question(f"{heard.channel_id}:{heard.thread}")
        return subject(company, heard.text, thread, asked.incident_id if asked else "")

    async def _about(self, incident: Incident, heard: Heard, wanted: meant.Meant) -> Briefing | None:
        match wanted:
            case StopAsked():
                return await self._stop(heard)
            case PersonWanted():
                return await self._offer_a_page(heard, incident)
            case _:
                return line(ASK_ME)

    async def _meant(self, heard: Heard, company: Sequence[Incident]) -> meant.Meant:
        if not company:
            return Elsewhere(heard.text) if heard.mention else NotForUs()
        own = await self._is_ours(heard, company)
        others = frozenset[str]()
        if meant.minds_talk(heard, self._talking.mode):
            others = await self._others(heard)
        return meant.meant(heard, self._talking.mode, incident=True, own_thread=own, others=others)

    async def _is_ours(self, heard: Heard, company: Sequence[Incident]) -> bool:
        """Whether it stands in a thread of the bot: a briefing's, an answer's, that of a run or of its requests."""
        if heard.thread is None:
            return False
        thread = Posted(heard.channel_id, heard.thread)
        return (
            any(thread == one.message for one in company)
            or await self._talking.questions.in_thread(*astuple(thread))
            or await self._talking.runs.stands_at(thread)
        )

    async def _others(self, heard: Heard) -> frozenset[str]:
        """Who else is talking in the channel, to people and not to the bot. Where Slack does not tell, somebody is."""
        since = self._desk.clock.now() - meant.QUIET
        try:
            said = await self._desk.chat.said_since(heard.channel_id, since)
            asked = await self._talking.questions.among([f"{heard.channel_id}:{ts}" for ts in said])
            talk = {who for ts, who in said.items() if f"{heard.channel_id}:{ts}" not in asked}
            return frozenset(talk - {heard.user_id})
        except ChatError as problem:
            log.warning("cannot tell whether people are talking", slack=problem.code)
            return frozenset({"somebody"})

    async def _ask(self, heard: Heard, incident: Incident, text: str) -> Briefing | None:
        """Commits the question and begins its story; whoever asks too much is told so kindly.

        Counted before it is looked for: one that another replica takes meanwhile is found, and not counted.
        """
        now = self._desk.clock.now()
        question = self._question(heard, incident, text)
        times, open_now = await self._talking.questions.asked_by(heard.user_id, now - meant.PACE)
        if await self._talking.questions.question(question.id) is None:
            if why_not := may_ask(times, open_now, now):
                return line(why_not) if await self._is_first(heard) else None
            await self._talking.questions.ask(question)
        await self._talking.begin(question.id)
        return None

    def _question(self, heard: Heard, incident: Incident, text: str) -> Question:
        return Question(
            id=f"{heard.channel_id}:{heard.ts}",
            incident_id=incident.id,
            channel_id=heard.channel_id,
            thread=heard.thread or heard.ts,
            user_id=heard.user_id,
            text=redact(text)[:LONGEST],
            asked_at=self._desk.clock.now(),
        )

    async def _offer_a_page(self, heard: Heard, incident: Incident) -> Briefing:
        """Asks for the confirming tap. From now on the thread is the bot's: whoever is frightened stands here."""
        offer = await page_person.offer(self._desk, self._talking.pager, incident)
        now = self._desk.clock.now()
        question = self._question(heard, incident, heard.text)
        if await self._talking.questions.ask(question):
            await self._talking.questions.keep_answer(question.id, Answer(offer, as_text(offer), "evidence"), now)
        return offer

    async def _stop(self, heard: Heard) -> Briefing | None:
        """Silence where an answer ends: it says so itself. Nobody may believe that a run has stopped which has not."""
        if heard.thread and await self._talking.questions.stop(heard.channel_id, heard.thread):
            return None
        if heard.thread and await self._talking.runs.stands_at(Posted(heard.channel_id, heard.thread)):
            return line("*This does not stop the run.* `/incident-action stop` does, and ❌ at its request.")
        return line("Nothing is being answered here. `/incident-action stop` stops a run.")

    async def voted(self, tap: Tap) -> Briefing:
        """A 👍 or 👎 under an answer. Raises JournalDown."""
        vote: Vote = "up" if tap.does == "thumb.up" else "down"
        now = self._desk.clock.now()
        before = await self._talking.questions.vote(tap.value, tap.user_id, vote, now)
        if before != vote:
            self._desk.measures.voted(vote)
        return line("Noted." if vote == "up" else "Noted. Say in the thread what was wrong, and I look again.")

    async def paged(self, tap: Tap) -> Briefing | None:
        """The confirming tap after «get me a human»: calls who is on call, and says so in place of the button.

        What to say to the one who tapped, where that did not work. Raises JournalDown.
        """
        incident = await self._desk.journal.incident(tap.value)
        told = await page_person.call(self._desk, self._talking.pager, incident, tap.user_id)
        stands = tap.message is not None and await attempt("paged", partial(self._desk.chat.edit, tap.message, told))
        return None if stands else told

    @done_as(Priority.ANSWER)
    async def post(self, channel_id: str, thread: str, briefing: Briefing, key: str) -> None:
        """Posts an answer once by its key. Raises ChatError."""
        await self._desk.chat.stand(channel_id, briefing, key=key, thread=thread)

    async def whisper(self, channel_id: str, user_id: str, briefing: Briefing) -> None:
        """Says it to one person only. Raises ChatError."""
        await self._desk.chat.whisper(channel_id, user_id, briefing)

    async def overview(self) -> Briefing:
        """Which incidents are open, and where. Raises JournalDown."""
        incidents = await self._desk.journal.open_incidents()
        if not incidents:
            return line("No incident is open. I can tell about one in its channel.")
        now = self._desk.clock.now()
        homes = [await home_of(self._desk, one) for one in incidents]
        lines = (
            f"• {_where(i, home)} · {i.severity.name} · {_what(i)} · since {clock(i.started_at, now)} UTC"
            for i, home in zip(incidents, homes, strict=True)
        )
        return _said("Open incidents", tuple(lines), "I answer in their channels.")


def _where(incident: Incident, home: Channel | None) -> str:
    return f"<#{home.id}>" if home else f"*{safe(incident.service, 80)}*"


def _what(incident: Incident) -> str:
    return f"{safe(incident.service, 80)}: {safe(incident.title, 80)}"


def _said(headline: str, lines: tuple[str, ...], footer: str | None = None) -> Briefing:
    return Briefing(plain=headline, headline=f"*{headline}*", sections=(Section(lines),), footer=footer)
