"""What is said of an incident: `status`, `note`, `handoff`, and the draft that is sent with one tap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import partial

from bot.command_words import NotDoneError, first_word, here
from bot.domain.briefing import Briefing, line
from bot.domain.entry import Entry, State
from bot.domain.incident import Incident
from bot.domain.said import Command, Field, Filled, Form, Tap
from bot.domain.text import code, safe
from bot.domain.words import clock
from bot.insist import attempt
from bot.life import compose_status
from bot.life.compose_status import STATES, Draft
from bot.life.reach import Life
from bot.life.typed import options, person, words
from bot.life.verbs.named import check_named
from bot.runs.progress import put_right

FORM = "status.form"
LONGEST_PROMISE = timedelta(days=1)
_ONE_OF = f"is one of {', '.join(STATES)}"
_PATIENCE_S = 8.0


async def note(life: Life, command: Command, rest: str) -> Briefing:
    """Goes into the timeline, and nowhere else."""
    incident = await here(life.desk.journal, command.channel_id)
    if not rest:
        raise NotDoneError("Note what? `/incident note the pool was full at 03:40`. 📌 on a message notes it too.")
    key, at = f"note:{command.trigger}", life.desk.clock.now()
    await life.write(Entry(incident.id, key, at, "note", command.user_id, words(rest)))
    return line("Noted. `/incident timeline` shows it.")


async def handoff(life: Life, command: Command, rest: str) -> Briefing:
    """Says in the channel what the next person has to know; with a name it hands over the lead too."""
    incident = await here(life.desk.journal, command.channel_id)
    to, text = person(rest)
    if to:
        await check_named(life, to)
    key, at = f"handoff:{command.trigger}", life.desk.clock.now()
    await life.write(Entry(incident.id, key, at, "handoff", command.user_id, words(text), to))
    return line(f"Handed over to <@{to}>, in the channel." if to else "The handoff comes in the channel.")


async def status(life: Life, command: Command, rest: str) -> Briefing | Form:
    """`status identified: the pool was too small`, `next=20m` where it is promised; alone it offers a draft."""
    incident = await here(life.desk.journal, command.channel_id)
    key = f"status:{command.trigger}"
    if not rest:
        return await _form(life, incident, await drafted(life, incident), key)
    text, given = options(words(rest), ("next",))
    named, said = _state_in(text)
    if not named and (near := _nearly_a_state(text)):
        raise NotDoneError(f"Did you mean {code(near)}? Nothing was sent.")
    now = await life.standing(incident)
    state = named or (now.status.value if now.status else STATES[0])
    if not said:
        raise NotDoneError(f"Say what people should know: `/incident status {state}: …`; alone it offers a draft.")
    at = life.desk.clock.now()
    due = _due(life, incident, state, given.get("next", ""), at)
    await life.write(Entry(incident.id, key, at, "status", command.user_id, said, state, due=due))
    return line("Sent to the channel." + (f" Next update by {clock(due, at)} UTC." if due else ""))


async def send(life: Life, tap: Tap) -> Briefing | None:
    """The draft as it stands becomes the status, once, whoever taps first. What to say where that was not so."""
    reminder = await _reminder(life, tap.value)
    incident = await life.desk.journal.incident(reminder.incident_id)
    key, at = f"status:{reminder.key}", life.desk.clock.now()
    due = _due(life, incident, reminder.value, "", at)
    entry = Entry(incident.id, key, at, "status", tap.user_id, reminder.text, reminder.value, due=due)
    written = await life.write(entry)
    sent = written or await life.desk.entries.keyed(incident.id, key) or entry
    if tap.message is not None:
        done = compose_status.answered(reminder, sent.who)
        await attempt("draft sent", partial(life.desk.chat.edit, tap.message, done), _PATIENCE_S)
    return None if written else line(f"Sent before, by <@{sent.who}>.")


async def change(life: Life, tap: Tap) -> Form:
    """The draft in a form, to be changed before it is sent."""
    reminder = await _reminder(life, tap.value)
    incident = await life.desk.journal.incident(reminder.incident_id)
    draft = Draft(_state_in(reminder.value)[0] or STATES[0], reminder.text)
    return await _form(life, incident, draft, f"status:{reminder.key}")


async def filled(life: Life, form: Filled) -> Briefing | Mapping[str, str]:
    """What was filled in becomes the status, once; or what is wrong with it."""
    incident_id, _, key = form.value.partition(" ")
    incident = await life.desk.journal.incident(incident_id)
    state, more = _state_in(form.texts.get("state", ""))
    text, at = words(form.texts.get("text", "")), life.desk.clock.now()
    if not state or more:
        return {"state": _ONE_OF}
    if not text:
        return {"text": "is what people read"}
    try:
        due = _due(life, incident, state, form.texts.get("next", ""), at)
    except NotDoneError as wrong:
        return {"next": str(wrong)}
    sent = await life.write(Entry(incident.id, key, at, "status", form.user_id, text, state, due=due))
    return line("Sent to the channel." if sent else "Not sent: the status of this draft was sent before.")


async def drafted(life: Life, incident: Incident) -> Draft:
    """Out of the last look, the record and the runs of this opening: what was run before did not hold.

    Raises JournalDown.
    """
    report = await life.desk.journal.report(incident.id, incident.opening)
    since, runs = incident.last_opened_at, reversed(await life.runs.of_incident(incident.id))
    asked = [run for run in runs if run.asked_at >= since]
    acted = [run.runbook.title for run in asked if put_right(await life.runs.events(run.id))]
    return compose_status.draft(incident, report, await life.standing(incident), acted)


async def in_customers_words(life: Life, incident: Incident, state: str, due: datetime | None) -> str:
    """Empty where the service does not face customers. Raises JournalDown."""
    if not life.desk.catalog.service(incident.service).customer_facing:
        return ""
    report = await life.desk.journal.report(incident.id, incident.opening)
    return compose_status.for_customers(incident, report, state, due, life.desk.clock.now())


async def _form(life: Life, incident: Incident, draft: Draft, key: str) -> Form:
    at = life.desk.clock.now()
    due = _due(life, incident, draft.state, "", at)
    outside = await in_customers_words(life, incident, draft.state, due)
    promised = f"{round((due - at).total_seconds() / 60)}m" if due else ""
    return Form(
        does=FORM,
        value=f"{incident.id} {key}",
        title="Status",
        button="Send",
        fields=(
            Field("state", "State", _ONE_OF, draft.state),
            Field("text", "What people should know", "", draft.text, long=True),
            Field("next", "Next update in", "such as 20m; empty: none is promised", promised, required=False),
        ),
        lines=(f"*For the status page:* {safe(outside, 1_000)}",) if outside else (),
    )


async def _reminder(life: Life, value: str) -> Entry:
    """Raises NotDoneError."""
    incident_id, _, number = value.partition(" ")
    for entry in await life.desk.entries.of_incident(incident_id):
        if f"{entry.number}" == number and entry.kind == "reminded":
            return entry
    raise NotDoneError("That draft is not there any more: `/incident status` offers a new one.")


def _state_in(text: str) -> tuple[State | None, str]:
    """The state that the text begins with, if with one, and what stands behind it."""
    first, rest = first_word(text)
    found = next((state for state in STATES if state == first.rstrip(":,.;").lower()), None)
    return (found, rest.lstrip(" :,-")) if found else (None, text.strip())


def _nearly_a_state(text: str) -> str:
    """Which state is meant, where what stands before the colon is spelled nearly so; empty: none."""
    before, colon, _ = text.partition(":")
    near = get_close_matches(before.strip().lower(), STATES, 1, 0.75) if colon else []
    return near[0] if near else ""


def _due(life: Life, incident: Incident, state: str, promised: str, at: datetime) -> datetime | None:
    """When the next update is due: as promised, else by the pace of its severity. Raises NotDoneError."""
    if promised:
        number = promised.lower().removesuffix("min").removesuffix("m").strip()
        length = timedelta(minutes=int(number)) if number.isdecimal() and len(number) < 5 else timedelta()
        if not timedelta() < length <= LONGEST_PROMISE:
            raise NotDoneError(f"{code(promised, 40)} is no time: `next=20m`, at most a day. Nothing was sent.")
        return at + length
    pace = life.pace.of(incident.severity)
    return at + pace if pace and state != "resolved" else None
