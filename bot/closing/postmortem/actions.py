"""Action items, each out of one fact of the record, the most urgent first (pure).

P0: it can happen again tonight. P1: the next one would be found later or take longer. P2: worth doing.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.closing.postmortem.record import Record
from bot.closing.postmortem.resolution import steps
from bot.domain.approval import Expired
from bot.domain.postmortem import Asked, Chapter, Said
from bot.domain.words import span
from bot.runs.endings import became, name
from integrations.contract import RunbookMatch, Similar

LATE_S = 300.0
"""An alert this long after the beginning came late."""
_GAPS = 5


def actions(record: Record) -> Chapter:
    """What follows from the record; who does it, and until when, is for people to say."""
    items = sorted((*_cause(record), *_alerts(record), *_seen(record), *_steps(record)), key=lambda item: item.lead)
    return Chapter("actions", (*items, Asked("What else, who does each of these, and until when?")))


def _cause(record: Record) -> Iterator[Said]:
    if record.closing.false_alarm:
        text = f"Mend the rule behind {record.incident.title}: it fired although nothing was wrong."
        yield Said(text, (record.alert(record.incident.title),), "P1")
        return
    suspected = record.suspected
    if record.standing.cause is None and suspected is None:
        yield Said("Find the cause: neither evidence nor people have named one.", (record.look(),), "P0")
    elif suspected is not None and suspected.kind == "change":
        what = suspected.version or f"the change to {suspected.service}"
        yield Said(f"Keep {what} from coming back until it is mended.", record.facts(suspected.facts), "P0")
    for past in record.report.context.of(Similar)[:1] if record.report else ():
        text = f"Look at what was agreed after {past.incident_id}: it looks the same, and it came back."
        yield Said(text, (record.sources.cite(f"memory of past incidents: {past.incident_id}", past.url),), "P1")
    if not record.ran and record.report and not record.report.context.of(RunbookMatch):
        yield Said(f"Write a runbook for {record.incident.title}: none matched.", (record.look(),), "P1")


def _alerts(record: Record) -> Iterator[Said]:
    early = record.early.total_seconds()
    if early >= LATE_S and not record.by_hand and not record.closing.false_alarm:
        text = f"Alert earlier: {record.incident.title} fired {span(early)} after it began."
        yield Said(text, (record.look(), record.alert(record.incident.title)), "P1")
    for firing in record.still_firing:
        yield Said(f"Mend or silence {firing}: it fired when the incident was closed.", (record.alert(firing),), "P0")
    if record.closing.how != "not reviewed":
        return
    text = "Say who answers for closing: nobody answered the proposal."
    if record.closing.unasked:
        text = "Give the bot a place to speak in: nobody could be asked whether this may be closed."
    yield Said(text, (record.own(),), "P2")


def _seen(record: Record) -> Iterator[Said]:
    """Sources that could not be seen when they were needed."""
    for gap in record.report.context.gaps[:_GAPS] if record.report else ():
        urgent = "P2" if gap.partial else "P1"
        reason = gap.reason.rstrip(".")
        text = f"Make sure that {gap.source} can be read in an incident: nothing came from it ({reason})."
        if gap.partial:  # it answered, perhaps with nothing
            text = f"Close the gap in what {gap.source} shows: {reason}."
        yield Said(text, (record.look(),), urgent)


def _steps(record: Record) -> Iterator[Said]:
    for run, events in record.ran:
        for at in steps(run, events):
            called, book = name(at), run.runbook.id
            if at.failure:
                yield Said(f"Mend {called} of {book}: it failed ({became(at)}).", (record.run(run),), "P1")
            elif at.refused:
                reason = at.refused.reason.rstrip(".")
                yield Said(f"Mend {called} of {book}: it could not run ({reason}).", (record.run(run),), "P1")
            elif isinstance(at.no, Expired):
                text = f"Say who answers for {called} of {book}: nobody did in time."
                yield Said(text, (record.run(run),), "P1")
            elif at.checked and not at.checked.ok:
                yield Said(f"Rethink {called} of {book}: its check says it did not help.", (record.run(run),), "P1")
            if at.changed_something and at.prepared and not at.prepared.prepared.undo:
                yield Said(f"Say what undoes {called} of {book}: nothing does.", (record.run(run),), "P2")
