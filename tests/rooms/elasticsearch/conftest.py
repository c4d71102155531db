"""The same log records in the stand-in and in a real Elasticsearch, and a room that looks at them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations import elasticsearch
from integrations.contract import Alert, Look, Scope, Service, Window
from playground import elasticsearch as stand_in
from playground.world import LogRecord
from tests.real.elasticsearch import RealElasticsearch, elasticsearch_server, index_of
from tests.rooms.quiet import Quiet

ALERTED = datetime(2026, 3, 3, 3, 42, tzinfo=UTC)
NOW = ALERTED + timedelta(seconds=20)
KEY = "YS1tYWRlLXVwOmtleQ=="

FIELDS = {
    "@timestamp": {"type": "date"},
    "service": {"properties": {"name": {"type": "keyword"}}},
    "log": {"properties": {"level": {"type": "keyword"}}},
    "message": {"type": "text"},
    "kubernetes": {"properties": {"pod": {"properties": {"name": {"type": "keyword"}}}}},
}


def before(seconds: float, service: str = "pay", message: str = "fine", level: str = "INFO", instance: str = "pay-1"):
    """A log record, so many seconds before the alert."""
    return LogRecord(ALERTED - timedelta(seconds=seconds), service, instance, level, message)


def scope(*services: str, env: str = "prod") -> Scope:
    alert = Alert("test", "f1", "HighErrorRate", "firing", ALERTED)
    named = {name: Service(name) for name in services or ("pay", "cart")}
    return Scope("INC-1", env, (alert,), named, Window(ALERTED - timedelta(hours=2), NOW))


@dataclass
class Written(Quiet):
    """A world with log records only."""

    moment = NOW
    told: Sequence[LogRecord]

    def logs(self) -> Sequence[LogRecord]:
        return self.told


@dataclass(frozen=True)
class Place:
    """Where records lie: an address, the index, and the key that is let in (empty where none is needed)."""

    url: str
    index: str
    key: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"ApiKey {self.key}"} if self.key else {}

    def settings(self, **other: Any) -> elasticsearch.Settings:
        return elasticsearch.Settings(**{"url": self.url, "api_key": self.key, "index": self.index} | other)

    async def look(self, at: Scope | None = None, **other: Any) -> Look:
        async with opened(self.settings(**other)) as room:
            return await room.look(at or scope())


@asynccontextmanager
async def opened(settings: elasticsearch.Settings) -> AsyncIterator[Any]:
    room = elasticsearch.open(settings)
    try:
        yield room
    finally:
        await room.close()


Holding = Callable[[Sequence[LogRecord]], AbstractAsyncContextManager[Place]]


@pytest.fixture(scope="session")
def real() -> Iterator[RealElasticsearch]:
    with elasticsearch_server() as server:
        yield server


@pytest.fixture(params=["stand-in", pytest.param("real", marks=pytest.mark.needs("elasticsearch"))])
def holding(request: pytest.FixtureRequest) -> Holding:
    """`async with holding(records) as place`: once with the stand-in, once with the real server."""
    server = request.getfixturevalue("real") if request.param == "real" else None

    @asynccontextmanager
    async def hold(records: Sequence[LogRecord]) -> AsyncIterator[Place]:
        if server is None:
            async with stand_in.running(Written(records), api_key=KEY, index="first-responder-1") as there:
                yield Place(there.url, "first-responder-1", KEY)
        else:
            with index_of(server.url, map(document, records), {"properties": FIELDS}) as name:
                yield Place(server.url, name)

    return hold


def document(record: LogRecord) -> Mapping[str, Any]:
    """The record as the stand-in shows it."""
    told: dict[str, Any] = {"@timestamp": record.time.isoformat(), "message": record.message}
    if record.service:
        told["service"] = {"name": record.service}
    if record.level:
        told["log"] = {"level": record.level}
    if record.instance:
        told["kubernetes"] = {"pod": {"name": record.instance}}
    return told
