"""Roles in the place of people: a postmortem asks what happened, not who did it (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.closing.postmortem.record import Record
from bot.domain.approval import Approved, Denied
from bot.domain.entry import BOT
from bot.domain.run import Chosen, GateDecided, Stopped
from integrations.contract import Change, OnCall

RESPONDER, APPROVER, AUTHOR, ON_CALL = "a responder", "an approver", "an engineer", "the on-call"
SOMEBODY = "somebody"
"""In the place of an id or address that nothing is known of."""
_MENTION = re.compile(r"<@[^<>\s]*>|<!subteam\^[^<>\s]*>")
_ID = re.compile(r"(?<![A-Za-z0-9])[UW](?=[A-Z]*\d)[A-Z0-9]{6,}(?![A-Za-z0-9])")
"""As Slack forms the ids of people, with a digit in it: `WARNING` and `UNAVAILABLE` are words."""
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w@])@[A-Za-z][\w.-]*")
_SHORTEST = 3
"""Of a part of a name that is looked for by itself: shorter ones are ordinary words."""


def who(record: Record, user_id: str) -> str:
    """How somebody is called whose id stands in the record."""
    if user_id == BOT:
        return "the bot"
    if record.named:
        return record.names.get(user_id) or user_id.removeprefix("pagerduty:")
    return f"{ON_CALL}, in PagerDuty" if user_id.startswith("pagerduty:") else RESPONDER


def without_names(record: Record, text: str) -> str:
    """The text with roles in the place of everybody whom the record knows, and of ids, addresses and handles.

    Where people are to be named, ids become the names that are known and the rest stays.
    """
    if record.named:
        return _MENTION.sub(lambda found: _named(record.names, found[0]), text)
    known = people(record)
    text = _MENTION.sub(lambda found: _named(known, found[0]), text)
    for name, role in known.items():
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", role, text)
    for pattern in (_ADDRESS, _HANDLE, _ID):
        text = pattern.sub(SOMEBODY, text)
    return text


def people(record: Record) -> Mapping[str, str]:
    """Name, id or address → role, the longest first. Services keep their names, also where a person has the same."""
    found: dict[str, str] = {}
    for name, role in _people(record):
        for part in (name, *(part for part in name.split() if len(part) >= _SHORTEST and part[0].isupper())):
            found.setdefault(part, role)
    services = record.report.context.scope.services if record.report else {record.incident.service: None}
    kept = {name: role for name, role in found.items() if name.strip() and name not in services}
    return dict(sorted(kept.items(), key=lambda pair: -len(pair[0])))


def user_ids(record: Record) -> tuple[str, ...]:
    """Ids of all whose names would have to be looked up."""
    return tuple(name for name in people(record) if re.fullmatch(r"[UW][A-Z0-9]+", name))


def _people(record: Record) -> Iterator[tuple[str, str]]:
    if record.report:
        for change in record.report.context.of(Change):
            yield change.author, AUTHOR
        for duty in record.report.context.of(OnCall):
            yield duty.email, ON_CALL
            yield duty.name, ON_CALL
    for entry in record.entries:
        if entry.who != BOT:
            yield entry.who.removeprefix("pagerduty:"), ON_CALL if ":" in entry.who else RESPONDER
        if entry.kind in ("lead", "handoff"):
            yield entry.value, RESPONDER
    if record.closing.by != BOT:
        yield record.closing.by, RESPONDER
    yield from _in_runs(record)


def _in_runs(record: Record) -> Iterator[tuple[str, str]]:
    for run, events in record.runs:
        yield run.asked_by, RESPONDER
        for event in events:
            match event:
                case Chosen(by=by) | Stopped(by=by) if by != BOT:
                    yield by, RESPONDER
                case GateDecided(verdict=Approved(by=several)):
                    yield from ((by, APPROVER) for by in several)
                case GateDecided(verdict=Denied(by=by)):
                    yield by, APPROVER
                case _:
                    pass


def _named(names: Mapping[str, str], mention: str) -> str:
    """Who is meant, by what `names` has for the id."""
    id_ = mention.removeprefix("<@").rstrip(">").partition("|")[0]
    return names.get(id_, SOMEBODY)
