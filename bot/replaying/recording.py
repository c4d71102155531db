"""Writes one incident down as a recording, in the form that `bot.replaying.replay` reads: its inverse.

What leaves the house in a file is masked whole, e-mail addresses and card numbers too.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from bot.domain.context import Context
from bot.replaying.replay import COUNTED_BY_INTERVAL
from integrations.contract import Alert, Change, LogLine, Logs, Scope, Series, Service

AFTER = timedelta(minutes=10)
"""Nothing in a recording lies later than this after the alert (the recordings' own form)."""
COLUMNS = ("time", "service", "instance", "edge", "signal", "value", "source_name")
NEVER_ENDS = "0001-01-01T00:00:00Z"
"""How Alertmanager writes the end of what still fires."""

Mask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Truth:
    """What lay behind it, as people have said: for the scorer, never for the bot."""

    service: str | None
    """None: nothing was wrong."""
    kind: str = ""
    deployment: bool = False
    at: datetime | None = None


def until(alerted: datetime, over: datetime) -> datetime:
    """The end of a recording: what was known when the briefing was needed, and nothing later."""
    return min(over, alerted + AFTER)


def write_recording(folder: Path, context: Context, truth: Truth | None, mask: Mask) -> None:
    """Fills a folder that is not there yet. Raises OSError, also where it is there."""
    folder.mkdir(parents=True)
    scope, end = context.scope, context.scope.window.until
    series = [one for one in context.of(Series) if one.times]
    _json(folder / "alert.json", _alert(scope.alerts[0], mask))
    (folder / "services.yaml").write_text(yaml.safe_dump({"services": [*map(_service, scope.services.values())]}))
    step = _step(series)
    _gzip(folder / "metrics.csv.gz", _figures(series, end, step))
    if lines := [line for logs in context.of(Logs) for line in logs.lines if line.time <= end]:
        _gzip(folder / "logs.jsonl.gz", _logs(lines, mask))
    _json(folder / "deployments.json", [_change(one, mask) for one in context.of(Change) if one.at <= end])
    _json(folder / "meta.json", _meta(context, step, len(lines)))
    if truth is not None:
        _json(folder / "truth.json", _truth(truth, scope))


def _alert(alert: Alert, mask: Mask) -> Mapping[str, Any]:
    """One webhook of Alertmanager's, version 4, of one alert that fires."""
    labels = {name: mask(value) for name, value in alert.labels.items()} | {"alertname": mask(alert.name)}
    if alert.severity:
        labels.setdefault("severity", alert.severity)
    annotations = {name: mask(value) for name, value in alert.annotations.items()} | {"summary": mask(alert.summary)}
    one = {
        "status": "firing",
        "labels": labels,
        "annotations": annotations,
        "startsAt": _moment(alert.starts_at),
        "endsAt": NEVER_ENDS,
        "fingerprint": alert.fingerprint,
    }
    return {"version": "4", "status": "firing", "groupKey": f"recorded:{alert.fingerprint}", "alerts": [one]}


def _service(service: Service) -> Mapping[str, Any]:
    known = {"owner": service.owner, "namespace": service.namespace, "repo": service.repo}
    return {
        "name": service.name,
        **{name: value for name, value in known.items() if value},
        "depends_on": [*service.depends_on],
    }


def _figures(series: Sequence[Series], end: datetime, step: int) -> str:
    """Oldest first, so that two recordings can be compared. With long steps the form counts requests by interval."""
    times = step if step >= COUNTED_BY_INTERVAL else 1
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    last = end.timestamp()
    found = sorted((at, one, value) for one in _named(series) for at, value in one.points if at <= last)
    for at, one, value in found:
        figure = value * times if one.name[-1] == "requests" else value
        rows.writerow([_moment(datetime.fromtimestamp(at, UTC)), *one.name, repr(figure), one.name[-1]])
    return text.getvalue()


@dataclass(frozen=True, slots=True, order=True)
class _Named:
    name: tuple[str, str, str, str]
    points: tuple[tuple[float, float], ...]


def _named(series: Sequence[Series]) -> Iterator[_Named]:
    for one in series:
        points = tuple(zip(one.times, one.values, strict=True))
        yield _Named((one.service, one.instance, one.edge, one.signal), points)


def _logs(lines: Sequence[LogLine], mask: Mask) -> str:
    return "".join(
        json.dumps(
            {
                "time": _moment(line.time),
                "service": line.service,
                "instance": line.instance,
                "level": line.level,
                "message": mask(line.message),
            }
        )
        + "\n"
        for line in sorted(lines, key=lambda line: line.time)
    )


def _change(change: Change, mask: Mask) -> Mapping[str, Any]:
    """Roles, not names: who changed it is nobody's business but the team's, and no evidence."""
    return {
        "service": change.service,
        "time": _moment(change.at),
        "version": change.version,
        "previous": change.previous,
        "author": None,
        "title": mask(change.title),
        "files": [mask(name) for name in change.files],
        "instances_new": [*change.instances_new],
        "instances_old": [*change.instances_old],
    }


def _meta(context: Context, step: int, lines: int) -> Mapping[str, Any]:
    scope = context.scope
    total = sum(logs.total for logs in context.of(Logs))
    return {
        "span": [_moment(scope.window.since), _moment(scope.window.until)],
        "entry": scope.service.name,
        "step_seconds": step,
        "earlier_incidents": [],
        "logs": {"lines": lines, "of": max(total, lines), "sampling": "even" if total > lines else "none"},
        "notes": [f"not seen: {gap.source}" for gap in context.gaps],
    }


def _step(series: Sequence[Series]) -> int:
    """Seconds from one figure to the next, as most of them have it; a minute where nothing tells."""
    steps = Counter(round(b - a) for one in series for a, b in zip(one.times, one.times[1:], strict=False))
    return steps.most_common(1)[0][0] if steps else 60


def _truth(truth: Truth, scope: Scope) -> Mapping[str, Any]:
    return {
        "service": truth.service,
        "services_ok": [],
        "kind": truth.kind,
        "deployment": truth.deployment,
        "at": _moment(truth.at) if truth.at else None,
        "system": "own",
        "candidates": len(scope.services),
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _gzip(path: Path, text: str) -> None:
    """Without a time or a name inside, so that the same recording is the same file."""
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
