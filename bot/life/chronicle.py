"""Everything that happened in an incident, in order, each with where it came from (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bot.domain.approval import Approved, Denied
from bot.domain.closing import FALSE_ALARM
from bot.domain.context import Report
from bot.domain.entry import Entry, Kind
from bot.domain.incident import Incident
from bot.domain.question import Answer, Question
from bot.domain.run import Checked, DeedBegun, DeedEnded, Ended, Event, GateDecided, GateOpened, MayHaveRun, Run
from bot.domain.text import cut
from bot.life.lifecycle import standing
from bot.timeline import of_incident
from integrations.contract import Change
from integrations.signals import signal


@dataclass(frozen=True, slots=True)
class Record:
    """All that the database holds of one incident."""

    incident: Incident
    report: Report | None
    """The last look into its present opening."""
    entries: Sequence[Entry] = ()
    runs: Sequence[tuple[Run, Sequence[Event]]] = ()
    answers: Sequence[tuple[Question, Answer]] = ()


@dataclass(frozen=True, slots=True)
class Happened:
    at: datetime
    text: str
    """Plain words, not yet escaped for any medium."""
    source: str
    """Who tells it: the alert's sender, `metrics`, `logs`, `changes`, `run`, `people`, `record`."""
    link: str = ""
    """Where it can be seen; empty where nowhere."""
    who: tuple[str, ...] = ()
    """Who did it, as `Entry.who`; nobody where it just happened."""
    to: str = ""
    """To whom, by user id."""
    entry: int = 0
    """The number of the record's entry that tells it; 0 where none does."""


def told_to(text: str, whom: str) -> str:
    """What was done and to whom: «handed over to Lee: watch the pool»; as it is where there is nobody."""
    done, colon, words = text.partition(": ")
    return f"{done} to {whom}{colon}{words}" if whom else text


_TOLD: Mapping[Kind, str] = MappingProxyType(
    {
        "declared": "declared it",
        "acknowledged": "acknowledged it",
        "unacknowledged": "took the acknowledgement back",
        "severity": "set the severity to {value}",
        "lead": "gave the lead",
        "status": "said the status, {value}",
        "note": "noted",
        "pinned": "wrote",
        "resolved": "resolved it",
        "reopened": "opened it again",
        "cause": "named the cause",
        "handoff": "handed over",
        "escalated": "escalated",
        "reassigned": "reassigned",
        "watched": "watched",
        "closed": "closed it",
    }
)
"""How each kind is told; those that are not here are no part of the story."""
REJECTED = "rejected a cause that was named"
"""What an entry of a cause without words tells: `bot.life.lifecycle.rejecting`."""
_ANSWER = 160
"""Characters of an answer that are told: the whole of it stands in its thread."""


def chronicle(record: Record) -> tuple[Happened, ...]:
    """The oldest first; of one moment in the order of alerts, findings, runs, people."""
    parts = (_alerts(record.incident), _findings(record.report), _runs(record), _entries(record), _answers(record))
    return tuple(sorted((one for part in parts for one in part), key=lambda one: one.at))


def _alerts(incident: Incident) -> Iterator[Happened]:
    links = {alert.name: (alert.source, alert.url or "") for alert in incident.alerts}
    for at, text in of_incident(incident):
        source, link = next((of for name, of in links.items() if text.startswith(f"alert {name} ")), ("record", ""))
        yield Happened(at, text, source, link)


def _findings(report: Report | None) -> Iterator[Happened]:
    if report is None:
        return
    found = report.analysis
    if found.onset:
        yield Happened(found.onset, "it began: the first lasting departure from normal", "metrics")
    for state in found.signals:
        if state.bad and state.since:
            text = f"{signal(state.signal).label} of {state.service} left its normal, {state.moved}"
            yield Happened(state.since, text, "metrics", state.url or "")
    for pattern in found.patterns:
        kind = "a new log pattern" if pattern.new else "a log pattern that grew"
        text = f"{kind} of {pattern.service}, {pattern.often} time{'s' * (pattern.count != 1)}: {pattern.template}"
        yield Happened(pattern.first_seen, text, "logs", pattern.url or "")
    for change in report.context.of(Change):
        who = f" by {change.author}" if change.author else ""
        text = f"{change.what} of {change.service} {change.version}{who}: {change.title}"
        yield Happened(change.at, text, "changes", change.url or "")


def _runs(record: Record) -> Iterator[Happened]:
    """Runbooks: who asked, who decided, what each step did and whether it helped."""
    for run, events in record.runs:
        asked = f"asked for runbook {run.runbook.id} on {run.target}, run {run.id}"
        yield Happened(run.asked_at, asked, "run", who=(run.asked_by,))
        for event in events:
            if isinstance(event, GateDecided):
                yield _decided(event)
            elif text := _of_event(run, event):
                yield Happened(event.at, text, "run")


def _decided(event: GateDecided) -> Happened:
    match event.verdict:
        case Approved(by=by):
            return Happened(event.at, f"approved gate {event.gate_id}", "run", who=by)
        case Denied(by=by):
            return Happened(event.at, f"denied gate {event.gate_id}", "run", who=(by,))
        case verdict:
            return Happened(event.at, f"gate {event.gate_id}: {verdict.kind}", "run")


def _of_event(run: Run, event: Event) -> str:
    """Empty for what is no part of the story."""
    text = ""
    match event:
        case GateOpened(gate=gate):
            text = f"run {run.id}, step {gate.path}: people are asked, gate {gate.id}"
        case DeedBegun(path=path):
            text = f"run {run.id}, step {path} begins"
        case DeedEnded(path=path, outcome=outcome):
            text = f"run {run.id}, step {path}: {outcome.result}"
        case MayHaveRun(path=path):
            text = f"run {run.id}, step {path} may have run: the bot ended in the middle of it"
        case Checked(path=path, ok=ok, said=said):
            text = f"run {run.id}, step {path} checked, {'good' if ok else 'not good'}: {said}"
        case Ended(result=result, reason=reason):
            text = f"run {run.id} ended, {result}" + (f": {reason}" if reason else "")
        case _:
            pass
    return text


def _entries(record: Record) -> Iterator[Happened]:
    """What people did; pins that were taken back are left out."""
    kept = {pin.number for pin in standing(record.entries).pinned}
    for entry in record.entries:
        if entry.kind in _TOLD and (entry.kind != "pinned" or entry.number in kept):
            to = "" if _took(entry) else entry.value if entry.kind in ("lead", "handoff") else ""
            yield Happened(entry.at, _of_entry(entry), "people", entry.link, (entry.who,), to, entry.number)


def _took(entry: Entry) -> bool:
    """Whether somebody named themselves."""
    return entry.kind == "lead" and entry.value == entry.who


def _of_entry(entry: Entry) -> str:
    what = "took the lead" if _took(entry) else _TOLD[entry.kind].format(value=entry.value)
    if entry.kind == "resolved" and entry.value == FALSE_ALARM:
        what += f" as a {FALSE_ALARM}"
    if entry.kind == "cause" and not entry.text:
        return REJECTED
    if entry.kind == "watched":
        changed, _, came = entry.text.partition(": ")
        return f"{what} {changed}" + (f": {came.replace(': ', ', ')}" if came else "")
    return f"{what}: {entry.text}" if entry.text else what


def _answers(record: Record) -> Iterator[Happened]:
    for question, answer in record.answers:
        told = " ".join(answer.plain.split())
        text = f"asked: {cut(question.text, 120)} · answered: {cut(told, _ANSWER)}"
        yield Happened(question.asked_at, text, "people", who=(question.user_id,))
