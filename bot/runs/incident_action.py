"""`/incident-action`, the buttons and reactions: what people may ask of runs, and what they are told."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import structlog

from bot.command_words import first_word
from bot.domain.briefing import DATABASE_DOWN, Briefing, line
from bot.domain.incident import Incident
from bot.domain.money import Account
from bot.domain.run import Run
from bot.domain.said import Command, Filled, Form, Heard, Reacted, Tap
from bot.domain.text import code, safe
from bot.place import company_in
from bot.ports import ChatError, JournalDown
from bot.priority import Priority, done_as
from bot.questions import budget_words, page_person
from bot.questions.model_ports import Purse
from bot.questions.replies import Replies
from bot.questions.subject import called
from bot.runs import emergency, hear_people, run_list
from bot.runs.action_ports import Entry
from bot.runs.job import record
from bot.runs.run_arguments import arguments, for_whom
from bot.runs.start_run import NotRunError, Wish, begin, check_asker, why_no_answer
from bot.runs.workshop import Workshop

log = structlog.get_logger(__name__)

T = TypeVar("T")
Verb = Callable[[Command, str], Awaitable[Briefing | Form]]

HELP = (
    "`/incident-action` lists the runbooks that match this incident",
    "`/incident-action run &lt;runbook&gt; [name=value …]` begins one: each change asks for ✅ first",
    "`/incident-action dry-run &lt;runbook&gt; [name=value …]` shows what it would do, and does nothing",
    "`incident=INC-…` (or its service) behind it: for another one that is told in this channel",
    "`/incident-action status` · `stop [&lt;run&gt;]` · `approve &lt;gate&gt;` · `deny &lt;gate&gt;`",
    "`/incident-action emergency-stop &lt;reason&gt;` halts everything at once; anyone may. `resume` lifts it.",
    "`/incident-action budget` shows what models have cost, and until when which limit holds",
    "Ask in my threads, or mention me. A question in the channel is answered too, unless two people are talking.",
    "`stop` in the thread ends an answer; «get me a human» pages who is on call, after one more tap",
)
FOR_ANYBODY = ("help", "?", "run", "stop", "emergency-stop", "resume", "approve", "deny")
"""Words that anybody may type: those that halt, and those that ask for themselves who one is."""


class IncidentAction:
    """`bot.slack.listen.Replies`: runs by commands, buttons, forms and reactions; questions are left to `talk`."""

    def __init__(self, shop: Workshop, talk: Replies, purse: Purse | None = None) -> None:
        """`purse`: None where no model key is set, so that there is nothing to spend."""
        self._shop = shop
        self._talk = talk
        self._purse = purse
        self._verbs: dict[str, Verb] = {
            "run": self._run,
            "dry-run": self._dry_run,
            "status": self._status,
            "stop": self._stop,
            "approve": self._approve,
            "deny": self._deny,
            "emergency-stop": self._emergency_stop,
            "resume": self._resume,
            "budget": self._budget,
            "help": self._help,
            "?": self._help,
        }
        self.post = talk.post
        self.whisper = talk.whisper

    @done_as(Priority.ANSWER)
    async def heard(self, heard: Heard) -> Briefing | None:
        """What to say at once to a message of a person; None where nothing is, or where its answer has begun."""

        return await self._talk.heard(heard, partial(why_no_answer, self._shop, heard.user_id, heard.channel_id))

    @done_as(Priority.APPROVAL)
    async def command(self, command: Command) -> Briefing | Form:
        """The answer to `/incident-action <text>`, only for the one who typed it."""
        word, rest = first_word(command.text)
        verb = self._verbs.get(word.lower())
        if word.lower() in FOR_ANYBODY and verb:
            return await _told(verb(command, rest))
        return await _told(self._for_members(command, verb, rest))

    @done_as(Priority.APPROVAL)
    async def tapped(self, tap: Tap) -> Briefing | Form | None:
        """What a button does, and the answer for the one who tapped it."""
        if tap.does == "run":
            runbook_id, _, incident_id = tap.value.partition(" ")
            return await _told(self._begin(tap.channel_id, tap.user_id, runbook_id, {}, incident_id))
        if tap.does.startswith("choose."):
            return await _told(self._choose(tap))
        if tap.does.startswith("thumb."):
            return await _told(self._talk.voted(tap))
        if tap.does == page_person.PAGE:
            return await _told(self._page(tap))
        return None

    @done_as(Priority.APPROVAL)
    async def filled(self, filled: Filled) -> Briefing | Mapping[str, str]:
        """A form came back: the run begins, or its fields say what is wrong with them."""
        asked = json.loads(filled.value)
        given = asked["given"] | {name: text.strip() for name, text in filled.texts.items()}
        begins = self._begin(asked["channel"], filled.user_id, asked["runbook"], given, asked["incident"])
        outcome = await _told(begins)
        return {one.name: one.hint or "is needed" for one in outcome.fields} if isinstance(outcome, Form) else outcome

    @done_as(Priority.APPROVAL)
    async def reacted(self, reacted: Reacted) -> None:
        """Wakes the story whose gate it is; one that comes too late is told so, and only to that person."""
        late = await hear_people.reaction(self._shop, reacted)
        if late:
            try:
                await self._shop.desk.chat.whisper(reacted.message.channel_id, reacted.user_id, line(late))
            except ChatError as problem:
                log.warning("could not be told", slack=problem.code)

    async def _page(self, tap: Tap) -> Briefing | None:
        """Calls the on-call of the incident's service, for a member who confirmed it; recorded before it happens."""
        await check_asker(self._shop, tap.user_id, tap.channel_id)
        await record(self._shop, Entry("person.paged", tap.user_id, tap.value))
        return await self._talk.paged(tap)

    async def _for_members(self, command: Command, verb: Verb | None, rest: str) -> Briefing | Form:
        await check_asker(self._shop, command.user_id, command.channel_id)
        return await (verb(command, rest) if verb else self._show(command, command.text.strip()))

    # ── the words of the command ──

    async def _help(self, command: Command, _rest: str) -> Briefing:
        return run_list.said("What I can do here", HELP)

    async def _show(self, command: Command, word: str) -> Briefing:
        company = await company_in(self._shop.desk, command.channel_id)
        incident = called(company, word) if word else next(iter(company), None)
        if word and incident is None:
            library = self._shop.desk.library
            return run_list.misspelt(library, word, self._verbs) or run_list.runbook(library, word)
        if incident is None:
            return await self._talk.overview()
        report = await self._shop.desk.journal.report(incident.id, incident.opening)
        library, stopped = self._shop.desk.library, await self._shop.switch.state()
        return run_list.matching(library, incident.id, report, stopped)

    async def _run(self, command: Command, rest: str) -> Briefing | Form:
        runbook_id, given = arguments(rest)
        return await self._begin(command.channel_id, command.user_id, runbook_id, given)

    async def _begin(
        self, channel_id: str, user_id: str, runbook_id: str, given: Mapping[str, str], incident_id: str = ""
    ) -> Briefing | Form:
        """`incident_id`: for which one, where that is known; else the values name it, or it is that of the channel."""
        book = self._shop.desk.library.get(runbook_id)
        if book is None:
            await self._company(channel_id)
            return run_list.runbook(self._shop.desk.library, runbook_id)
        named, given = for_whom(book, given)
        incident = await self._incident(channel_id, incident_id or named)
        begun = await begin(self._shop, Wish(incident, channel_id, book, given, user_id))
        if isinstance(begun, Form):
            return begun
        what = f"*{safe(book.title, 120)}* for {safe(incident.service, 80)}"
        return line(f"{code(begun.id)} begins: {what}. It is shown in the channel, step by step.")

    async def _dry_run(self, command: Command, rest: str) -> Briefing:
        runbook_id, given = arguments(rest)
        book = self._shop.desk.library.get(runbook_id)
        if book is None:
            return run_list.runbook(self._shop.desk.library, runbook_id)
        named, given = for_whom(book, given)
        return await run_list.dry_run(self._shop, await self._incident(command.channel_id, named), book, given)

    async def _status(self, command: Command, _rest: str) -> Briefing:
        return await run_list.status(self._shop, await self._company(command.channel_id))

    async def _stop(self, command: Command, rest: str) -> Briefing:
        run, others = await self._runs_meant(command, rest)
        said = await hear_people.stop(self._shop, run, command.user_id)
        return line(" ".join((said, *run_list.still_running(others))))

    async def _approve(self, command: Command, rest: str) -> Briefing:
        return line(await hear_people.vote(self._shop, command.user_id, rest, "approve"))

    async def _deny(self, command: Command, rest: str) -> Briefing:
        return line(await hear_people.vote(self._shop, command.user_id, rest, "deny"))

    async def _choose(self, tap: Tap) -> Briefing:
        return line(await hear_people.choice(self._shop, tap))

    async def _emergency_stop(self, command: Command, rest: str) -> Briefing:
        return line(await emergency.stop(self._shop, command.user_id, rest))

    async def _resume(self, command: Command, _rest: str) -> Briefing:
        incident = await self._shop.desk.journal.in_channel(command.channel_id)
        service = incident.service if incident else ""
        return line(await emergency.resume(self._shop, command.user_id, service))

    async def _budget(self, command: Command, _rest: str) -> Briefing:
        incident = await self._shop.desk.journal.in_channel(command.channel_id)
        account = Account("answer", incident.id if incident else "", command.user_id)
        spendings = await self._purse.standing(account) if self._purse else None
        return budget_words.standing(spendings, self._shop.desk.clock.now())

    # ── finding what is meant ──

    async def _company(self, channel_id: str) -> tuple[Incident, ...]:
        """The incident of this channel, and behind it those that are told with it."""
        company = await company_in(self._shop.desk, channel_id)
        if not company:
            raise _Elsewhere(await self._talk.overview())
        return company

    async def _incident(self, channel_id: str, named: str) -> Incident:
        """That of the channel; where several are told in it, the one that is named."""
        company = await self._company(channel_id)
        incident = called(company, named) if named else company[0]
        if incident is None:
            here = ", ".join(f"{code(one.id)} ({safe(one.service, 60)})" for one in company[:10])
            raise NotRunError(f"Not run: {code(named, 80)} is not told in this channel. Here are: {here}.")
        return incident

    async def _runs_meant(self, command: Command, rest: str) -> tuple[Run, Sequence[Run]]:
        """The run that is named; else the newest of the channel, and the others that go on there."""
        if rest:
            run = await self._shop.runs.run(rest.strip("` ").upper())
            if run is None:
                raise NotRunError(
                    f"No run is called {code(rest)}. `/incident-action status` lists those of this incident."
                )
            return run, ()
        here = {incident.id for incident in await self._company(command.channel_id)}
        going = [run for run in await self._shop.runs.unended() if run.incident_id in here]
        if not going:
            raise NotRunError("Nothing is running here.")
        return going[-1], going[:-1]


class _Elsewhere(Exception):
    """The command only makes sense in an incident's channel."""

    def __init__(self, overview: Briefing) -> None:
        super().__init__(overview.plain)
        self.overview = overview


async def _told(doing: Awaitable[T]) -> T | Briefing:
    try:
        return await doing
    except NotRunError as refusal:
        return line(str(refusal))
    except _Elsewhere as elsewhere:
        return run_list.elsewhere(elsewhere.overview)
    except JournalDown:
        return line(DATABASE_DOWN)
