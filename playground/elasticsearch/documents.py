"""The world's log records as an index: columns to search by, and each document's JSON to answer with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from playground.world import LogRecord

TIME, SERVICE, LEVEL, MESSAGE, POD = "@timestamp", "service.name", "log.level", "message", "kubernetes.pod.name"
TYPES = {TIME: "date", SERVICE: "keyword", LEVEL: "keyword", MESSAGE: "text", POD: "keyword"}
"""The mapping: field → type."""

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]


class Documents:
    """Every record as it stood when it was read. A document's number is its place in order of time."""

    def __init__(self, records: Sequence[LogRecord], index: str) -> None:
        self.records = records
        self.index = index
        self.times: Numbers = np.array([millis(record.time) for record in records], dtype=np.float64)

    def __len__(self) -> int:
        return len(self.records)

    def are(self, records: Sequence[LogRecord]) -> bool:
        """Whether these are the same records still. The world only ever adds and drops whole runs of them."""
        same = len(records) == len(self.records)
        return same and (not records or (records[0] is self.records[0] and records[-1] is self.records[-1]))

    def value(self, number: int, field: str) -> str | None:
        """What one document has in one field; None where it is empty, or where there is no such field."""
        record = self.records[number]
        match field:
            case "@timestamp":
                return iso(record.time)
            case "service.name":
                return record.service or None
            case "log.level":
                return record.level or None
            case "message":
                return record.message
            case "kubernetes.pod.name":
                return record.instance or None
            case _:
                return None

    @cached_property
    def keywords(self) -> dict[str, Column]:
        return {
            SERVICE: Column([record.service for record in self.records]),
            LEVEL: Column([record.level for record in self.records]),
            POD: Column([record.instance for record in self.records]),
        }

    @cached_property
    def _sources(self) -> dict[tuple[str, ...], list[str | None]]:
        return {}

    def sources(self, numbers: Sequence[int], fields: tuple[str, ...]) -> list[str]:
        """These documents' JSON, with these fields only."""
        made = self._sources.get(fields)
        if made is None:
            made = self._sources[fields] = [None] * len(self.records)
        for number in numbers:
            if made[number] is None:
                made[number] = self._source(number, fields)
        return [made[number] or "" for number in numbers]

    def _source(self, number: int, fields: tuple[str, ...]) -> str:
        values = ((field, self.value(number, field)) for field in fields)
        return "{" + ",".join(_nested(field, _quoted(value)) for field, value in values if value is not None) + "}"


def _nested(field: str, text: str) -> str:
    """`a.b` as `"a":{"b":text}`. No two fields of ours share a parent."""
    opening, closing = _AROUND[field]
    return f"{opening}{text}{closing}"


_AROUND = {field: ('"' + field.replace(".", '":{"') + '":', "}" * field.count(".")) for field in TYPES}
_quoted = json.encoder.encode_basestring_ascii


class Column:
    """A keyword field: each document's value as a number in `values`, which are sorted; "" is no value."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.values = sorted(set(texts))
        self._numbers = {value: number for number, value in enumerate(self.values)}
        self.codes = np.array([self._numbers[text] for text in texts], dtype=np.int64)

    def among(self, wanted: Sequence[str]) -> Mask:
        codes = [self._numbers[value] for value in wanted if value and value in self._numbers]
        return np.isin(self.codes, codes)

    def present(self) -> Mask:
        return ~np.equal(self.codes, self._numbers.get("", -1))


def millis(moment: datetime) -> float:
    """Whole milliseconds since 1970, as a date field keeps them."""
    return float(int(moment.timestamp() * 1000 + 1e-3))


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
