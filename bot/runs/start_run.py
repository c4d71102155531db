"""How a run begins: who asks, for what, with which values; what is missing is asked for, the rest refused."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.incident import Incident
from bot.domain.run import Run
from bot.domain.said import Field, Form
from bot.domain.text import code, cut, safe
from bot.guard.redact import redact
from bot.runs import known_values
from bot.runs.action_ports import Entry, TargetHeldError
from bot.runs.job import record
from bot.runs.still_open import in_the_way
from bot.runs.workshop import Workshop
from runbooks.model import Parameter, Runbook
from runbooks.prepared import Value
from runbooks.variables import needed, wrong

NO_KEY = "Not run: nothing can be run before AUDIT_KEY is set. Whoever operates me can: `first-responder doctor`."


class NotRunError(Exception):
    """Why nothing is run, as a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for."""

    incident: Incident
    channel_id: str
    book: Runbook
    given: Mapping[str, str]
    user_id: str


async def begin(shop: Workshop, wish: Wish) -> Run | Form:
    """Commits the run and begins its story; a form where values are missing. Raises NotRunError, JournalDown."""
    try:
        return await _begun(shop, wish)
    except NotRunError as refusal:
        facts = {"runbook": wish.book.id, "given": dict(wish.given), "reason": str(refusal)}
        await record(shop, Entry("run.refused", wish.user_id, wish.incident.id, facts=facts))
        raise


async def _begun(shop: Workshop, wish: Wish) -> Run | Form:
    await check_asker(shop, wish.user_id, wish.channel_id)
    if shop.audit is None:
        raise NotRunError(NO_KEY)
    if shop.rules.profile == "observe":
        raise NotRunError("Not run: the profile is `observe`, which runs nothing. AUTONOMY_PROFILE is the setting.")
    if stop := await shop.switch.state():
        raise NotRunError(
            f"Not run: <@{stop.by}> stopped everything ({safe(stop.reason)}). `/incident-action resume` lifts it."
        )
    values, missing = await _values(shop, wish)
    if missing:
        return _form(wish, missing)
    run = Run(
        id=_new_id(),
        incident_id=wish.incident.id,
        runbook=wish.book,
        given=values,
        target=_target(values),
        channel_id=wish.channel_id,
        asked_by=wish.user_id,
        asked_at=shop.desk.clock.now(),
        profile=shop.rules.profile,
        why=await _why(shop, wish.incident),
    )
    facts = {"runbook": wish.book.id, "target": run.target, "given": dict(wish.given), "why": run.why}
    facts |= {"profile": run.profile}
    try:
        await record(shop, Entry("run.asked", wish.user_id, run.incident_id, run.id, facts))
        await shop.runs.open(run)
    except TargetHeldError as held:
        events = await shop.runs.events(held.run.id)
        raise NotRunError(in_the_way(held.run, events, shop.desk.clock.now())) from held
    await shop.begin(run.id)
    return run


def _target(values: Mapping[str, Value]) -> str:
    """What is worked on: the service that the commands get, whoever named it, and its environment."""
    return "/".join(values[name].text for name in ("service", "env") if name in values)


async def _why(shop: Workshop, incident: Incident) -> str:
    """The likely cause by now, for those who have to decide. Raises JournalDown."""
    report = await shop.desk.journal.report(incident.id, incident.opening)
    if report is None or not report.analysis.causes:
        return "no clear cause yet"
    cause = report.analysis.causes[0]
    return f"{cut(cause.text, 300)} (confidence {cause.confidence})"


async def why_no_answer(shop: Workshop, user_id: str, channel_id: str) -> str:
    """Why this person gets no answer in this channel, as a sentence; empty: they get one."""
    person = await shop.people.person(user_id, (), "")
    if person.unread:
        return f"Not answered: {person.why_not}."
    if not person.full_member:
        return "Not answered: I answer full members of this workspace only. Ask one of them to ask me."
    if channel_id in shop.rules.shared_channels:
        return ""
    match await shop.people.shared(channel_id):
        case True:
            return "Not answered: people of another company are in this channel. SHARED_CHANNELS names where I may."
        case None:
            return "Not answered: Slack does not say whether another company is in this channel. Ask again in a minute."
        case _:
            return ""


async def check_asker(shop: Workshop, user_id: str, channel_id: str) -> None:
    """Runs and answers are for full members, in channels that no other company shares. Raises NotRunError."""
    person = await shop.people.person(user_id, (), "")
    if not person.full_member:
        raise NotRunError(f"Not run: {person.why_not or 'only full members of this workspace can run things'}.")
    if not await shop.ours(channel_id):
        raise NotRunError(
            "Not run: this channel is shared with others, or Slack did not say. SHARED_CHANNELS names where I may."
        )


async def _values(shop: Workshop, wish: Wish) -> tuple[Mapping[str, Value], list[Field]]:
    """What every variable is, and a field for each that nobody knows or whose value cannot be used."""
    for name, text in wish.given.items():
        if redact(text) != text or redact(f"{name}={text}") != f"{name}={text}":
            raise NotRunError(
                f"Not run: the value of {code(name)} looks like a secret. Pass it by RUNBOOK_ENV, never through Slack."
            )
    known = dict(await known_values.of_incident(shop, wish.incident))
    known |= {name: Value(text, f"given by <@{wish.user_id}>") for name, text in wish.given.items()}
    missing: list[Field] = []
    for parameter in needed(wish.book):
        value = known.get(parameter.name)
        if value is None and parameter.default is not None:
            value = Value(parameter.default, "default of the runbook")
        fault = wrong(parameter, value.text) if value else ""
        if value is None or fault:
            missing.append(_field(parameter, wish.given.get(parameter.name, ""), fault))
        else:
            known[parameter.name] = value
    unknown = sorted(set(wish.given) - {parameter.name for parameter in needed(wish.book)})
    if unknown:
        names = ", ".join(code(one.name) for one in needed(wish.book)) or "none"
        raise NotRunError(f"Not run: {code(wish.book.id)} has no {code(unknown[0])}. It knows: {names}.")
    return known, missing


def _field(parameter: Parameter, value: str, fault: str) -> Field:
    return Field(parameter.name, parameter.name.replace("_", " "), fault or parameter.description, value)


def _form(wish: Wish, missing: list[Field]) -> Form:
    return Form(
        does="run",
        value=json.dumps(
            {
                "channel": wish.channel_id,
                "incident": wish.incident.id,
                "runbook": wish.book.id,
                "given": dict(wish.given),
            }
        ),
        title="What is missing",
        button="Go on",
        fields=tuple(missing),
        lines=(f"*{safe(wish.book.title, 120)}*: what it has to know. Reads run at once, each change asks first.",),
    )


def _new_id() -> str:
    return "R" + base64.b32encode(secrets.token_bytes(5))[:6].decode()
