"""Executive summary: what it was, how long, why, and what ended it, in a few sentences (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.closing.postmortem.record import Record
from bot.closing.postmortem.resolution import steps
from bot.domain.postmortem import Asked, Chapter, Said
from bot.domain.run import Ended
from bot.domain.text import first_sentence
from bot.domain.words import clock, span


def summary(record: Record) -> Chapter:
    """For somebody who reads nothing else."""
    return Chapter("summary", (*_what(record), *_why(record), *_end(record)))


def _what(record: Record) -> Iterator[Said]:
    incident, ended = record.incident, record.ended
    level, env = incident.severity.name, f" in {incident.env}" if incident.env else ""
    times = f"from {clock(record.began, ended)} to {clock(ended, ended)} UTC"
    lasted = span(record.lasted.total_seconds())
    cites = (record.own(), *((record.look(),) if record.early else ()))
    text = f"{incident.service}{env} had a {level} incident, {incident.title}, {times} ({lasted})."
    yield Said(text, tuple(dict.fromkeys((*cites, record.alert(incident.title)))))


def _why(record: Record) -> Iterator[Said | Asked]:
    if record.closing.false_alarm:
        yield Said("It was a false alarm.", (record.own(),))
    elif told := record.standing.cause:
        yield Said(f"The cause, confirmed by people: {told.text.rstrip('.')}.", (record.entry(told),))
    elif one := record.suspected:
        words = first_sentence(one.text)
        yield Said(f"The evidence suspects, with {one.confidence} confidence: {words}.", record.facts(one.facts))
    else:
        yield Asked("What was the cause? Neither evidence nor people have told.")


def _end(record: Record) -> Iterator[Said | Asked]:
    if found := what_helped(record):
        yield found
    elif record.closing.words:
        told = "In" if record.closing.false_alarm else "What ended it, in"
        words = record.closing.words.rstrip(".")
        yield Said(f"{told} the words of whoever closed it: {words}.", (record.own(),))
    elif not record.closing.false_alarm:
        yield Asked("What ended it? Nothing in the record says so.")
    if record.closing.how == "not reviewed":
        why = "nobody could be asked" if record.closing.unasked else "nobody answered the proposal"
        yield Said(f"It recovered and was closed without review: {why}.", (record.own(),))


def what_helped(record: Record) -> Said | None:
    """The last step that changed something and whose check was good."""
    for run, events in reversed(record.ran):
        good = [at for at in steps(run, events) if at.helped]
        if good and good[-1].prepared and any(isinstance(event, Ended) for event in events):
            step = good[-1].prepared.prepared.name
            return Said(f"Step «{step}» of runbook {run.runbook.id} helped: its check says so.", (record.run(run),))
    return None
