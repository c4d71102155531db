"""Root cause analysis: what people confirmed, what the evidence suspects, and what was ruled out (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.closing.postmortem.record import SURE, Record
from bot.domain.analysis import Cause
from bot.domain.postmortem import Asked, Chapter, Said
from bot.domain.words import clock
from integrations.contract import Similar

_CAUSES, _PATTERNS = 3, 3


def cause(record: Record) -> Chapter:
    """What people told counts first; evidence is called what it is, a suspicion with its confidence."""
    return Chapter(
        "cause", (*_confirmed(record), *_suspected(record), *_logs(record), *_before(record), *_open(record))
    )


def _confirmed(record: Record) -> Iterator[Said]:
    if record.closing.false_alarm:
        yield Said("It was closed as a false alarm.", (record.own(),))
    if told := record.standing.cause:
        yield Said(f"Confirmed by people: {told.text.rstrip('.')}.", (record.entry(told),))


def _suspected(record: Record) -> Iterator[Said]:
    if record.report is None:
        return
    found = record.report.analysis
    for number, one in enumerate(found.causes[:_CAUSES]):
        sure = "Suspected" if one.confidence in SURE else "Possible"
        also = "Also suspected" if one.confidence in SURE else "Also possible"
        yield Said(f"{also if number else sure}, {_confidence(one)}: {one.text.rstrip('.')}.", record.facts(one.facts))
    if found.onset:
        text = f"The first lasting departure from normal was at {clock(found.onset, record.ended)} UTC."
        yield Said(text, (record.look(),))
    for out in found.ruled_out:
        yield Said(f"Ruled out: {out.text.rstrip('.')}.", record.facts(out.facts))
    if not found.causes and found.looked_at:
        yield Said(f"No cause was found in {', '.join(found.looked_at)}.", (record.look(),))


def _confidence(one: Cause) -> str:
    return f"with {one.confidence} confidence"


def _logs(record: Record) -> Iterator[Said]:
    for pattern in record.report.analysis.patterns[:_PATTERNS] if record.report else ():
        text = f"In the logs of {pattern.service}: {pattern.often} × `{pattern.template}` ({pattern.usual})."
        yield Said(text, (record.sources.cite(f"elasticsearch: `{pattern.template}`", pattern.url),))


def _before(record: Record) -> Iterator[Said]:
    """It may be known from an earlier incident."""
    for past in record.report.context.of(Similar)[:1] if record.report else ():
        why = f" ({past.why.rstrip('.')})" if past.why else ""
        what = f"; the cause then: {past.cause.rstrip('.')}" if past.cause else ""
        text = f"It looks like {past.incident_id}{why}{what}."
        yield Said(text, (record.sources.cite(f"memory of past incidents: {past.incident_id}", past.url),))


def _open(record: Record) -> Iterator[Asked]:
    if record.closing.false_alarm:
        yield Asked("What made the alert fire although nothing was wrong?")
        return
    if record.standing.cause is None:
        yield Asked("Is that the cause? Nobody confirmed one." if record.suspected else "What was the cause?")
    suspected = record.suspected
    if suspected is not None and suspected.kind == "change":
        yield Asked("What let this change reach production: which test, review or gradual rollout would have shown it?")
    else:
        yield Asked("What made it possible, and what made it grow to this size?")
