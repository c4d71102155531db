"""Incidents that come to us damaged: each function takes a context and gives it back cut or bent in one way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from random import Random

from bot.domain.context import Context
from integrations.contract import Change, Finding, Logs, Series, Service
from integrations.signals import SIGNALS, signal

PODS = 4


def every(context: Context, bend: Callable[[Finding], Finding | Iterable[Finding]]) -> Context:
    """Each finding replaced by what `bend` makes of it: one, several or none."""
    findings: list[Finding] = []
    for finding in context.findings:
        made = bend(finding)
        findings += [made] if isinstance(made, Series | Logs | Change) else list(made)  # type: ignore[arg-type]
    return replace(context, findings=tuple(findings))


def series(context: Context, bend: Callable[[Series], Series | Iterable[Series]]) -> Context:
    return every(context, lambda finding: bend(finding) if isinstance(finding, Series) else finding)


def between(one: Series, since: float = float("-inf"), until: float = float("inf")) -> Series:
    """Only the points from `since` (included) to `until` (excluded)."""
    kept = [(moment, value) for moment, value in zip(one.times, one.values, strict=True) if since <= moment < until]
    return replace(one, times=tuple(at for at, _ in kept), values=tuple(value for _, value in kept))


def with_values(one: Series, value: Callable[[int, float], float]) -> Series:
    """Each value made anew from its place and itself."""
    return replace(one, values=tuple(value(place, old) for place, old in enumerate(one.values)))


def alerted(context: Context) -> float:
    return context.scope.alerted_at.timestamp()


# ── figures ──────────────────────────────────────────────────────────────────────────────────────


def unknown_signals(context: Context) -> Context:
    """Every signal under a name that nobody has heard of."""
    return series(context, lambda one: replace(one, signal=f"vendor:{one.signal}:5m"))


def with_unknown_signals(context: Context) -> Context:
    """Beside what is known, two signals of each service that nobody knows: a counter and a gauge that jumps now."""

    def more(one: Series) -> Iterable[Series]:
        yield one
        if one.signal in ("latency_p99", "memory"):
            yield with_values(replace(one, signal=f"seen_total_{one.signal}"), lambda place, _: 1000.0 * place)
            jumps = with_values(replace(one, signal=f"jumps_{one.signal}"), lambda place, _: 7.0 + 0.1 * (place % 3))
            yield with_values(jumps, lambda place, old: old * (9 if place > len(one.values) - 8 else 1))

    return series(context, more)


def without_history(context: Context, minutes: float = 8) -> Context:
    """Nothing is known from before so many minutes ahead of the alert."""
    since = context.scope.alerted_at - timedelta(minutes=minutes)
    shorter = series(context, lambda one: between(one, since.timestamp()))

    def recent(finding: Finding) -> Finding:
        if not isinstance(finding, Logs):
            return finding
        lines = tuple(line for line in finding.lines if line.time >= since)
        return replace(finding, lines=lines, total=len(lines), since=None)

    return every(shorter, recent)


def with_gaps(context: Context, missing: float = 0.4) -> Context:
    """So large a share of the points has no figure, here and there, and ten minutes of the quiet time none at all."""
    draw = Random("gaps")
    hole = alerted(context) - 2400

    def gappy(one: Series) -> Series:
        points = zip(one.times, one.values, strict=True)
        kept = [(t, v) for t, v in points if draw.random() >= missing and not hole <= t < hole + 600]
        return replace(one, times=tuple(t for t, _ in kept), values=tuple(v for _, v in kept))

    return series(context, gappy)


def with_resets(context: Context) -> Context:
    """Counters began anew three times: a rate taken over that is nothing, or absurdly large, for one point."""

    def reset(one: Series) -> Series:
        if one.signal not in ("requests", "error_rate", "restarts"):
            return one
        last = len(one.values)
        absurd = {last - 50: 0.0, last - 30: 50 * max(one.values, default=0.0), last - 3: 0.0}
        return with_values(one, lambda place, value: absurd.get(place, value))

    return series(context, reset)


def late_clock(context: Context, service: str, seconds: float = 60) -> Context:
    """One service's clock is off: its figures and lines carry another time."""

    def off(finding: Finding) -> Finding:
        if isinstance(finding, Series) and finding.service == service:
            return replace(finding, times=tuple(moment + seconds for moment in finding.times))
        if isinstance(finding, Logs):
            moved = [
                replace(one, time=one.time + timedelta(seconds=seconds)) if one.service == service else one
                for one in finding.lines
            ]
            return replace(finding, lines=tuple(sorted(moved, key=lambda one: one.time)))
        return finding

    return every(context, off)


def late_changes(context: Context, seconds: float = 60) -> Context:
    """The source of changes has another clock."""
    by = timedelta(seconds=seconds)
    return every(context, lambda one: replace(one, at=one.at + by) if isinstance(one, Change) else one)


