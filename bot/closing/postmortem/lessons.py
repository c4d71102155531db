"""Lessons learned: what the record itself shows to have gone well or badly; the rest is asked (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.closing.postmortem.actions import LATE_S
from bot.closing.postmortem.record import Record
from bot.closing.postmortem.resolution import helped, steps
from bot.domain.postmortem import Asked, Chapter, Said
from bot.domain.words import figure, span
from integrations.contract import Similar


def lessons(record: Record) -> Chapter:
    """What went well, what went badly; where luck helped, only people know."""
    asked = (Asked("What went well that we want to keep?"), Asked("Where were we lucky?"))
    return Chapter("lessons", (*_well(record), *_badly(record), *asked))


def _well(record: Record) -> Iterator[Said]:
    if record.report and (one := record.suspected):
        seconds = record.report.context.seconds
        text = f"Went well: the evidence named a cause within {figure(seconds)} s, with {one.confidence} confidence."
        yield Said(text, record.facts(one.facts))
    if helped(record):
        run = record.ran[-1][0]
        yield Said("Went well: a step of a runbook helped, and its check says so.", (record.run(run),))
    if seen := record.standing.acknowledged:
        after = span((seen.at - record.opened).total_seconds())
        which = record.by_hand or "the alert"
        yield Said(f"Went well: somebody took it on {after} after {which}.", (record.entry(seen),))


def _badly(record: Record) -> Iterator[Said]:
    early = record.early.total_seconds()
    if early >= LATE_S:
        told = record.by_hand or "an alert told of it"
        yield Said(f"Went badly: it went on for {span(early)} before {told}.", (record.look(),))
    if record.report and (gaps := record.report.context.gaps):
        blind = ", ".join(dict.fromkeys(gap.source for gap in gaps if not gap.partial))
        part = ", ".join(dict.fromkeys(gap.source for gap in gaps if gap.partial))
        seen = [f"nothing was seen of {blind}"] if blind else []
        seen += [f"{'not all' if blind else 'not all was seen'} of {part}"] if part else []
        yield Said(f"Went badly: {', and '.join(seen)}.", (record.look(),))
    failed = [run for run, events in record.ran if any(at.failure for at in steps(run, events))]
    for run in failed:
        yield Said(f"Went badly: a step of {run.runbook.id} failed in the middle of it.", (record.run(run),))
    for past in record.report.context.of(Similar)[:1] if record.report else ():
        cite = record.sources.cite(f"memory of past incidents: {past.incident_id}", past.url)
        yield Said(f"Went badly: it had happened before, as {past.incident_id}.", (cite,))
