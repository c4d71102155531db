"""Where the cause is not certain: the one look that would tell most, and the command for it, ready to paste.

The rule. What could not be seen at all comes first. Else it is the kind of look that nobody has taken yet at the
first two suspects, so that its answer separates them: their log lines, then what their pods use, then what the
cluster did to them. Names that nobody told us are not made up: without pods or a namespace the command looks wider.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.domain.context import Context
from bot.evidence import words
from bot.evidence.graph import CallGraph
from bot.evidence.pods import known_pods
from bot.evidence.ranking import Candidate
from integrations.contract import Logs, Series, Service
from integrations.signals import signal

SUSPECTS = 2
"""How many are to be told apart: a look at more of them separates none."""
_MEANT = re.compile(r"[][.*+?{}()|^$\\]")
"""What an extended regular expression would not take as it stands; a hyphen it does."""


def next_look(
    context: Context, graph: CallGraph, ranked: Sequence[Candidate], onset: float | None, lost: Mapping[str, float]
) -> str:
    """One question, and the command that answers it where there is one.

    `lost` are the services whose figures have ended, with the last moment of them.
    """
    own = graph.own
    since = f" since {words.clock(onset)}" if onset is not None else ""
    names = [candidate.service for candidate in ranked[:SUSPECTS]] or [own]
    if context.waiting:
        return f"Still looking at {words.listed(context.waiting, 3)}."
    if not context.of(Series):
        return f"Figures of {own}: errors, latency and CPU{since}. None came in. {_usage([own], context)}"
    if lost:
        ended = f"No figures since {words.clock(max(lost.values()))}."
        return f"Do the pods of {words.listed(list(lost))} still run? {ended} {_pods(list(lost)[:SUSPECTS], context)}"
    if not ranked and graph.callees.get(own) and _lines_of([own], context):
        return f"{own} by endpoint and by caller{since}: all its figures together look as usual."
    if not graph.callees.get(own) and len(names) < SUSPECTS:
        return f"What {own} calls, and how that is. services.yaml names no dependencies of it."
    return _apart(names, since, context, onset)


def _apart(names: Sequence[str], since: str, context: Context, onset: float | None) -> str:
    """The look at these that was not taken yet: of two, its answer speaks for one of them."""
    which = " or ".join(names)
    if not _lines_of(names, context):
        return f"{which}: who logs errors{since}? No log lines came in. {_errors(names, context, onset)}"
    measured = {s.service for s in context.of(Series) if signal(s.signal).family == "saturation"}
    if not measured.issuperset(names):
        return f"{which}: which of the pods uses more than the others? {_usage(names, context)}"
    return f"{which}: what did the cluster do to the pods{since}? {_events(names, context)}"


def _lines_of(names: Sequence[str], context: Context) -> bool:
    """Whether any line of one of these has been seen."""
    return any(line.service in names for logs in context.of(Logs) for line in logs.lines)


def _errors(names: Sequence[str], context: Context, onset: float | None) -> str:
    """Counts the error lines of a pod of each: only where one of each is known, in one namespace."""
    pods = [known[0] for name in names if (known := known_pods(context, name))]
    space = _namespace(names, context)
    if not space or len(pods) < len(names):
        return f"The pods to ask: {_pods(names, context)}"
    began = datetime.fromtimestamp(onset, UTC) if onset is not None else context.scope.alerted_at
    log = f'kubectl logs -n {space} "$pod" --since-time={began:%Y-%m-%dT%H:%M:%SZ}'
    listed = " ".join(shlex.quote(pod) for pod in pods)
    return f'`for pod in {listed}; do echo "$pod" $({log} | grep -ciE "error|exception|timeout"); done`'


def _usage(names: Sequence[str], context: Context) -> str:
    return _found(names, context, "kubectl top pods", "--containers")


def _events(names: Sequence[str], context: Context) -> str:
    return _found(names, context, "kubectl get events", "--sort-by=.lastTimestamp")


def _pods(names: Sequence[str], context: Context) -> str:
    return _found(names, context, "kubectl get pods", "-o wide")


def _found(names: Sequence[str], context: Context, command: str, option: str) -> str:
    """The lines of what the command prints that speak of these services."""
    space = _namespace(names, context)
    where = f"-n {space}" if space else "--all-namespaces"
    wanted = shlex.quote("|".join(_MEANT.sub(r"\\\g<0>", name) for name in names))
    return f"`{command} {where} {option} | grep -E -e {wanted}`"


def _namespace(names: Sequence[str], context: Context) -> str | None:
    """The namespace in which all of these run, quoted; None where there is none that is known of all."""
    known: Mapping[str, Service] = context.scope.services
    spaces = {known[name].namespace if name in known else None for name in names}
    (space,) = spaces if len(spaces) == 1 else (None,)
    return shlex.quote(space) if space else None


def looked_at(context: Context, traces: int, services: int, changes: int) -> tuple[str, ...]:
    """What the analysis has seen, in words."""
    lines = sum(logs.total for logs in context.of(Logs))
    told = []
    if traces:
        told.append(f"{traces:,} signal{'s' * (traces != 1)} of {services} service{'s' * (services != 1)}")
    if context.of(Logs):
        told.append(f"{lines:,} log line{'s' * (lines != 1)}")
    if changes:
        told.append(f"{changes} change{'s' * (changes != 1)}")
    return tuple(told)
