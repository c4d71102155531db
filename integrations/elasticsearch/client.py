"""The client: asks Elasticsearch, and answers in our own types or with a RoomError."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integrations.contract import Malformed, Ready, Refused
from integrations.elasticsearch import NAME, Settings

if TYPE_CHECKING:
    from integrations.elasticsearch.wire import Wire


class TooLarge(Malformed):
    """One answer was larger than is read into memory: ask for fewer hits."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One document of an answer. `fields` and `source` are as Elasticsearch gave them, read by `lines.py`."""

    source: Mapping[str, object]
    fields: Mapping[str, object]
    sort: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of a search."""

    hits: tuple[Hit, ...]
    total: int
    """How many documents match; 0 where it was not asked to be tracked."""
    warnings: tuple[str, ...] = ()
    """Why the answer may not be whole: failed shards, or Elasticsearch's own time limit."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the indices behind the setting look like."""

    indices: int
    types: Mapping[str, frozenset[str]]
    """Field → the types it has in those indices, by family: keyword, text, date, long, …"""


class Client:
    """One cluster. The connection, and the library behind it, come with the first question.

    The library takes a second to import: a thread does that, so that nothing else waits for it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wire: Wire | None = None
        self._connecting = asyncio.Lock()

    async def search(self, body: Mapping[str, object]) -> Answer:
        """One page. Raises RoomError; TooLarge when the answer passes the limit of `wire.MAX_ANSWER`."""
        return _answer(await (await self._connected()).search(body))

    async def mapped(self, fields: tuple[str, ...]) -> Mapped:
        """The types of these fields. Raises RoomError, Refused when no index matches."""
        found = _mapped(await (await self._connected()).field_caps(fields))
        if not found.indices:
            index = self._settings.index
            raise Refused(NAME, f"no index matches {index}", "set ELASTICSEARCH_INDEX to where the logs are")
        return found

    async def ready(self, found: Mapped) -> Ready:
        """What answered, with its version where the key may see it."""
        version = await (await self._connected()).version()
        many = "index" if found.indices == 1 else "indices"
        return Ready(f"Elasticsearch {version}".rstrip() + f", {self._settings.index}: {found.indices} {many}")

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.close()

    async def _connected(self) -> Wire:
        async with self._connecting:
            if self._wire is None:
                self._wire = await asyncio.to_thread(_connect, self._settings)
        return self._wire


def _connect(settings: Settings) -> Wire:
    from integrations.elasticsearch.wire import Wire

    return Wire(settings)


def _answer(body: Mapping[str, Any]) -> Answer:
    try:
        hits = tuple(
            Hit(hit.get("_source") or {}, hit.get("fields") or {}, tuple(hit.get("sort", ())))
            for hit in body["hits"]["hits"]
        )
        total = int(body["hits"].get("total", {"value": 0})["value"])
        shards = body["_shards"]
        failed = int(shards.get("failed", 0))
        warnings = [f"{failed} of {int(shards['total'])} shards did not answer"] if failed else []
        if body.get("timed_out"):
            warnings.append("Elasticsearch ran out of time")
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise _unreadable("search") from error
    return Answer(hits, total, tuple(warnings))


def _mapped(body: Mapping[str, Any]) -> Mapped:
    try:
        types = {name: frozenset(kinds) for name, kinds in body["fields"].items()}
        return Mapped(len(body["indices"]), types)
    except (AttributeError, KeyError, TypeError) as error:
        raise _unreadable("field list") from error


def _unreadable(what: str) -> Malformed:
    return Malformed(NAME, f"its {what} answer has another shape", "does ELASTICSEARCH_URL point at Elasticsearch?")
