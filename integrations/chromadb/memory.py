"""A past incident as it is remembered, and its form in files and in Chroma's metadata.

A history is imported as JSON lines, one incident a line; unknown keys are ignored:

    {"id": "INC-892", "service": "payment-service", "title": "Payments failed after a deployment",
     "opened_at": "2026-01-02T03:04:05Z", "minutes": 11, "cause": "…", "resolution": "…",
     "summary": "what was seen", "alerts": ["HighErrorRate"], "url": "https://…/postmortem"}

`id`, `service`, `title` and `opened_at` (ISO 8601 with a zone) are needed, the others may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from integrations.contract import aware

MOST_TEXT = 4_000
"""Characters of one field that are kept."""


@dataclass(frozen=True, slots=True)
class Memory:
    id: str
    service: str
    title: str
    opened_at: datetime
    minutes: float | None = None
    """From open to resolved; None when not known."""
    cause: str = ""
    resolution: str = ""
    summary: str = ""
    """What was seen: the symptoms, in words."""
    alerts: tuple[str, ...] = ()
    """Names of the alerts that fired."""
    url: str | None = None
    digest: str = ""
    """Of the record that it is a copy of, for whoever keeps that; empty where this is the only one."""

    def text(self) -> str:
        """What it is found by: what was seen and what lay behind it, but not how it was mended."""
        parts = (self.title, self.service, " ".join(self.alerts), self.summary, self.cause)
        return "\n".join(part for part in parts if part)

    def metadata(self) -> dict[str, str | float]:
        """As Chroma keeps it: plain values only."""
        kept: dict[str, str | float] = {
            "service": self.service,
            "title": self.title,
            "opened_at": self.opened_at.isoformat(),
            "cause": self.cause,
            "resolution": self.resolution,
            "summary": self.summary,
            "alerts": json.dumps(self.alerts),
        }
        if self.minutes is not None:
            kept["minutes"] = self.minutes
        if self.url:
            kept["url"] = self.url
        if self.digest:
            kept["digest"] = self.digest
        return kept


def memory_of(fields: object) -> Memory:
    """The memory behind a JSON object or a record's metadata. Raises ValueError naming the field."""
    if not isinstance(fields, Mapping):
        raise ValueError("not a JSON object")  # noqa: TRY004 — one error for every fault of a file
    minutes = fields.get("minutes")
    if minutes is not None and (isinstance(minutes, bool) or not isinstance(minutes, int | float)):
        raise ValueError("minutes is not a number")
    alerts = fields.get("alerts") or ()
    if isinstance(alerts, str):
        alerts = json.loads(alerts)
    if not isinstance(alerts, list | tuple):
        raise ValueError("alerts is not a list")  # noqa: TRY004 — one error for every fault of a file
    return Memory(
        id=_needed(fields, "id"),
        service=_needed(fields, "service"),
        title=_needed(fields, "title"),
        opened_at=_moment(_needed(fields, "opened_at")),
        minutes=None if minutes is None else float(minutes),
        cause=_text(fields, "cause"),
        resolution=_text(fields, "resolution"),
        summary=_text(fields, "summary"),
        alerts=tuple(str(alert) for alert in alerts),
        url=_text(fields, "url") or None,
        digest=_text(fields, "digest"),
    )


def memories_from_jsonl(path: Path) -> list[Memory]:
    """The incidents of a JSON lines file, in its order; empty lines are skipped.

    Raises ValueError that names the line and what is wrong with it, and OSError where the file cannot be read.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(memory_of(json.loads(line)))
        except ValueError as error:  # json.JSONDecodeError is one
            raise ValueError(f"{path.name}, line {number}: {error}") from error
    return found


def _needed(fields: Mapping[str, object], name: str) -> str:
    text = _text(fields, name)
    if not text:
        raise ValueError(f"{name} is missing")
    return text


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")  # noqa: TRY004 — one error for every fault of a file
    return value.strip()[:MOST_TEXT]


def _moment(text: str) -> datetime:
    try:
        return aware(datetime.fromisoformat(text))
    except ValueError as error:
        raise ValueError(f"opened_at: {error}") from error
