"""The record of an incident put together as a postmortem, complete without any model (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.closing import postmortem
from bot.closing.postmortem.record import Record
from bot.closing.postmortem.roles import without_names
from bot.domain.postmortem import Asked, Chapter, Postmortem, Said
from bot.guard.redact import redact


def compose(record: Record) -> Postmortem:
    """Each sentence cites its source; what the record does not tell is a question. Roles stand for people, unless
    the record says that they are to be named; secrets are masked.
    """
    record = _masked(record)
    chapters = (
        postmortem.summary(record),
        postmortem.impact(record),
        postmortem.timeline(record),
        postmortem.cause(record),
        postmortem.resolution(record),
        postmortem.actions(record),
        postmortem.lessons(record),
    )
    incident = record.incident
    return Postmortem(
        incident_id=incident.id,
        opening=record.closing.opening,
        title=_clean(record, f"{incident.title} on {incident.service}"),
        chapters=tuple(replace(one, lines=tuple(_line(record, line) for line in one.lines)) for one in chapters),
        sources=tuple(replace(source, label=_clean(record, source.label)) for source in record.sources.all()),
        named=record.named,
    )


def with_chapters(written: Postmortem, better: Mapping[str, tuple[Said, ...]], model: str) -> Postmortem:
    """The same with the sentences of some chapters in a model's words; what is asked stays."""
    chapters = tuple(_worded(chapter, better.get(chapter.key, ())) for chapter in written.chapters)
    return replace(written, chapters=chapters, model=model)


def _masked(record: Record) -> Record:
    """What people wrote, masked as it stands: put into a sentence, a secret may look like a word of it."""
    entries = [replace(entry, text=redact(entry.text)) for entry in record.entries]
    return replace(record, closing=replace(record.closing, words=redact(record.closing.words)), entries=entries)


def _worded(chapter: Chapter, better: tuple[Said, ...]) -> Chapter:
    return replace(chapter, lines=(*better, *chapter.asked)) if better else chapter


def _line(record: Record, line: Said | Asked) -> Said | Asked:
    return replace(line, text=_clean(record, line.text))


def _clean(record: Record, text: str) -> str:
    return redact(without_names(record, text))
