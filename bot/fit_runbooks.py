"""Which runbooks fit what was found, now that more is known than the alert: log lines, signals, the kind of cause."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.analysis import FirstStep
from bot.domain.context import Report
from integrations.contract import RunbookMatch
from runbooks.matching import Seen, match
from runbooks.model import Library


def fit_runbooks(report: Report, library: Library) -> Report:
    """The report with the runbooks that fit it, and the best of them as its last first step (pure)."""
    context, analysis = report.context, report.analysis
    fitting = match(
        library,
        context.scope.alerts,
        tuple(context.scope.services),
        Seen(
            lines={line: pattern.count for pattern in analysis.patterns for line in (pattern.template, pattern.sample)},
            signals=[state.signal for state in analysis.signals if state.bad],
            cause=analysis.causes[0].kind if analysis.causes else "",
        ),
    )
    others = tuple(finding for finding in context.findings if not isinstance(finding, RunbookMatch))
    steps = analysis.first_steps
    if fitting:
        steps = (*steps, FirstStep("If it fits (each change asks first)", f"/incident-action run {fitting[0].id}"))
    return Report(replace(context, findings=(*others, *fitting)), replace(analysis, first_steps=steps))
