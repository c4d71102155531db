"""The shape of a room: what it is asked, what it answers, and how it fails.

Times are timezone-aware UTC; durations are seconds; sizes are bytes. A room raises only `RoomError`s
(and `asyncio.CancelledError`); the message of each names the room and the setting to look at, and never
carries a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol


def aware(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a naive datetime: a time without a zone is no time."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC)


# ── what comes in ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of one sender. (source, fingerprint, starts_at) is its identity, however often it is sent."""

    source: str
    fingerprint: str
    name: str
    status: Literal["firing", "resolved"]
    starts_at: datetime
    ends_at: datetime | None = None
    severity: str = ""
    """As the sender spells it: `critical`, `page`, `P1`, …"""
    summary: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    """Back to the sender: the expression, panel or incident behind the alert."""
    reopened_at: datetime | None = None
    """When the sender itself says that this alert fires again under its first start (PagerDuty's reopened)."""
    dated: bool = True
    """False when the sender told no start: then it is the alert of this fingerprint that fires now, or begins now."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """One alert of a payload that could not be read: where it stood and what was wrong."""

    where: str
    """Path in the payload, such as `alerts[2].startsAt`."""
    reason: str


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did at the sender's to what it alerted of."""

    id: str
    """The sender's own for this event: the same however often it is delivered."""
    source: str
    fingerprint: str
    """Of the alert, as in `Alert`."""
    kind: Literal["acknowledged", "unacknowledged", "note", "escalated", "reassigned", "resolved"]
    who: str
    """By name; empty where it is not told."""
    at: datetime
    text: str = ""
    """A note's words, or to whom it went."""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a webhook's body held: the good alerts, the bad ones, and whether it was none of our business."""

    alerts: tuple[Alert, ...]
    rejected: tuple[Rejected, ...] = ()
    acts: tuple[Act, ...] = ()
    ignored: str | None = None
    """Why a well-formed delivery opens nothing, such as «an incident that the bot itself made»."""


# ── what a room is asked ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, `since` included, `until` excluded."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if aware(self.until) <= aware(self.since):
            raise ValueError("a window ends after it begins")

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True, slots=True)
class Service:
    """What `services.yaml` says of one service. Everything but the name may be unknown."""

    name: str
    owner: str | None = None
    tier: int | None = None
    repo: str | None = None
    """`owner/name` on GitHub."""
    namespace: str | None = None
    dashboards: Mapping[str, str] = field(default_factory=dict)
    """Title → URL."""
    depends_on: tuple[str, ...] = ()
    oncall: str | None = None
    """PagerDuty: the id of the escalation policy that answers for it."""
    slack_group: str | None = None
    customer_facing: bool = False
    """Whether customers see it: then a status is drafted in their words too."""
    slo: float | None = None
    """Percent of its requests that have to be good, over 30 days, such as 99.9."""
    metrics: Mapping[str, str] = field(default_factory=dict)
    """Signal → PromQL template, over the defaults."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What every source is asked about: one incident, its services, and the time around it."""

    incident_id: str
    env: str
    alerts: tuple[Alert, ...]
    """The incident's alerts, the first one first; never empty."""
    services: Mapping[str, Service]
    """The incident's own service first, then every service down its call graph, nearest first."""
    window: Window
    """From two hours before the alert to now."""

    @property
    def service(self) -> Service:
        return next(iter(self.services.values()))

    @property
    def alerted_at(self) -> datetime:
        return min(alert.starts_at for alert in self.alerts)


# ── what a room answers ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Series:
    """One signal of one service over time. `signal` is a word of `integrations.signals`."""

    service: str
    signal: str
    times: tuple[float, ...]
    """Unix seconds, ascending; a missing figure has no entry."""
    values: tuple[float, ...]
    """Finite numbers in the unit of the signal, one for each time."""
    instance: str = ""
    """Pod; empty for a figure of the whole service."""
    edge: str = ""
    """`caller->callee` where the figure is of one edge; else empty."""
    yesterday: tuple[float, ...] = ()
    """The same signal a day before, an hour around the same clock time; empty when there is none."""
    url: str | None = None
    kind: Literal["series"] = "series"


@dataclass(frozen=True, slots=True)
class LogLine:
    time: datetime
    service: str
    message: str
    level: str = ""
    instance: str = ""


