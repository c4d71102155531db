"""Each witness left out in turn: by taking what it looks at out of the context, never by a switch in the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.domain.context import Context
from integrations.contract import Change, Finding, Logs, Series
from integrations.signals import Family, signal

Without = Callable[[Context], Context]


def _kept(context: Context, keep: Callable[[Finding], bool]) -> Context:
    return replace(context, findings=tuple(finding for finding in context.findings if keep(finding)))


def _family(*families: Family) -> Without:
    return lambda c: _kept(c, lambda f: not isinstance(f, Series) or signal(f.signal).family not in families)


def without_figures(context: Context) -> Context:
    return _kept(context, lambda finding: not isinstance(finding, Series))


def without_calls_figures(context: Context) -> Context:
    """No figure of a single call: neither how long callers wait nor how each call is served."""
    return _kept(context, lambda finding: not isinstance(finding, Series) or not finding.edge)


def without_logs(context: Context) -> Context:
    return _kept(context, lambda finding: not isinstance(finding, Logs))


def without_changes(context: Context) -> Context:
    return _kept(context, lambda finding: not isinstance(finding, Change))


def without_graph(context: Context) -> Context:
    """Nobody knows who calls whom; figures of single calls would tell, so they go as well."""
    alone = {name: replace(service, depends_on=()) for name, service in context.scope.services.items()}
    return replace(without_calls_figures(context), scope=replace(context.scope, services=alone))


WITNESSES: Mapping[str, Without] = {
    "all figures": without_figures,
    "figures of resources and instances": _family("saturation", "instances"),
    "figures of errors and latency": _family("errors", "latency"),
    "figures of traffic": _family("traffic"),
    "figures of single calls": without_calls_figures,
    "log lines": without_logs,
    "rollouts": without_changes,
    "call graph and figures of calls": without_graph,
}
"""What is left out → how."""

ALONE: Mapping[str, Without] = {
    "figures": lambda context: _kept(context, lambda finding: isinstance(finding, Series)),
    "log lines": lambda context: _kept(context, lambda finding: isinstance(finding, Logs)),
    "rollouts": lambda context: _kept(context, lambda finding: isinstance(finding, Change)),
}
"""What alone is kept, beside the call graph → how."""
