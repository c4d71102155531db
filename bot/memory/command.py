"""`/incident cause`, `review` and `remember`, their buttons and form, and 👍 and 👎 on a briefing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.command_words import NotDoneError, Words, always, by_member, here
from bot.desk import Desk
from bot.domain.briefing import Briefing, Button, Section, line
from bot.domain.entry import Entry
from bot.domain.memory import MOST_TEXT, Learnt, Review
from bot.domain.said import Command, Filled, Form, Reacted, Tap
from bot.domain.text import prose, safe
from bot.domain.words import ago, count
from bot.guard.redact import redact
from bot.life.reach import write
from bot.life.typed import words
from bot.memory.archive import Archive
from bot.memory.recollect import to_look_at
from bot.memory.review_forms import form_of, sent_off, wrong_with
from bot.memory.review_queue import MEMORY, correct, decide, postmortem_of
from bot.ports import ChatError
from bot.questions.question_ports import Vote
from bot.runs.action_ports import People

SHOWN = 5
SHOWN_LINES = 12
ACCEPT, EDIT, REJECT = "review.accept", "review.edit", "review.reject"
_BEGINS = "review."
_THUMBS: Mapping[str, Vote] = {"+1": "up", "thumbsup": "up", "-1": "down", "thumbsdown": "down"}
_DONE: Mapping[Review, str] = {"accepted": "Accepted", "edited": "Kept as you wrote it", "rejected": "Rejected"}
_KINDS = {
    "memory": "Memory",
    "cause": "Cause, as a person named it",
    "runbook": "Runbook, drafted",
    "postmortem": "Postmortem, drafted",
    "note": "For the team's memory",
}
_REST = {"runbook": "… the whole file is in the thread of its closing; *Edit* shows it too"}
_FOLLOWS = {
    "runbook": ". Its file comes into the thread, with how to use it",
    "postmortem": ". What stands in the channel, and where postmortems are kept, says so in a moment",
}
HELP = (
    "`/incident cause &lt;text&gt;` says what it was: it outranks what I think",
    "`/incident review` lists what was learnt and waits for a person: accept, edit or reject",
    "`/incident remember &lt;text&gt;` proposes a line for the team's memory, which I read in every incident",
)


class MemoryCommand:
    """What people say of what is remembered."""

    def __init__(self, archive: Archive, desk: Desk, people: People) -> None:
        self._archive = archive
        self._desk = desk
        self._people = people

    @property
    def words(self) -> Words:
        """What memory brings to `/incident`."""
        return Words(
            verbs={"cause": self._cause, "review": self._review, "remember": self._remember},
            help=HELP,
            taps={_BEGINS: self._tapped},
            forms={_BEGINS: self._filled},
            anywhere={"review": always, "remember": always, _BEGINS: always},
            reactions=(self.thumbed,),
        )

    async def _cause(self, command: Command, rest: str) -> Briefing:
        incident, text, at = await here(self._archive.journal, command.channel_id), _said(rest), self._now()
        if not text:
            raise NotDoneError("What was it? `/incident cause the gateway's address was wrong in v2.34.1`")
        entry = Entry(incident.id, f"cause:{_digest(command)}", at, "cause", command.user_id, text)
        if await write(self._desk, entry, MOST_TEXT):
            title = f"{incident.service} · {incident.title}"
            id_ = f"cause:{incident.id}:{_digest(command)}"
            await self._archive.reviews.wait(Learnt(id_, "cause", incident.id, at, title, text, command.user_id))
        await correct(self._archive, incident.id)
        self._desk.changed.set()
        return line("Noted: that is what this incident is remembered by, before anything that I found.")

    async def _remember(self, command: Command, rest: str) -> Briefing:
        text = " ".join(_said(rest).split())[:500]
        if not text:
            return _known([one.text for one in await self._archive.reviews.settled(("note",))])
        note = Learnt(f"note:{_digest(command)}", "note", "", self._now(), "", text, command.user_id)
        await self._archive.reviews.wait(note)
        return line("It waits: once somebody accepts it by `/incident review`, I read it in every incident.")

    async def _review(self, command: Command, _rest: str) -> Briefing:
        waiting = await self._archive.reviews.queue(SHOWN)
        if not waiting:
            return line("Nothing waits to be looked at.")
        number = await self._archive.reviews.count()
        head = f"{count(number, 'thing')} learnt, not reviewed yet" + (
            f"; the {len(waiting)} oldest" if number > len(waiting) else ""
        )
        sections = tuple([await self._shown(one) for one in waiting])
        return Briefing(head, f"*{head}*", sections, "What waits counts, and is told as not reviewed.")

    async def _shown(self, one: Learnt) -> Section:
        one = await self._current(one)
        by = "" if one.by == "bot" else f" · by <@{one.by}>"
        about = " · ".join(part for part in (safe(one.incident_id, 60), safe(one.title, 150)) if part)
        head = f"*{_KINDS[one.kind]}*{f' · {about}' if about else ''}{by} · {ago(one.at, self._now())}"
        buttons = (
            Button("Accept", ACCEPT, one.id, "primary"),
            Button("Edit", EDIT, one.id),
            Button("Reject", REJECT, one.id, "danger"),
        )
        shown = one.text.splitlines()[:SHOWN_LINES]
        cut = (_REST.get(one.kind, ""),) if len(one.text.splitlines()) > SHOWN_LINES and one.kind in _REST else ()
        return Section((head, *(f"> {prose(line, 400)}" for line in shown), *cut), buttons=buttons)

    async def _tapped(self, tap: Tap) -> Briefing | Form:
        one = await self._waiting(tap.value)
        if tap.does == EDIT:
            return await self._form(one)
        review: Review = "accepted" if tap.does == ACCEPT else "rejected"
        return await self._decided(one, review, tap.user_id, None)

    async def _filled(self, filled: Filled) -> Briefing | Mapping[str, str]:
        one = await self._waiting(filled.value)
        text = sent_off(filled.texts)
        if wrong := wrong_with(one, text):
            return {"text": wrong}
        return await self._decided(one, "edited", filled.user_id, (text, filled.texts.get("fixed", "")))

    async def _decided(self, one: Learnt, review: Review, by: str, texts: tuple[str, str] | None) -> Briefing:
        if not await decide(self._archive, one, review, by, texts):
            raise NotDoneError("Not done: somebody has decided it already. `/incident review` lists what waits.")
        said = f"{_DONE[review]}: {_KINDS[one.kind].lower()} {safe(one.incident_id, 60)}".rstrip()
        return line(said + ("" if review == "rejected" else _FOLLOWS.get(one.kind, "")))

    async def _form(self, one: Learnt) -> Form:
        memory = await self._archive.memories.memory(one.id.removeprefix(MEMORY)) if one.kind == "memory" else None
        written = await postmortem_of(self._archive, one) if one.kind == "postmortem" else None
        form = form_of(EDIT, one, one.text if written is None else written.text, memory)
        if form is None:
            raise NotDoneError("Not done: it is too long for a form. Accept it, and edit it where it stands.")
        return form

    async def _waiting(self, learnt_id: str) -> Learnt:
        one = await self._archive.reviews.learnt(learnt_id)
        if one is None or one.review != "waiting":
            raise NotDoneError("Not done: somebody has decided it already. `/incident review` lists what waits.")
        return one

    async def _current(self, one: Learnt) -> Learnt:
        """A memory as it is by now, not as it was when it was put there."""
        memory = await self._archive.memories.memory(one.id.removeprefix(MEMORY)) if one.kind == "memory" else None
        return to_look_at(memory, one.at) if memory else one

    async def thumbed(self, reacted: Reacted) -> None:
        """👍 or 👎 on a briefing counts for what is remembered of its incident; taken back, it does not.

        Raises JournalDown, UncountedError.
        """
        known = reacted.emoji in _THUMBS
        incident_id = await self._archive.entries.at_message(reacted.message) if known else None
        if incident_id is None or not await by_member(self._people, reacted):
            return
        vote = await self._vote(reacted)
        await self._archive.memories.vote(incident_id, reacted.user_id, vote, self._now())
        await correct(self._archive, incident_id)

    async def _vote(self, reacted: Reacted) -> Vote | None:
        """The thumb that stands: who changes 👍 to 👎 sets one, and takes the other back. Of two the last one counts.

        Where Slack does not tell, the event is believed.
        """
        said = _THUMBS[reacted.emoji]
        try:
            stands = await self._desk.chat.reactions(reacted.message)
        except ChatError:
            return said if reacted.added else None
        theirs = {vote for emoji, vote in _THUMBS.items() if reacted.user_id in stands.get(emoji, ())}
        last: tuple[Vote, Vote] = ("up", "down") if (said == "up") == reacted.added else ("down", "up")
        return next((vote for vote in last if vote in theirs), None)

    def _now(self) -> datetime:
        return self._archive.clock.now()


def _said(rest: str) -> str:
    """What was typed, in plain words, masked and within bounds."""
    return redact(words(rest))[:MOST_TEXT].strip()


def _digest(command: Command) -> str:
    """Of one command: the same however often Slack delivers it."""
    typed = "\0".join((command.channel_id, command.user_id, command.trigger, command.text))
    return hashlib.sha256(typed.encode(errors="replace")).hexdigest()[:16]


def _known(notes: Sequence[str]) -> Briefing:
    head = "What the team had me remember" if notes else "The team had me remember nothing yet"
    lines = tuple(f"• {safe(note, 500)}" for note in notes[-40:])
    return Briefing(
        head, f"*{head}*", (Section(lines),) if lines else (), "`/incident remember &lt;text&gt;` proposes a line."
    )
