"""A history of 130 incidents: ten kinds of trouble at thirteen services, each told in its own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from integrations import chromadb
from integrations.contract import Alert, Scope, Service, Window

WELL_S = 60.0
NOW = datetime(2026, 3, 3, 3, 42, tzinfo=UTC)
SERVICES = ("cart", "checkout", "search-api", "user-profile", "billing", "notifications", "inventory", "shipping",
            "recommendations", "gateway", "auth", "media-store", "reports")  # fmt: skip
TROUBLES = [
    ("HighErrorRate", "{s} returned 500s after a deploy", "One in five requests to {s} failed after 4.2 went out.",
     "The new version read a setting that was not there."),
    ("HighLatency", "{s} slow, pool exhausted", "p99 of {s} above 3 s, requests waited for a database connection.",
     "A slow query held every connection of the pool."),
    ("PodCrashLooping", "{s} pods crash looping", "Pods of {s} restarted over and over with OOMKilled.",
     "A cache without bound ate the memory."),
    ("DiskAlmostFull", "Volume of {s} full", "The data volume of {s} was 98 % full and writes failed.",
     "Debug logs were left on and never rotated."),
    ("KafkaConsumerLag", "{s} fell behind its topic", "Consumer lag of {s} grew to 400k messages.",
     "One poison message was retried forever."),
    ("TargetDown", "{s} not scraped", "Prometheus could not scrape {s}.", "A policy blocked the monitoring namespace."),
    ("DependencyErrors", "{s} failed with the payment provider", "Calls from {s} to the provider timed out.",
     "The provider had an outage."),
    ("HighCPU", "{s} at full CPU", "CPU of {s} at its limit, throttled.",
     "A regular expression backtracked on a long input."),
    ("DNSFailures", "{s} could not resolve names", "{s} logged no such host for internal names.",
     "CoreDNS was starved on two nodes."),
    ("QueueBacklog", "Mails of {s} delayed", "The outgoing queue of {s} held 90,000 messages.",
     "The mail relay throttled us."),
]  # fmt: skip


def told() -> list[chromadb.Memory]:
    return [
        chromadb.Memory(
            id=f"INC-{alert}-{service}",
            service=service,
            title=title.format(s=service),
            opened_at=NOW - timedelta(days=days + 1),
            minutes=30.0,
            cause=cause,
            resolution="Mended.",
            summary=f"{alert}: {seen.format(s=service)}",
        )
        for days, ((alert, title, seen, cause), service) in enumerate(product(TROUBLES, SERVICES))
    ]


def scope_of(service: str, name: str, summary: str, **labels: str) -> Scope:
    alert = Alert("test", "f", name, "firing", NOW, summary=summary, labels={"service": service, **labels})
    return Scope("INC-1", "prod", (alert,), {service: Service(service)}, Window(NOW - timedelta(hours=2), NOW))


@pytest.fixture(scope="session")
def history() -> list[chromadb.Memory]:
    return told()


@pytest.fixture
def make_scope():
    return scope_of


@pytest.fixture
async def open_room():
    """Opens rooms, and closes them after the test. Limits that it does not set itself do not run out: the first look
    loads Chroma, which takes seconds on a busy machine."""
    shipped, rooms = chromadb.Settings(), []

    def opened(settings: chromadb.Settings):
        unset = (name for name in ("timeout_s", "limit_s") if getattr(settings, name) == getattr(shipped, name))
        rooms.append(chromadb.open(replace(settings, **dict.fromkeys(unset, WELL_S))))
        return rooms[-1]

    yield opened
    for room in rooms:
        await room.close()
