"""Which instances of a service are known: a command names a pod only where somebody has told of it."""

from __future__ import annotations

from bot.domain.context import Context
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
