"""`/incident split` and `/incident merge`: people put right which incidents are told in one channel."""

from __future__ import annotations

import re

from bot.command_words import NotDoneError, Words
from bot.domain.briefing import Briefing, line
from bot.domain.incident import Incident
from bot.domain.said import Command
from bot.domain.text import code, safe
from bot.place import company_in
from bot.questions.subject import called
from bot.runs.action_ports import Entry
from bot.runs.job import record
from bot.runs.workshop import Workshop

HELP = (
    "`/incident split [INC-… | &lt;service&gt;]` gives one that is told here with another a channel of its own",
    "`/incident merge INC-… | &lt;service&gt; | #channel` tells this one in that one's channel from now on",
)
ANYWAY = "anyway"
_CHANNEL = re.compile(r"<#(\w+)(?:\|[^<>]*)?>")


class Leads:
    """Recorded, then committed; what stands in Slack follows (`bot.keep_current`), also after a crash."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self.words = Words(verbs={"split": self.split, "merge": self.merge}, help=HELP)

    async def split(self, command: Command, rest: str) -> Briefing:
        """Takes a linked incident out of its lead's channel. Raises NotDoneError, JournalDown."""
        one = await self._to_split(command.channel_id, rest)
        if one.lead is None:
            raise NotDoneError(f"Not done: {_name(one)} is told by itself already.")
        await record(self._shop, Entry("incident.split", command.user_id, one.id, facts={"lead": one.lead}))
        await self._shop.desk.links.split(one.id, command.user_id)
        self._shop.desk.changed.set()
        return line(f"{_name(one)} gets a channel of its own; its message moves there, and nothing links it again.")

    async def merge(self, command: Command, rest: str) -> Briefing:
        """Tells this incident with another, and all that is told with it. Raises NotDoneError, JournalDown."""
        company = await self._company(command.channel_id)
        this, lead = company[0], await self._lead(rest, company[0])
        if this.lead == lead.id:
            return line(f"{_name(this)} is told with {_name(lead)} already.")
        facts = {"lead": lead.id, "with": [one.id for one in company[1:]]}
        await record(self._shop, Entry("incident.merged", command.user_id, this.id, facts=facts))
        if not await self._shop.desk.links.merge(this.id, lead.id, command.user_id):
            raise NotDoneError(f"Not done: {_name(lead)} was linked to another just now. Try again.")
        self._shop.desk.changed.set()
        there = f"<#{lead.channel.id}>" if lead.channel else "its channel"
        return line(f"{_name(this)} is told with {_name(lead)} from now on, in {there}. `/incident split` undoes it.")

    async def _company(self, channel_id: str) -> tuple[Incident, ...]:
        company = await company_in(self._shop.desk, channel_id)
        if not company:
            raise NotDoneError("Not done: this is not an incident's channel. `/incident-action` lists where those are.")
        return company

    async def _to_split(self, channel_id: str, rest: str) -> Incident:
        company = await self._company(channel_id)
        linked = company[1:]
        if rest:
            one = called(company, rest)
            if one is None:
                raise NotDoneError(f"Not done: {code(rest, 80)} is not told here. {_told(linked)}")
            if one.lead is None and linked:
                raise NotDoneError(f"Not done: {_name(one)} leads here. Name one that is linked to it. {_told(linked)}")
            return one
        if company[0].lead is not None or not linked:
            return company[0]
        if len(linked) > 1:
            raise NotDoneError(f"Not done: say which one. {_told(linked)}")
        return linked[0]

    async def _lead(self, rest: str, this: Incident) -> Incident:
        """The incident that is meant, or its lead: a lead has none itself."""
        name, anyway = _meant(rest)
        if not name:
            raise NotDoneError("Not done: with which one? `/incident merge INC-…`, a service, or its #channel.")
        links, journal = self._shop.desk.links, self._shop.desk.journal
        meant = await links.find(name, this.env)
        if meant is None:
            raise NotDoneError(f"Not done: I know no open incident {code(name, 80)}. `/incident-action` lists them.")
        lead = await journal.incident(meant.lead) if meant.lead else meant
        if lead.id == this.id:
            what = "is this one" if meant.id == this.id else "is told here with this one already"
            raise NotDoneError(f"Not done: {_name(meant)} {what}. `/incident split` takes it out.")
        if lead.status != "open":
            raise NotDoneError(f"Not done: {_name(lead)} is over. Merge it into this one from there, if they are one.")
        if lead.env != this.env and not anyway:
            raise NotDoneError(
                f"Not done: {_name(lead)} is in {_env(lead)}, this one in {_env(this)}. "
                f"If it is one cause all the same: {code(f'/incident merge {lead.id} {ANYWAY}')}"
            )
        return lead


def _meant(rest: str) -> tuple[str, bool]:
    """The name, as Slack writes a channel or as people do, and whether another environment is meant too."""
    words = rest.split()
    anyway = len(words) > 1 and words[-1].lower() == ANYWAY
    name = " ".join(words[:-1] if anyway else words).strip("`*")
    channel = _CHANNEL.fullmatch(name)
    return channel[1] if channel else name.removeprefix("#"), anyway


def _told(linked: tuple[Incident, ...]) -> str:
    names = ", ".join(_name(one) for one in linked[:10])
    return f"Told here are: {names}." if names else "Nothing is told here with another."


def _name(incident: Incident) -> str:
    return f"{safe(incident.service, 80)} ({code(incident.id)})"


def _env(incident: Incident) -> str:
    return safe(incident.env, 40) or "no named environment"
