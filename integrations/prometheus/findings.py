"""Answers into findings and gaps (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from integrations.contract import Gap, Look, RoomError, Scope, Series
from integrations.prometheus import NAME
from integrations.prometheus.answers import METRICS_FIX, BadQuery, Row
from integrations.prometheus.questions import Question
from integrations.prometheus.templates import Labels

Answers = Mapping[Question, tuple[Row, ...] | RoomError]


@dataclass(frozen=True, slots=True)
class _Figures:
    """One row, and whose it is."""

    question: Question
    service: str
    row: Row


def look_of(scope: Scope, labels: Labels, answers: Answers, link: Callable[[Question], str]) -> Look:
    """What the answers say of the scope. Raises the first failure when every question failed."""
    failed = {question: answer for question, answer in answers.items() if isinstance(answer, RoomError)}
    if len(failed) == len(answers):
        for failure in failed.values():
            raise failure
    known = (one for question in answers for one in _known(question, answers[question], labels))
    figures, several = _sorted_out(known, labels)
    before = {(f.service, f.question.signal): f.row.values for f in figures if f.question.what == "a day before"}
    series = tuple(
        Series(
            service=f.service,
            signal=f.question.signal,
            times=f.row.times,
            values=f.row.values,
            instance=f.row.labels[labels.instance] if f.question.what == "by instance" else "",
            yesterday=before.get((f.service, f.question.signal), ()) if f.question.what == "now" else (),
            url=link(f.question),
        )
        for f in figures
        if f.question.what != "a day before"
    )
    reasons = (*_reasons(failed), *several, *_unseen(scope, labels, series))
    return Look(series, tuple(Gap(NAME, reason, partial=bool(series)) for reason in reasons))


def link(base: str, question: Question) -> str:
    """To the expression browser, over the question's own span."""
    span = f"{int(question.window.seconds)}s"
    end = question.window.until.strftime("%Y-%m-%d %H:%M:%S")
    return f"{base}/graph?" + urlencode(
        {"g0.expr": question.query, "g0.tab": 0, "g0.range_input": span, "g0.end_input": end}
    )


def _known(question: Question, answer: tuple[Row, ...] | RoomError, labels: Labels) -> Iterator[_Figures]:
    """Rows with figures whose service was asked for. A row without the label is of the only service asked."""
    only = question.services[0] if len(question.services) == 1 else None
    for row in () if isinstance(answer, RoomError) else answer:
        service = row.labels.get(labels.service) or only
        if question.what == "by instance" and not row.labels.get(labels.instance):
            continue
        if row.values and service in question.services:
            yield _Figures(question, service, row)


def _reasons(failed: Mapping[Question, RoomError]) -> Iterator[str]:
    """One line for each cause, with the signals that it hit."""
    hit: dict[str, list[str]] = {}
    now = {question.signal for question in failed if question.what == "now"}
    for question, failure in failed.items():
        if question.what == "now":
            what = question.signal
        elif question.signal not in now:
            what = f"{question.signal} {question.what}"
        else:
            continue
        advice = f" ({METRICS_FIX})" if isinstance(failure, BadQuery) else ""
        hit.setdefault(failure.reason + advice, []).append(what)
    return (f"{', '.join(dict.fromkeys(signals))}: {reason}" for reason, signals in hit.items())


def _sorted_out(figures: Iterable[_Figures], labels: Labels) -> tuple[list[_Figures], tuple[str, ...]]:
    """One row for each thing, and a line for each template that gives several: it does not aggregate."""
    kept: dict[tuple[str, ...], _Figures] = {}
    several: dict[str, None] = {}
    for f in figures:
        instance = f.row.labels.get(labels.instance, "") if f.question.what == "by instance" else ""
        if kept.setdefault((f.question.what, f.question.signal, f.service, instance), f) is not f:
            several[f"{f.question.signal}: several series of {f.service}, the first is shown ({METRICS_FIX})"] = None
    return list(kept.values()), tuple(several)


def _unseen(scope: Scope, labels: Labels, series: tuple[Series, ...]) -> Iterator[str]:
    own = scope.service.name
    if not any(one.service == own for one in series):
        env = f', {labels.env}="{scope.env}"' if labels.env and scope.env else ""
        yield f'no metrics of {own} (looked for {labels.service}="{own}"{env})'