def one_of_many(context: Context, service: str, onset: float, count: int = PODS) -> Context:
    """Each figure by pod, and of this service only the first pod shows what was seen of the whole."""

    def by_pod(one: Series) -> Iterable[Series]:
        if signal(one.signal).family == "instances" or one.edge:
            return [one]
        share = 1 / count if signal(one.signal).family == "traffic" else 1.0
        pods = [
            with_values(replace(one, instance=f"{one.service}-{pod}"), lambda _, value: value * share)
            for pod in range(count)
        ]
        if one.service == service:
            calm = between(one, until=onset).values or one.values
            pods[1:] = [
                with_values(
                    pod,
                    lambda place, value, at=pod.times: calm[place % len(calm)] * share if at[place] >= onset else value,  # type: ignore[misc]
                )
                for pod in pods[1:]
            ]
        return pods

    return series(context, by_pod)


# ── lines, edges, services ───────────────────────────────────────────────────────────────────────


def logs_end(context: Context, minutes: float) -> Context:
    """No line is known from so many minutes before the alert on."""
    until = context.scope.alerted_at - timedelta(minutes=minutes)

    def shorter(finding: Finding) -> Finding:
        if not isinstance(finding, Logs):
            return finding
        lines = tuple(line for line in finding.lines if line.time < until)
        return replace(finding, lines=lines, total=len(lines))

    return every(context, shorter)


def without(context: Context, *kinds: type[Finding]) -> Context:
    return replace(context, findings=tuple(f for f in context.findings if not isinstance(f, kinds)))


def without_edges(context: Context) -> Context:
    """Nobody knows who calls whom."""
    services = {name: replace(one, depends_on=()) for name, one in context.scope.services.items()}
    bare = replace(context, scope=replace(context.scope, services=services))
    return series(bare, lambda one: [] if one.edge else [one])


def off_the_map(context: Context, service: str) -> Context:
    """The catalogue does not know this service: it has figures and no edges."""
    services = {
        name: replace(one, depends_on=tuple(callee for callee in one.depends_on if callee != service))
        for name, one in context.scope.services.items()
        if name != service or name == context.scope.service.name
    }
    return replace(context, scope=replace(context.scope, services=services))


def with_a_stranger(context: Context, name: str = "zz-stranger") -> Context:
    """One more service that is well and has nothing to do with the rest."""
    services = {**context.scope.services, name: Service(name)}
    whole = replace(context, scope=replace(context.scope, services=services))
    model = next((one for one in context.findings if isinstance(one, Series) and len(one.times) > 8), None)
    if model is None:
        return whole
    calm = [
        with_values(
            replace(model, service=name, signal=kind, edge="", instance=""),
            lambda place, _: 10.0 + 0.1 * (place % 7),
        )
        for kind in ("latency_p99", "error_rate", "requests", "cpu")
        if kind in SIGNALS
    ]
    return replace(whole, findings=(*whole.findings, *calm))


def renamed(context: Context, name: Callable[[str], str]) -> Context:
    """Every service under another name, in figures, edges, lines, changes and the catalogue."""
    known = {*context.scope.services}
    for finding in context.findings:
        known |= {line.service for line in finding.lines} if isinstance(finding, Logs) else {finding.service}

    def words(text: str) -> str:
        for old in sorted(known, key=len, reverse=True):
            text = text.replace(old, name(old))
        return text

    def bend(finding: Finding) -> Finding:
        if isinstance(finding, Logs):
            lines = tuple(replace(x, service=name(x.service), message=words(x.message)) for x in finding.lines)
            return replace(finding, lines=lines)
        if isinstance(finding, Series):
            caller, arrow, callee = finding.edge.partition("->")
            edge = f"{name(caller)}->{name(callee)}" if arrow else ""
            return replace(finding, service=name(finding.service), edge=edge)
        return replace(finding, service=name(finding.service))

    services = {
        name(key): replace(one, name=name(one.name), depends_on=tuple(name(callee) for callee in one.depends_on))
        for key, one in context.scope.services.items()
    }
    return replace(every(context, bend), scope=replace(context.scope, services=services))


def scaled(context: Context, factor: float, matches: Callable[[str], bool]) -> Context:
    """Signals that match, in another unit."""
    return series(context, lambda one: with_values(one, lambda _, v: v * factor) if matches(one.signal) else one)


def later(context: Context, seconds: float) -> Context:
    """The same incident at another time."""
    by = timedelta(seconds=seconds)

    def bend(finding: Finding) -> Finding:
        if isinstance(finding, Series):
            return replace(finding, times=tuple(moment + seconds for moment in finding.times))
        if isinstance(finding, Logs):
            since = finding.since + by if finding.since else None
            return replace(finding, lines=tuple(replace(x, time=x.time + by) for x in finding.lines), since=since)
        return replace(finding, at=finding.at + by)

    window = replace(context.scope.window, since=context.scope.window.since + by, until=context.scope.window.until + by)
    alerts = tuple(replace(alert, starts_at=alert.starts_at + by) for alert in context.scope.alerts)
    return replace(every(context, bend), scope=replace(context.scope, alerts=alerts, window=window))
