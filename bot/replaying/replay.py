"""Runs recorded incidents through evidence and analysis, with no Slack and no model, and prints what was found.

A recording is a folder: `alert.json`, `services.yaml`, `metrics.csv.gz`, `deployments.json`, `meta.json` and,
where there are logs, `logs.jsonl.gz`. `truth.json`, where there is one, is never read.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, TextIO

import yaml

from bot.analyse import analyse
from bot.domain.analysis import Analysis
from bot.domain.context import Context
from integrations.contract import Alert, Change, Finding, LogLine, Logs, Scope, Series, Service, Window, aware

MOST_CAUSES = 8
"""How many services a result names: the scorer looks at the first five places."""
COUNTED_BY_INTERVAL = 300.0
"""Seconds of a step from which the recordings' form counts requests by interval; everywhere else they are a rate."""


FIGURE = ("time", "service", "signal", "instance", "edge", "value")
"""What is read of each row of `metrics.csv.gz`."""


class BadRecording(Exception):
    """A folder that is not a recording, or one that cannot be read; says which file and why."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What a recording says of itself."""

    window: Window
    step: float
    earlier: tuple[tuple[float, float], ...]
    """Earlier incidents inside the window, as unix seconds."""
    log_total: int | None

    def known_trouble(self, moment: float, alerted: float) -> bool:
        """Whether this moment belongs to an incident that was over before this one: it is not what is normal."""
        return moment < alerted and any(since <= moment <= until + self.step for since, until in self.earlier)


def replay(paths: Sequence[Path], out: TextIO) -> int:
    """One JSON line for each recording under `paths` (folders of recordings, or recordings).

    Gives back the exit code: 1 when any of them could not be read (each is named on stderr), else 0.
    """
    failures = 0
    for folder in recordings(paths):
        began = time.perf_counter()
        try:
            analysis = analyse(read_recording(folder))
        except BadRecording as error:
            failures += 1
            print(f"replay: {error}", file=sys.stderr)  # noqa: T201 - the command line's own error stream
            continue
        line = {
            "recording": folder.name,
            "causes": result(analysis),
            "seconds": round(time.perf_counter() - began, 3),
        }
        out.write(json.dumps(line) + "\n")
    return 1 if failures else 0


def result(analysis: Analysis) -> list[dict[str, str | None]]:
    """The causes as the scorer reads them, the likeliest first; then weaker suspects, with confidence unknown.

    Where there is no cause, the first place says so (`service` null), and suspects come behind it.
    """
    ranked: list[dict[str, str | None]] = [
        {"service": cause.service, "confidence": cause.confidence} for cause in analysis.causes
    ]
    if not ranked:
        ranked.append({"service": None, "confidence": "unknown"})
    named = {entry["service"] for entry in ranked}
    ranked += [{"service": name, "confidence": "unknown"} for name in analysis.suspects if name not in named]
    return ranked[:MOST_CAUSES]


