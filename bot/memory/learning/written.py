"""A postmortem in Markdown, read: what was wrong, since when, why, and what mended it (pure).

Teams write them in many forms, so this looks for what most have: a first heading; lines such as «Service: payment» or
«**Date:** 2026-01-02 03:04», as front matter, list or table; and sections whose headings speak of a cause, of a
resolution or of what happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.memory import MOST_TEXT

_FIELD = re.compile(r"^[\s>*_|+-]*([A-Za-z][A-Za-z /-]{1,30}?)[\s*_]*[:|](.*)$")
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ,]+(\d{1,2}:\d{2})(?::\d{2})?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?")
_SPAN = re.compile(r"(?<![\d.,])(\d{1,6}(?:[.,]\d{1,6})?)\s*(d|h|m(?!s|on))[a-z]*", re.IGNORECASE)
_LONGEST = 200
"""Characters of a field that are read for a time or a span: texts come from anybody."""
_MOST_ALERTS = 50
_MINUTES = {"d": 1440.0, "h": 60.0, "m": 1.0}
_SERVICE = ("service", "services", "affected service", "affected services", "component", "system")
_DATE = ("date", "started", "start", "start time", "incident start", "opened", "began", "detected", "incident date")
_DURATION = ("duration", "time to resolve", "length", "downtime")
_CAUSE = re.compile(r"\b(root )?causes?\b|why (it|this|did)", re.IGNORECASE)
_RESOLUTION = re.compile(r"\b(resolution|resolved|mitigation|recovery|remediation|fix(ed)?)\b", re.IGNORECASE)
_SUMMARY = re.compile(r"\b(summary|what happened|overview|symptoms?|impact|detection)\b", re.IGNORECASE)
_LATER = re.compile(r"\b(action items?|follow.?ups?|lessons|next steps|prevent)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """Empty, or None, where the text does not say."""

    title: str = ""
    name: str = ""
    """As people call the incident, such as INC-892."""
    service: str = ""
    env: str = ""
    opened_at: datetime | None = None
    minutes: float | None = None
    alerts: tuple[str, ...] = ()
    summary: str = ""
    cause: str = ""
    resolution: str = ""


def read(text: str, services: Iterable[str] = (), hint: str = "") -> Written:
    """What a postmortem says. `services` are known names, looked for in the title where no line names one; `hint` is
    another place that may hold a date or a name, such as its file's name.
    """
    title, fields, sections = _parts(text)
    title = title or _of(fields, ("title",))
    heads = f"{title}\n{hint}"
    return Written(
        title=title[:MOST_TEXT],
        name=_of(fields, ("id", "incident", "incident id", "ticket")) or _named(heads),
        service=_first_word(_of(fields, _SERVICE)) or _known(heads, services),
        env=_first_word(_of(fields, ("environment", "env"))),
        opened_at=moment(_of(fields, _DATE)) or moment(hint) or moment(title),
        minutes=minutes(_of(fields, _DURATION)),
        alerts=_names(_of(fields, ("alert", "alerts"))),
        summary=_section(sections, _SUMMARY),
        cause=_section(sections, _CAUSE) or _of(fields, ("root cause", "cause"))[:MOST_TEXT],
        resolution=_section(sections, _RESOLUTION) or _of(fields, ("resolution", "fix", "mitigation"))[:MOST_TEXT],
    )


def moment(text: str) -> datetime | None:
    """The first date in a text, with its time if there is one; UTC where no zone is named."""
    found = _MOMENT.search(text[:_LONGEST])
    if not found:
        return None
    day, time, zone = found.groups()
    offset = "+00:00" if zone in (None, "Z", "UTC") else zone
    try:
        return datetime.fromisoformat(f"{day}T{(time or '00:00').zfill(5)}:00{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def minutes(text: str) -> float | None:
    """«1 h 20 min» as 80.0; None where no span stands there."""
    found = [
        float(number.replace(",", ".")) * _MINUTES[unit.lower()] for number, unit in _SPAN.findall(text[:_LONGEST])
    ]
    return sum(found) if found else None


def _parts(text: str) -> tuple[str, Mapping[str, str], list[tuple[str, str]]]:
    """The first heading, the fields by their name in small letters, and (heading, text) of each section."""
    title, fields, sections = "", dict[str, str](), list[tuple[str, list[str]]]()
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading and (name := heading[2].rstrip("# \t")):
            if not title and len(heading[1]) == 1:
                title = name
            sections.append((name, []))
            continue
        field = _FIELD.match(line)
        if field and (value := field[2].strip("*_| \t")):
            fields.setdefault(" ".join(field[1].lower().split()), value.strip("`'\" "))
        if sections:
            sections[-1][1].append(line)
    return title, fields, [(heading, "\n".join(lines).strip()) for heading, lines in sections]


def _section(sections: Iterable[tuple[str, str]], about: re.Pattern[str]) -> str:
    """The text of the first section whose heading speaks of it."""
    for heading, text in sections:
        if text and about.search(heading) and not _LATER.search(heading):
            return text[:MOST_TEXT]
    return ""


def _of(fields: Mapping[str, str], names: Iterable[str]) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _names(text: str) -> tuple[str, ...]:
    """The first of those in a list, each within bounds."""
    parts = re.split(r"[,\s]+", text.strip("[]"), maxsplit=_MOST_ALERTS)
    return tuple(part[:_LONGEST] for part in parts[:_MOST_ALERTS] if part)


def _first_word(text: str) -> str:
    return (re.split(r"[,;\s]+", text.strip("[]`'\" "))[0]).strip("`'\"")[:200]


def _named(text: str) -> str:
    found = re.search(r"\b[A-Z][A-Z0-9]{1,9}-\d{1,9}\b", text)
    return found[0] if found else ""


def _known(text: str, services: Iterable[str]) -> str:
    """The longest known service that the text names."""
    there = [name for name in services if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE)]
    return max(there, key=len, default="")
