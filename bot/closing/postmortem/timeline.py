"""Timeline: what happened when, each moment with its source (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from bot.closing.postmortem.record import Record
from bot.closing.postmortem.roles import who
from bot.domain.postmortem import Chapter, Said
from bot.domain.words import clock, count
from bot.life import chronicle
from bot.life.chronicle import Happened, told_to
from bot.runs.endings import sentence
from integrations.signals import SIGNALS

_ROOMS = {"metrics": "prometheus", "logs": "elasticsearch", "changes": "github"}


MOST = 300
"""Moments that are told: more nobody reads, no issue on GitHub holds, and no model is paid to."""


def timeline(record: Record) -> Chapter:
    """In the order in which it happened, until it was closed; never empty, as an incident was opened at some time.

    What happened several times in one minute is told once. Of very many the first and the last are told.
    """
    known = chronicle.Record(record.incident, record.report, record.entries, record.runs)
    happened = [one for one in chronicle.chronicle(known) if one.at <= record.closing.at and not _twice(record, one)]
    told = _told_once(happened)
    if len(told) <= MOST:
        return Chapter("timeline", tuple(_said(record, one) for one in told))
    first, last = told[: MOST // 3], told[MOST // 3 - MOST :]
    between = f"{count(len(told) - MOST, 'moment')} in between: `/incident timeline` has all of them"
    left_out = Said(f"{between}.", (record.own(),), clock(told[len(first)].at, record.ended))
    parts = ((_said(record, one) for one in first), (left_out,), (_said(record, one) for one in last))
    return Chapter("timeline", tuple(chain(*parts)))


def _told_once(happened: Iterable[Happened]) -> list[Happened]:
    """In a storm the same alert fires for each of a thousand instances."""
    alike: dict[tuple[object, ...], list[Happened]] = {}
    for one in happened:
        minute = one.at.replace(second=0, microsecond=0)
        alike.setdefault((minute, one.text, one.source, one.who, one.to), []).append(one)
    return [
        replace(first, text=f"{first.text}, {1 + len(more):,} times") if more else first
        for first, *more in alike.values()
    ]


def _said(record: Record, one: Happened) -> Said:
    return Said(sentence(_words(record, one)), (_cite(record, one),), clock(one.at, record.ended))


def _words(record: Record, one: Happened) -> str:
    """With roles or names in front, and signals by the names that people know."""
    first, _, rest = one.text.partition(" ")
    text = f"{SIGNALS[first].label} {rest}" if first in SIGNALS else one.text
    by = " and ".join(dict.fromkeys(who(record, user) for user in one.who))
    told = told_to(text, who(record, one.to) if one.to else "")
    return " ".join(part for part in (by, told) if part)


def _twice(record: Record, one: Happened) -> bool:
    """A person who closes it also resolves it: that is told once."""
    closed = one.source == "people" and one.text.startswith("closed")
    return closed and any(entry.kind == "resolved" and entry.at == one.at for entry in record.entries)


def _cite(record: Record, one: Happened) -> int:
    match one.source:
        case "record":
            return record.own()
        case "metrics" | "logs" | "changes":
            named = f"{_ROOMS[one.source]}: {one.text}"
            return record.sources.cite(named, one.link) if one.link else record.look()
        case "run":
            return next((record.run(run) for run, _ in record.runs if run.id in one.text), record.own())
        case "people":
            entry = next((entry for entry in record.entries if entry.number == one.entry), None)
            return record.entry(entry) if entry else record.own()
        case _:
            return record.alert(one.text.removeprefix("alert ").rpartition(" fired")[0])