def read_recording(folder: Path) -> Context:
    """The context that a recording holds, as if every source had answered. Raises BadRecording."""
    try:
        return _read(folder)
    except (OSError, EOFError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        raise BadRecording(f"{folder}: {type(error).__name__}: {error}") from error


def recordings(paths: Iterable[Path]) -> Iterable[Path]:
    """The folders of recordings that these are or hold."""
    for path in paths:
        inside = sorted(child.parent for child in path.glob("*/alert.json"))
        yield from [path] if (path / "alert.json").exists() or not inside else inside


def _read(folder: Path) -> Context:
    meta = _meta(json.loads((folder / "meta.json").read_text()))
    alert = _alert(json.loads((folder / "alert.json").read_text()))
    own = alert.labels.get("service") or alert.name
    alerted = alert.starts_at.timestamp()
    scope = Scope(
        incident_id=folder.name,
        env=alert.labels.get("env", ""),
        alerts=(alert,),
        services=_services(folder / "services.yaml", own),
        window=meta.window,
    )
    findings: list[Finding] = [*_series(folder / "metrics.csv.gz", meta, alerted)]
    if (folder / "logs.jsonl.gz").exists():
        findings.append(_logs(folder / "logs.jsonl.gz", meta, alerted))
    findings += _changes(json.loads((folder / "deployments.json").read_text()))
    return Context(scope=scope, findings=tuple(findings))


def _meta(raw: Mapping[str, Any]) -> Meta:
    since, until = (_moment(text) for text in raw["span"])
    logs = raw.get("logs") or {}
    return Meta(
        window=Window(since, until),
        step=float(raw.get("step_seconds") or 60),
        earlier=tuple((_moment(a).timestamp(), _moment(b).timestamp()) for a, b in raw.get("earlier_incidents", [])),
        log_total=int(logs["of"]) if isinstance(logs, dict) and logs.get("of") else None,
    )


def _alert(payload: Mapping[str, Any]) -> Alert:
    raw = payload["alerts"][0]
    return Alert(
        source="alertmanager",
        fingerprint=str(raw["fingerprint"]),
        name=str(raw["labels"].get("alertname", "")),
        status="firing",
        starts_at=_moment(raw["startsAt"]),
        severity=str(raw["labels"].get("severity", "")),
        summary=str(raw.get("annotations", {}).get("summary", "")),
        labels=dict(raw["labels"]),
        annotations=dict(raw.get("annotations", {})),
    )


def _services(path: Path, own: str) -> dict[str, Service]:
    """The alert's own service first, then down its calls, nearest first, then those that nobody on the way calls."""
    raw = yaml.safe_load(path.read_text()) if path.exists() else {}
    known = {
        str(entry["name"]): Service(
            name=str(entry["name"]),
            owner=entry.get("owner"),
            namespace=entry.get("namespace"),
            repo=entry.get("repo"),
            depends_on=tuple(str(name) for name in entry.get("depends_on") or ()),
        )
        for entry in (raw or {}).get("services") or ()
    }
    order = [own]
    for name in order:
        order += [callee for callee in known.get(name, Service(name)).depends_on if callee not in order]
    order += [name for name in known if name not in order]
    return {name: known.get(name, Service(name)) for name in order}


def _series(path: Path, meta: Meta, alerted: float) -> list[Series]:
    points: dict[tuple[str, str, str, str], list[tuple[float, float]]] = defaultdict(list)
    seconds = meta.step if meta.step >= COUNTED_BY_INTERVAL else 1.0
    with gzip.open(path, "rt", newline="") as lines:
        rows = csv.reader(lines)
        head = next(rows, [*FIGURE])
        of = itemgetter(*(head.index(column) for column in FIGURE))
        for text, service, signal, instance, edge, number in (of(row) for row in rows if row):
            moment, value = _unix(text), float(number)
            if math.isfinite(value) and not meta.known_trouble(moment, alerted):
                value /= seconds if signal == "requests" else 1.0
                points[service, signal, instance, edge].append((moment, value))
    return [
        Series(service, signal, *_columns(sorted(known)), instance=instance, edge=edge)
        for (service, signal, instance, edge), known in points.items()
    ]


def _columns(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(moment for moment, _ in points), tuple(value for _, value in points)


def _logs(path: Path, meta: Meta, alerted: float) -> Logs:
    lines: list[LogLine] = []
    read = 0
    with gzip.open(path, "rt") as texts:
        for text in texts:
            raw = json.loads(text)
            read += 1
            moment = _moment(raw["time"])
            if not meta.known_trouble(moment.timestamp(), alerted):
                lines.append(
                    LogLine(
                        time=moment,
                        service=str(raw["service"]),
                        message=str(raw["message"]),
                        level=str(raw.get("level") or ""),
                        instance=str(raw.get("instance") or ""),
                    )
                )
    lines.sort(key=lambda line: line.time)
    share = max(1.0, (meta.log_total or read) / max(read, 1))
    return Logs(lines=tuple(lines), total=round(len(lines) * share))


def _changes(raw: Iterable[Mapping[str, Any]]) -> list[Change]:
    return [
        Change(
            service=str(entry["service"]),
            what="deployment",
            at=_moment(entry["time"]),
            version=str(entry.get("version") or ""),
            previous=str(entry.get("previous") or ""),
            author=str(entry.get("author") or ""),
            title=str(entry.get("title") or ""),
            files=tuple(str(name) for name in entry.get("files") or ()),
            instances_new=tuple(entry.get("instances_new") or ()),
            instances_old=tuple(entry.get("instances_old") or ()),
        )
        for entry in raw
    ]


def _moment(text: str) -> datetime:
    return aware(datetime.fromisoformat(text))


@lru_cache(maxsize=4096)
def _unix(text: str) -> float:
    """Unix seconds; remembered, because all figures of one moment have the same text."""
    return _moment(text).timestamp()
