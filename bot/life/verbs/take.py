"""Who has an incident: `ack`, `severity`, `lead`, and 👀 on the briefing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot import sections
from bot.command_words import NotDoneError, by_member, first_word, here
from bot.domain.briefing import Briefing, line
from bot.domain.entry import Entry
from bot.domain.incident import Incident, Severity
from bot.domain.said import Command, Reacted
from bot.domain.words import clock
from bot.life.lifecycle import Standing, acknowledged_at, acknowledging, standing, taking_back
from bot.life.reach import Life
from bot.life.typed import person, words
from bot.life.verbs.named import check_named
from bot.ports import ChatError

EYES = "eyes"
_SEVERITIES = {word: severity for severity in Severity for word in (severity.name, f"P{severity}", f"{severity}")}


async def ack(life: Life, command: Command, rest: str) -> Briefing:
    """Somebody has it. Once for each opening and each call; whoever comes second is told who was first."""
    incident = await here(life.desk.journal, command.channel_id)
    return line(await acknowledge(life, incident, command.user_id, words(rest)))


async def acknowledge(life: Life, incident: Incident, user_id: str, text: str = "", value: str = "") -> str:
    """What to say to whoever acknowledges. Raises JournalDown."""
    entries, now = await life.desk.entries.of_incident(incident.id), life.desk.clock.now()
    had = standing(entries, incident.last_opened_at)
    taken = had.taken
    if taken is None:
        at = acknowledged_at(incident, entries, now)
        entry = Entry(incident.id, acknowledging(incident, entries, at), at, "acknowledged", user_id, text, value)
        taken = await life.write(entry) or await life.desk.entries.keyed(incident.id, entry.key) or entry
    return _acknowledged(had, taken, user_id, now)


def _acknowledged(had: Standing, taken: Entry, user_id: str, now: datetime) -> str:
    when = f"{clock(taken.at, now)} UTC"
    if taken.who != user_id:
        return f"Acknowledged before, by {sections.who(taken.who)} {when}. To lead it: `/incident lead`."
    if had.called is None:
        return f"Acknowledged {when}. It stands in the briefing's head."
    first = had.acknowledged or taken
    by_another = f" First was {sections.who(first.who)}, {clock(first.at, now)} UTC." if first.who != user_id else ""
    return f"Acknowledged {when}: no further level is called.{by_another}"


async def severity(life: Life, command: Command, rest: str) -> Briefing:
    """As a person sees it: outranks the alerts' until it is changed."""
    incident = await here(life.desk.journal, command.channel_id)
    word, why = first_word(rest)
    wanted = _SEVERITIES.get(word.upper())
    if wanted is None:
        raise NotDoneError(
            f"Which one? `/incident severity SEV1` to `SEV4`, and why if you like. It is {incident.severity.name} now."
        )
    if wanted is incident.severity:
        return line(f"It is {wanted.name} already.")
    at = life.desk.clock.now()
    key = f"severity:{command.trigger}"
    await life.write(Entry(incident.id, key, at, "severity", command.user_id, words(why), wanted.name))
    return line(f"{wanted.name} now; it was {incident.severity.name}. Alerts do not change it any more.")


async def lead(life: Life, command: Command, rest: str) -> Briefing:
    """Who leads: whoever is named, else whoever types it. Another than oneself is told so in the channel."""
    incident = await here(life.desk.journal, command.channel_id)
    named, why = person(rest)
    who = named or command.user_id
    if not named and rest.lower() not in ("", "me"):
        raise NotDoneError("Who? `/incident lead @name`, with the name picked from Slack's list; alone it is you.")
    if named:
        await check_named(life, who)
    at, key = life.desk.clock.now(), f"lead:{command.trigger}"
    await life.write(Entry(incident.id, key, at, "lead", command.user_id, words(why), who))
    told = "You lead." if who == command.user_id else f"<@{who}> leads, and is told so in the channel."
    return line(f"{told} I ask the lead where no status is given for long: `/incident status`.")


async def seen(life: Life, reacted: Reacted) -> None:
    """👀 on the briefing acknowledges, for a full member; taken back by whoever did, it takes that back.

    What counts is whether it stands there now: events come late, twice, and not in order. One that stood there before a
    call does not answer it; taken off and put there again it does. Raises JournalDown, UncountedError.
    """
    incident_id = await life.desk.entries.at_message(reacted.message) if reacted.emoji == EYES else None
    if incident_id is None or not await by_member(life.people, reacted):
        return
    incident = await life.desk.journal.incident(incident_id)
    had = (await life.standing(incident)).acknowledgements
    theirs = [one for one in had if (one.who, one.value) == (reacted.user_id, EYES)]
    if not await _stands(life, reacted):
        for one in theirs:
            at = life.desk.clock.now()
            await life.write(replace(one, key=taking_back(one), at=at, kind="unacknowledged", number=0))
    elif not (reacted.added and theirs):  # taken off, and there: put there again since
        await acknowledge(life, incident, reacted.user_id, value=EYES)


async def _stands(life: Life, reacted: Reacted) -> bool:
    """Where Slack does not tell, the event is believed."""
    try:
        return reacted.user_id in (await life.desk.chat.reactions(reacted.message)).get(EYES, ())
    except ChatError:
        return reacted.added
