"""Which instances of a service are known: a command names a pod only where somebody has told of it."""

from __future__ import annotations

from bot.domain.context import Context
from bot.evidence.traces import OVERDUE
from integrations.contract import Change, Logs, Series


def known_pods(context: Context, service: str) -> tuple[str, ...]:
    """Known instances of a service: those of its newest change first, then the one that an alert names, then those
    with figures, then those that logged last.
    """
    changes = sorted((c for c in context.of(Change) if c.service == service), key=lambda c: c.at, reverse=True)
    new = [pod for change in changes[:1] for pod in change.instances_new]
    seen = [one.instance for one in context.of(Series) if one.service == service and one.instance]
    named = [alert.labels.get("pod", "") for alert in context.scope.alerts if service == context.scope.service.name]
    lines = (line for logs in context.of(Logs) for line in reversed(logs.lines[-500:]))
    logged = [line.instance for line in lines if line.service == service]
    return tuple(dict.fromkeys(pod for pod in (*new, *named, *seen, *logged) if pod))


def restarted_pods(context: Context, service: str) -> tuple[str, ...]:
    """Instances of a service that are seen to have been restarted and are still there, the latest first.

    A log from before its restart can be read of no other.
    """
    still = context.scope.window.until.timestamp() - OVERDUE
    counts = [one for one in context.of(Series) if (one.service, one.signal) == (service, "restarts") and one.instance]
    seen = [one for one in counts if one.times and one.times[-1] >= still]
    last = {one.instance: max(_moments(one), default=0.0) for one in seen}
    return tuple(sorted((pod for pod, at in last.items() if at), key=lambda pod: (-last[pod], pod)))


def _moments(restarts: Series) -> list[float]:
    return [at for at, count in zip(restarts.times, restarts.values, strict=True) if count > 0]