@dataclass(frozen=True, slots=True)
class Logs:
    """Log lines of the scope's services. At most 10,000 lines and 5 MiB; where it is a sample, `total` tells.

    A source may give two, each with its own share: warnings and worse, and all the rest.
    """

    lines: tuple[LogLine, ...]
    """In order of time."""
    total: int
    """How many lines there were; more than `len(lines)` means that an even share of them was kept."""
    url: str | None = None
    since: datetime | None = None
    """From when on lines were looked for: before the first line it was quiet, not unseen. None when not known."""
    kind: Literal["logs"] = "logs"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that people changed: a deployment, a release or a merge."""

    service: str
    what: Literal["deployment", "deployment request", "release", "merge"]
    """A request is a deployment of which nobody knows yet whether it ran."""
    at: datetime
    version: str
    previous: str = ""
    author: str = ""
    title: str = ""
    files: tuple[str, ...] = ()
    instances_new: tuple[str, ...] = ()
    instances_old: tuple[str, ...] = ()
    url: str | None = None
    kind: Literal["change"] = "change"


@dataclass(frozen=True, slots=True)
class Similar:
    """A past incident that looks like this one, with what was learnt from it."""

    incident_id: str
    at: datetime
    service: str
    title: str
    cause: str
    resolution: str
    minutes: float | None
    """From open to resolved; None when not known."""
    score: float
    """0 to 1; only comparable within one answer."""
    why: str
    url: str | None = None
    reviewed: bool = True
    """Whether a person looked at what was learnt from it; False is told wherever it is shown."""
    false_alarm: bool = False
    """Whether nothing was wrong then."""
    kind: Literal["similar"] = "similar"


@dataclass(frozen=True, slots=True)
class History:
    """How many past incidents were searched for similar ones: what «nothing like it» rests on."""

    count: int
    kind: Literal["history"] = "history"


@dataclass(frozen=True, slots=True)
class RunbookMatch:
    id: str
    title: str
    why: str
    """What made it match, in words: «trigger: error_rate > 5»."""
    score: float
    kind: Literal["runbook"] = "runbook"


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call now. Level 1 is called first."""

    level: int
    name: str
    email: str
    until: datetime | None
    url: str | None = None
    kind: Literal["on_call"] = "on_call"


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that is open elsewhere: on a service of the scope, but of another incident."""

    service: str
    name: str
    severity: str
    since: datetime
    incident_id: str
    channel_id: str | None = None
    kind: Literal["open_alert"] = "open_alert"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the incident's own service."""

    service: Service
    known: bool
    """False when `services.yaml` does not name it."""
    notes: str = ""
    """The team's own standing words, of any service: quirks, preferences, what not to do."""
    kind: Literal["facts"] = "facts"


Finding = Series | Logs | Change | Similar | History | RunbookMatch | OnCall | OpenAlert | Facts


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be seen, in words for the reader: «no answer in 8 s», «sampled 10,000 of 184,300 lines»."""

    source: str
    reason: str
    partial: bool = False
    """True when there are findings all the same."""


@dataclass(frozen=True, slots=True)
class Look:
    """One source's answer."""

    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


# ── how a room fails ─────────────────────────────────────────────────────────────────────────────


class RoomError(Exception):
    """Something between a room and its system went wrong.

    `source` is the room's name, `reason` a short phrase for the briefing, `fix` what `doctor` advises
    (it names the setting), `partial` what had been found before it failed.
    """

    def __init__(self, source: str, reason: str, fix: str = "") -> None:
        super().__init__(f"{source}: {reason}" + (f" ({fix})" if fix else ""))
        self.source = source
        self.reason = reason
        self.fix = fix


class Unreachable(RoomError):
    """Nobody answered, or only in part: worth another try later."""


class Refused(RoomError):
    """The system answered no: wrong token, no right, unknown object. Trying again will not help."""


class Malformed(RoomError):
    """The system, or a sender, said something that cannot be read."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A health check that went well: what answered, in words for `doctor`, such as «Prometheus 2.42.0»."""

    detail: str


@dataclass(frozen=True, slots=True)
class Paged:
    """People were called to an incident."""

    who: tuple[str, ...]
    """Their names, as far as the pager tells them."""
    url: str | None
    before: bool
    """Whether they had been called already: nobody was called again."""
    acknowledged: bool | None = None
    """Whether one of them has answered; None where the pager does not tell."""
    id: str = ""
    """Of the page, as the pager calls it."""


# ── tools: what a model may ask of a room ────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A read-only tool, as a model is told of it."""

    name: str
    """Such as `query_metrics`: unique among all rooms, of `[a-z_]`, at most 64 characters."""
    description: str
    """What it answers, its limits, and what to do when it says that it cut."""
    parameters: Mapping[str, Any]
    """JSON schema of an object, with `additionalProperties: false` and every property required, as strict tools ask."""


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What a tool found: bounded text, and where a person can look at the same."""

    text: str
    """Plain lines, at most `TOOL_ANSWER_BYTES`. Data from outside: whoever shows it to a model fences it."""
    label: str
    """For the reader's list of sources: what was asked, in a few words."""
    url: str | None = None
    """The same question in Prometheus, Kibana or GitHub."""
    cut: str = ""
    """What was left out, in words such as «the first 50 of 312 lines»; empty where it is whole."""
    services: tuple[str, ...] = ()
    """Of whom it speaks."""
    hard: bool = True
    """Whether these are figures or records of a system; False for words that people or programs wrote (log lines,
    commits, chat), which anyone may have put there."""


TOOL_ANSWER_BYTES = 12_000
"""UTF-8. About 4,000 tokens: twenty calls stay under the limit of an answer."""


class Tool(Protocol):
    """One question that a room can be asked by a model. It reads and never writes."""

    spec: ToolSpec

    async def use(self, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        """The answer, within the room's own limits of time, rows and bytes.

        Only about the scope's services: anything else is `Refused`, as are arguments that cannot be used; the reason
        tells the model what to ask instead. Raises RoomError.
        """
        ...


class ContextSource(Protocol):
    """One source of context. `look` may be cancelled at any time and must then leave nothing running for long."""

    name: str
    tools: tuple[Tool, ...]
    """What it can be asked besides."""

    async def look(self, scope: Scope) -> Look:
        """Findings about the scope. Raises RoomError."""
        ...

    async def ready(self) -> Ready:
        """Is it there and does it let us in? Raises RoomError whose `fix` says what to do."""
        ...

    async def close(self) -> None:
        """Gives back every connection and thread."""
        ...
