"""Incidents that other systems keep: PagerDuty's resolved ones, and GitHub issues with a label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot.domain.memory import Memory
from bot.guard.redact import redact
from bot.memory.learning.folder import remembered
from bot.memory.learning.found import Found, Skipped, from_a_record
from bot.memory.learning.written import read
from integrations.github.past import Issue
from integrations.pagerduty.past import MOST_FOUND, Over, Past


def from_pagerduty(incidents: Iterable[Over]) -> Iterator[Found]:
    """Each resolved incident, by its id there. Its last note is taken for what mended it."""
    for one in incidents:
        name = f"PD-{one.number}" if one.number else one.id
        if not one.service:
            yield Skipped(name, "it belongs to no service")
            continue
        minutes = (one.resolved_at - one.created_at).total_seconds() / 60 if one.resolved_at else None
        memory = Memory(
            id=f"pagerduty:{one.id}",
            incident_id=name,
            origin="pagerduty",
            service=one.service,
            title=one.title,
            opened_at=one.created_at,
            minutes=round(minutes, 1) if minutes is not None else None,
            resolution=one.note,
            url=one.url,
        )
        yield from_a_record(memory, redact)


def left_out(past: Past) -> Iterator[Found]:
    """What was not even read, because PagerDuty has too much."""
    if past.left_out_before is not None:
        name = f"what PagerDuty has from before {past.left_out_before:%Y-%m-%d}"
        yield Skipped(name, f"the newest {MOST_FOUND:,} incidents are read, and no more")


def from_github(repo: str, issues: Iterable[Issue], services: Iterable[str]) -> Iterator[Found]:
    """Each issue, read as a postmortem; a label `service: name` or `service/name` names the service too."""
    known = tuple(services)
    for one in issues:
        name = f"{repo}#{one.number}"
        written = read(one.body, known, one.title)
        labelled = next((part for label in one.labels if (part := _service_of(label))), "")
        written = replace(
            written,
            title=one.title,
            service=written.service or labelled,
            opened_at=written.opened_at or one.created_at,
            summary=written.summary or ("" if written.cause or written.resolution else one.body[:2_000].strip()),
        )
        if not written.service:
            yield Skipped(name, "no service: label it `service: name`, or add a line `Service: name`")
        elif not (written.cause or written.resolution or written.summary):
            yield Skipped(name, "nothing to learn: it is empty")
        else:
            yield from_a_record(remembered(f"github:{name}", "github", written, name, one.url), redact)


def _service_of(label: str) -> str:
    head, sign, rest = label.partition(":") if ":" in label else label.partition("/")
    return rest.strip() if sign and head.strip().lower() == "service" else ""
