"""From a hit to a log line. Pure; odd and missing fields make an emptier line, never an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from integrations.contract import LogLine
from integrations.elasticsearch import Settings
from integrations.elasticsearch.client import Hit

MAX_MESSAGE = 8 * 1024
"""Bytes of one message that are kept: a stack trace fits, a dumped payload does not."""


def line(hit: Hit, settings: Settings) -> LogLine | None:
    """The line of a hit, or None where its time cannot be read."""
    time = _time(_text(hit.fields.get(settings.time_field)))
    if time is None:
        return None
    return LogLine(
        time=time,
        service=_text(hit.fields.get(settings.service_field)) or _text(pick(hit.source, settings.service_field)),
        message=cut(_text(pick(hit.source, settings.message_field))),
        level=cut(_text(pick(hit.source, settings.level_field)), 64),
        instance=cut(_text(pick(hit.source, settings.instance_field)), 256),
    )


def pick(source: Mapping[str, object], path: str) -> object:
    """The value at a dotted path, however the document nests it: `a.b.c`, `a: {b.c}`, `a.b: {c}`. None if absent."""
    if path in source:
        return source[path]
    dot = path.find(".")
    while dot >= 0:
        inner = source.get(path[:dot])
        if isinstance(inner, dict) and (found := pick(inner, path[dot + 1 :])) is not None:
            return found
        dot = path.find(".", dot + 1)
    return None


def cut(text: str, limit: int = MAX_MESSAGE) -> str:
    """At most `limit` bytes of UTF-8, cut between characters, the cut shown as «…»."""
    if len(text) * 4 <= limit or len(raw := text.encode("utf-8", "replace")) <= limit:
        return text
    return raw[: limit - 3].decode("utf-8", "ignore") + "…"


def size(of: LogLine) -> int:
    """Bytes of UTF-8 that a line's texts hold."""
    text = f"{of.service}{of.message}{of.level}{of.instance}"
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _text(value: object) -> str:
    if isinstance(value, str) and value.isascii():  # nearly all of thousands
        return value
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()  # a lone surrogate cannot be stored or sent
        case None:
            return ""
        case [first, *_]:
            return _text(first)
        case Mapping() | []:
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _time(millis: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(millis) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
