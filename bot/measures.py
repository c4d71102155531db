"""The figures on `/metrics`: how fast the first response was, and how each source and webhook fared."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bot.domain.context import Context
from bot.domain.incident import Incident

SECONDS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 10, 15, 30, 60, 300)
SOURCE_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 10)


class Measures:
    """Counts for one process. Names and labels are a promise to dashboards; see `docs/operate.md`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._first_response = Histogram(
            "first_response_time_seconds",
            "From the committed alert to the message in Slack, by stage (headline, briefing).",
            ["stage"],
            registry=self.registry,
            buckets=SECONDS,
        )
        self._source = Histogram(
            "source_seconds",
            "How long each source took to answer or to fail.",
            ["source"],
            registry=self.registry,
            buckets=SOURCE_SECONDS,
        )
        self._gaps = Counter("source_gaps", "Gaps that a briefing had to show.", ["source"], registry=self.registry)
        self._webhooks = Counter("webhooks", "Deliveries by answer.", ["source", "status"], registry=self.registry)
        self._alerts = Counter("alerts", "Alerts by what they did.", ["effect"], registry=self.registry)
        self._open = Gauge("incidents_open", "Incidents that are open now.", registry=self.registry)

    def headline(self, incident: Incident, now: datetime) -> None:
        self._first_response.labels("headline").observe(_since_fired(incident, now))

    def briefing(self, incident: Incident, now: datetime) -> None:
        self._first_response.labels("briefing").observe(_since_fired(incident, now))

    def gathered(self, context: Context) -> None:
        for source, seconds in context.took.items():
            self._source.labels(source).observe(seconds)
        for gap in context.gaps:
            self._gaps.labels(gap.source).inc()

    def webhook(self, source: str, status: int) -> None:
        self._webhooks.labels(source, str(status)).inc()

    def alert(self, effect: str) -> None:
        self._alerts.labels(effect).inc()

    def open_incidents(self, count: int) -> None:
        self._open.set(count)


def _since_fired(incident: Incident, now: datetime) -> float:
    return max((now - (incident.reopened_at or incident.opened_at)).total_seconds(), 0.0)
