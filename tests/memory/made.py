"""Memories, and evidence to compare them with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.analysis import Analysis, Cause, LogPattern, Moved
from bot.domain.context import Context, Report
from bot.domain.memory import Blamed, Fingerprint, Memory, Pattern
from integrations.contract import Alert, Scope, Service, Window

NOW = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)
REFUSED = "connection refused: payment-gateway.internal:<*>"
PRINT = Fingerprint(
    moved=(Moved("payment", "error_rate", "up", 0.9), Moved("payment", "latency_p99", "up", 0.7)),
    patterns=(Pattern("payment", REFUSED, new=True),),
    causes=(Blamed("payment", "change"),),
)
OTHER = Fingerprint(
    moved=(Moved("payment", "memory", "up", 0.9), Moved("payment", "restarts", "up", 0.8)),
    patterns=(Pattern("payment", "out of memory", new=True),),
    causes=(Blamed("payment", "resource"),),
)


def memory(id_: str = "INC-892", **changes: object) -> Memory:
    made = Memory(
        id=id_,
        incident_id=id_,
        service="payment",
        title="HighErrorRate",
        opened_at=NOW - timedelta(days=92),
        minutes=11.0,
        alerts=("HighErrorRate",),
        cause="the gateway's address was wrong in a new version",
        confidence="high",
        resolution="rolled back to the version before",
        fingerprint=PRINT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def report(of: Fingerprint = PRINT, *findings: object, incident_id: str = "INC-NOW") -> Report:
    """A look whose analysis has this fingerprint."""
    alert = Alert("alertmanager", "f", "HighErrorRate", "firing", NOW, labels={"service": "payment"})
    window = Window(NOW - timedelta(hours=2), NOW)
    scope = Scope(incident_id, "production", (alert,), {"payment": Service("payment")}, window)
    patterns = [LogPattern(p.service, p.template, 9, 0 if p.new else 1, NOW) for p in of.patterns]
    causes = [Cause(c.service, c.kind, "it was that", "high", (1,)) for c in of.causes]  # type: ignore[arg-type]
    found = Analysis(tuple(causes), NOW, (), (), patterns=tuple(patterns), moved=of.moved)
    return Report(Context(scope, findings=tuple(findings)), found)  # type: ignore[arg-type]
