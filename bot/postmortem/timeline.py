"""Timeline: what happened when, each moment with its source (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.domain.postmortem import Chapter, Said
from bot.domain.words import clock
from bot.postmortem.record import Record
from bot.timeline import of_incident, of_report, of_runs

Cited = tuple[datetime, str, int]


def timeline(record: Record) -> Chapter:
    """In the order in which it happened; never empty, as an incident was opened at some time."""
    moments = sorted((m for m in _moments(record) if m[0] <= record.closing.at), key=lambda moment: moment[0])
    return Chapter(
        "timeline", tuple(Said(_sentence(text), (cite,), clock(at, record.ended)) for at, text, cite in moments)
    )


def _moments(record: Record) -> Iterator[Cited]:
    for at, text in of_incident(record.incident):
        yield at, text, record.own()
    for at, text in of_report(record.report):
        yield at, text, record.look()
    for run, events in record.runs:
        for at, text in of_runs([(run, events)]):
            yield at, text, record.run(run)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
