"""A made-up recording of any size, with one fault at the far end of the calls: for measuring what an incident costs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import yaml

ALERT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTES = 120
"""Of history before the alert; one figure a minute."""
AFTER = 3
"""Minutes that are known beyond the alert."""
ONSET = -4
"""Minutes from the alert to where the fault begins."""
FAN_OUT = 3
"""How many others a service calls."""
SIGNALS = {
    "availability": 99.9, "latency_avg": 0.05, "latency_p50": 0.04, "latency_p90": 0.09, "latency_p95": 0.12,
    "latency_p99": 0.25, "requests": 120.0, "cpu": 30.0, "memory": 45.0, "disk": 40.0, "connections": 20.0,
    "cpu_usage": 300.0, "memory_usage": 450.0, "disk_read": 12.0, "disk_write": 9.0, "network_rx": 90_000.0,
    "network_tx": 70_000.0, "instances_up": 3.0, "restarts": 0.0, "node_cpu": 50.0,
}  # fmt: skip
"""Twenty signals, each with its normal value."""
FAULTY = {"availability": 80.0, "latency_avg": 0.5, "latency_p99": 2.5, "cpu": 95.0, "cpu_usage": 950.0}
"""What the fault makes of some of them."""
TEMPLATES = (
    ("INFO", "GET /api/v1/items/{n} 200 in {ms} ms trace={hex}"),
    ("INFO", "order {uuid} accepted for customer {n}"),
    ("INFO", "cache hit ratio {ms}% over {n} keys"),
    ("INFO", "connection from 10.0.{o}.{o}:{n} closed after {ms} ms"),
    ("DEBUG", "span {hex} finished, parent {hex}"),
    ("INFO", "consumed offset {n} of partition {o} in topic events"),
    ("WARN", "slow query took {ms} ms: select * from rows where id = {n}"),
    ("INFO", "token for user-{n}@example.org refreshed"),
)
ERROR = ("ERROR", "request {uuid} failed: pool exhausted after {ms} ms")


@dataclass(frozen=True, slots=True)
class Size:
    services: int
    lines: int


def name(number: int) -> str:
    return f"service-{number:03d}"


def write(folder: Path, size: Size) -> Path:
    """The recording in this folder, which is made; the same size gives the same recording."""
    folder.mkdir(parents=True)
    alert = {
        "fingerprint": "00000000000000f1",
        "labels": {"alertname": "SlowRequests", "service": name(0), "severity": "critical", "env": "production"},
        "annotations": {"summary": f"{name(0)} is slow"},
        "startsAt": _text(ALERT),
    }
    (folder / "alert.json").write_text(json.dumps({"version": "4", "status": "firing", "alerts": [alert]}))
    (folder / "services.yaml").write_text(yaml.safe_dump({"services": _services(size.services)}))
    (folder / "deployments.json").write_text("[]")
    span = [_text(_at(-MINUTES)), _text(_at(AFTER))]
    (folder / "meta.json").write_text(json.dumps({"span": span, "entry": name(0), "step_seconds": 60}))
    truth = {"service": name(size.services - 1), "kind": "made", "system": "made", "candidates": size.services}
    (folder / "truth.json").write_text(json.dumps(truth))
    with gzip.open(folder / "metrics.csv.gz", "wt", compresslevel=1) as out:
        out.writelines(_figures(size.services))
    with gzip.open(folder / "logs.jsonl.gz", "wt", compresslevel=1) as out:
        out.writelines(_lines(size))
    return folder


def _services(count: int) -> list[dict[str, object]]:
    """A tree: each calls the next three, so that the last one lies at the far end."""
    below = {n: range(FAN_OUT * n + 1, min(count, FAN_OUT * n + FAN_OUT + 1)) for n in range(count)}
    return [{"name": name(n), "depends_on": [name(callee) for callee in below[n]]} for n in range(count)]


def _figures(count: int) -> Iterator[str]:
    draw = Random(count)
    yield "time,service,instance,edge,signal,value,source_name\n"
    for number in range(count):
        for signal, normal in SIGNALS.items():
            then = FAULTY.get(signal, normal) if number == count - 1 else normal
            for minute in range(-MINUTES, AFTER + 1):
                level = then if minute >= ONSET else normal
                value = level + normal * 0.03 * draw.gauss(0, 1)
                yield f"{_text(_at(minute))},{name(number)},,,{signal},{value:.6g},{signal}\n"


def _lines(size: Size) -> Iterator[str]:
    draw = Random(size.services + size.lines)
    whole = (MINUTES + AFTER) * 60
    for place in range(size.lines):
        moment = ALERT + timedelta(minutes=-MINUTES, seconds=whole * place / size.lines)
        number = draw.randrange(size.services)
        faulty = number == size.services - 1 and moment >= _at(ONSET)
        level, template = ERROR if faulty and draw.random() < 0.5 else draw.choice(TEMPLATES)
        yield json.dumps({
            "time": _text(moment), "service": name(number), "instance": f"{name(number)}-{place % 3}", "level": level,
            "message": template.format(
                n=draw.randrange(10**6), ms=draw.randrange(900), hex=f"{draw.getrandbits(64):016x}",
                o=draw.randrange(256), uuid=_uuid(draw)
            ),
        }) + "\n"  # fmt: skip


def _uuid(draw: Random) -> str:
    digits = f"{draw.getrandbits(128):032x}"
    return "-".join(digits[a:b] for a, b in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))


def _at(minute: float) -> datetime:
    return ALERT + timedelta(minutes=minute)


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
