"""The figures on `/metrics`: how fast the first response was, how sources and webhooks fared, what models cost."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bot.domain.context import Context
from bot.domain.digest import Digest
from bot.domain.incident import Incident
from bot.domain.money import Money, Usage
from bot.questions.model_ports import Window

SECONDS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 10, 15, 30, 60, 300)
SOURCE_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 10)

AnswerEnd = Literal["complete", "limit", "stopped", "failed", "evidence"]
"""How an answer ended: whole; cut short by a limit of the loop or a budget; by a person's `stop`; by an error; or
made from evidence alone, without a model."""
VoteOfAnswer = Literal["up", "down"]


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
        self._gaps = Counter(
            "source_gaps",
            "Looks that a source left with a gap; partial: it was seen in part.",
            ["source", "partial"],
            registry=self.registry,
        )
        self._webhooks = Counter("webhooks", "Deliveries by answer.", ["source", "status"], registry=self.registry)
        self._alerts = Counter("alerts", "Alerts by what they did.", ["effect"], registry=self.registry)
        self._redactions = Counter("redactions", "Secrets masked, by kind.", ["kind"], registry=self.registry)
        self._open = Gauge("incidents_open", "Incidents that are open now.", registry=self.registry)
        self._tokens = Counter("model_tokens", "Tokens by kind.", ["model", "kind"], registry=self.registry)
        self._dollars = Counter(
            "model_dollars", "What calls cost, in dollars.", ["model", "story"], registry=self.registry
        )
        self._calls = Counter(
            "model_calls", "Calls by what came of them.", ["model", "outcome"], registry=self.registry
        )
        self._answers = Counter("answers", "Answers by how they ended.", ["ended"], registry=self.registry)
        self._votes = Counter("answer_votes", "👍 and 👎 on answers.", ["vote"], registry=self.registry)
        self._week = Gauge(
            "week_count", "Of the last seven days, by what is counted.", ["what"], registry=self.registry
        )
        self._week_seconds = Gauge(
            "week_seconds",
            "Medians over the incidents of the last seven days, by what.",
            ["what"],
            registry=self.registry,
        )
        self._noisy = Gauge(
            "week_noisy_alert", "How often an alert fired that nobody acknowledged.", ["alert"], registry=self.registry
        )
        self._budget = Gauge("budget_spent_ratio", "Spent part of a limit.", ["window"], registry=self.registry)
        self._slack_waiting = Gauge(
            "slack_calls_waiting", "Calls to Slack that wait for their turn.", ["priority"], registry=self.registry
        )
        self._slack_refused = Counter(
            "slack_rate_limited", "Calls that Slack sent away (429).", ["method"], registry=self.registry
        )
        for ended in get_args(AnswerEnd):  # there from the start, so that the first one is an increase too
            self._answers.labels(ended)
        for vote in get_args(VoteOfAnswer):
            self._votes.labels(vote)

    def headline(self, incident: Incident, now: datetime) -> None:
        self._first_response.labels("headline").observe(_since_fired(incident, now))

    def row(self, opened_at: datetime, now: datetime) -> None:
        """In a storm an incident's row in the table is its headline."""
        self._first_response.labels("headline").observe(max((now - opened_at).total_seconds(), 0.0))

    def briefing(self, incident: Incident, now: datetime) -> None:
        self._first_response.labels("briefing").observe(_since_fired(incident, now))

    def gathered(self, context: Context) -> None:
        for source, seconds in context.took.items():
            self._source.labels(source).observe(seconds)
        for source, partial in {(gap.source, gap.partial) for gap in context.gaps}:
            self._gaps.labels(source, str(partial).lower()).inc()
        for kind, times in context.masked.items():
            self.redacted(kind, times)

    def webhook(self, source: str, status: int) -> None:
        self._webhooks.labels(source, str(status)).inc()

    def alert(self, effect: str) -> None:
        self._alerts.labels(effect).inc()

    def redacted(self, kind: str, times: int) -> None:
        """So many secrets of this kind were masked. May be called from any thread."""
        self._redactions.labels(kind).inc(times)

    def open_incidents(self, count: int) -> None:
        self._open.set(count)

    def called(self, model: str, story: str, usage: Usage, cost: Money, outcome: str) -> None:
        """One call of a model and what it took. `outcome`: why the reply stopped, or `failed`, or `cancelled`."""
        for kind, tokens in asdict(usage).items():
            self._tokens.labels(model, kind).inc(tokens)
        self._dollars.labels(model, story).inc(cost.micros / 1_000_000)
        self._calls.labels(model, outcome).inc()

    def answered(self, ended: AnswerEnd) -> None:
        self._answers.labels(ended).inc()

    def voted(self, vote: VoteOfAnswer) -> None:
        self._votes.labels(vote).inc()

    def waits_for_slack(self, priority: str, more: int) -> None:
        """So many more calls of this priority wait; fewer, where it is negative."""
        self._slack_waiting.labels(priority).inc(more)

    def refused_by_slack(self, method: str) -> None:
        self._slack_refused.labels(method).inc()

    def week(self, digest: Digest) -> None:
        """The figures of the last seven days; what has none is not there."""
        counts = {"incidents": digest.incidents, "alerts": digest.alerts, "false_alarms": digest.false_alarms}
        counts |= {"unacknowledged": digest.unacknowledged, "liked": digest.liked, "disliked": digest.disliked}
        for what, number in counts.items():
            self._week.labels(what).set(number)
        self._week.labels("dollars").set(digest.spent.micros / 1e6)
        self._week_seconds.clear()
        seconds = {"response": digest.response_s, "acknowledge": digest.acknowledge_s, "resolve": digest.resolve_s}
        for what, value in seconds.items():
            if value is not None:
                self._week_seconds.labels(what).set(value)
        self._noisy.clear()
        for noise in digest.noisy:
            self._noisy.labels(noise.name).set(noise.times)

    def budget(self, window: Window, ratio: float) -> None:
        """Which part of the limit is spent in its present window; 1 is all of it."""
        self._budget.labels(window).set(ratio)


def _since_fired(incident: Incident, now: datetime) -> float:
    return max((now - incident.last_opened_at).total_seconds(), 0.0)
