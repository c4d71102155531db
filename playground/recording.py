"""Writes scenarios down as recordings: what an on-call bot would have met, for replay and for the scorer.

    python -m playground.recording DIR

The form is one folder a scenario: alert.json, services.yaml, metrics.csv.gz, logs.jsonl.gz, deployments.json,
meta.json and truth.json. Everything is pinned to one moment, so that the same code writes the same files.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from integrations.prometheus.templates import DEFAULTS, Labels, render
from playground.alerting import Target, payload, stamp
from playground.director import services_yaml
from playground.pinned import Pinned
from playground.scenarios import ALL
from playground.scenarios.model import Scenario
from playground.scenarios.series import ENV
from playground.world import LogRecord, Rollout, Sample

PINNED_TO = datetime(2026, 9, 14, 3, 42, 0, tzinfo=UTC)
"""When the alert of every recording fires."""
SINCE = -7_200
"""Seconds before the alert with which a recording begins."""
UNTIL = 300
"""Seconds after the alert with which it ends."""
STEP = 60

_COLUMNS = ("time", "service", "instance", "edge", "signal", "value", "source_name")


def files(scenario: Scenario, alert: datetime = PINNED_TO) -> dict[str, bytes]:
    """File name → content of a scenario's recording; the same bytes each time."""
    pinned = Pinned(scenario, alert)
    return {
        "alert.json": _json(payload(pinned, Target(webhook_url="", webhook_token=""))),
        "services.yaml": services_yaml([profile.service for profile in scenario.profiles]).encode(),
        "metrics.csv.gz": _zipped(_metrics(pinned)),
        "logs.jsonl.gz": _zipped(_logs(pinned)),
        "deployments.json": _json([_deployment(rollout) for rollout in pinned.rollouts(pinned.at(UNTIL))]),
        "meta.json": _json(_meta(pinned)),
        "truth.json": _json(_truth(pinned)),
    }


def write(folder: Path) -> None:
    """Writes every scenario's recording into a folder of its name."""
    for scenario in ALL:
        place = folder / scenario.id
        place.mkdir(parents=True, exist_ok=True)
        for name, content in files(scenario).items():
            (place / name).write_bytes(content)


# ── figures ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Still:
    """A world that stands still at one moment, for the evaluation of the templates."""

    pinned: Pinned
    moment: datetime

    def samples(self) -> Sequence[Sample]:
        return self.pinned.samples(self.moment)


def _metrics(pinned: Pinned) -> str:
    """The bot's own templates, evaluated once a minute for every service."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerows(sorted(_figures(pinned)))
    return text.getvalue()


def _figures(pinned: Pinned) -> Iterator[tuple[str, str, str, str, str, str, str]]:
    import promql_parser

    from playground.prometheus.evaluate import Evaluation
    from playground.prometheus.storage import Storage

    offsets = range(SINCE, UNTIL + 1, STEP)
    steps = np.array([round(pinned.at(offset).timestamp() * 1_000) for offset in offsets], dtype=np.int64)
    evaluation = Evaluation(Storage(_Still(pinned, pinned.at(UNTIL))), steps)
    stamps = [_stamp(pinned.at(offset)) for offset in offsets]
    services = [profile.name for profile in pinned.scenario.profiles]
    for signal, template in DEFAULTS.items():
        query = render(template, Labels(), services, ENV, ("service",))
        for row in evaluation.vector(promql_parser.parse(query)):
            service = dict(row.labels)["service"]
            for i in np.flatnonzero(row.there & np.isfinite(row.values)):
                yield stamps[i], service, "", "", signal, f"{row.values[i]:.5g}", "promql"


# ── the rest ─────────────────────────────────────────────────────────────────────────────────────


def _logs(pinned: Pinned) -> str:
    since, until = pinned.at(SINCE), pinned.at(UNTIL)
    kept = (line for line in pinned.logs(until) if line.time >= since)
    return "".join(json.dumps(_line(line), ensure_ascii=False) + "\n" for line in kept)


def _line(line: LogRecord) -> dict[str, str]:
    return {
        "time": stamp(line.time),
        "service": line.service,
        "instance": line.instance,
        "level": line.level,
        "message": line.message,
    }


def _deployment(rollout: Rollout) -> dict[str, object]:
    return {
        "service": rollout.service,
        "time": _stamp(rollout.time),
        "version": rollout.version,
        "previous": rollout.previous,
        "author": rollout.author,
        "title": rollout.title,
        "instances_new": list(rollout.instances_new),
        "instances_old": list(rollout.instances_old),
    }


def _meta(pinned: Pinned) -> dict[str, object]:
    lines = _logs(pinned).count("\n")
    return {
        "span": [_stamp(pinned.at(SINCE)), _stamp(pinned.at(UNTIL))],
        "entry": pinned.scenario.alerting,
        "step_seconds": STEP,
        "earlier_incidents": [],
        "logs": {"lines": lines, "of": lines, "sampling": None},
        "notes": ["Simulated: written by the playground, not taken from a running system."],
    }


def _truth(pinned: Pinned) -> dict[str, object]:
    truth = pinned.scenario.truth
    return {
        "service": truth.service,
        "services_ok": list(truth.also),
        "kind": truth.kind,
        "deployment": truth.deployment,
        "at": None if truth.onset is None else _stamp(pinned.at(truth.onset)),
        "system": pinned.scenario.id,
        "candidates": len(pinned.scenario.profiles),
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _zipped(text: str) -> bytes:
    """Gzip with no time in its header."""
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m playground.recording DIR")
    write(Path(sys.argv[1]))
