"""What one look asks: every signal of every service, the own one by instance, and a day before (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from integrations.contract import Scope, Window
from integrations.prometheus.templates import BY_INSTANCE, Labels, render

MOST_POINTS = 150
SHORTEST_STEP_S = 60
_DAY = timedelta(days=1)
_HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Question:
    """One query over one span: of which signal, of which services, and what for."""

    signal: str
    services: tuple[str, ...]
    what: Literal["now", "by instance", "a day before"]
    query: str
    window: Window
    step_s: int


def questions(scope: Scope, labels: Labels, templates: Mapping[str, str]) -> tuple[Question, ...]:
    """The ones of now first. Services that share a template share a query."""
    return (
        *_now(scope, labels, templates),
        *_by_instance(scope, labels, templates),
        *_day_before(scope, labels, templates),
    )


def _now(scope: Scope, labels: Labels, templates: Mapping[str, str]) -> Iterator[Question]:
    step_s = _step(scope.window)
    for signal in _signals(scope, templates):
        alike: dict[str, list[str]] = {}
        for name, service in scope.services.items():
            template = service.metrics.get(signal, templates.get(signal, ""))
            alike.setdefault(template, []).append(name)
        for template, names in alike.items():
            if template.strip():
                query = render(template, labels, names, scope.env, (labels.service,))
                yield Question(signal, tuple(names), "now", query, _up_to_now(scope.window, step_s), step_s)


def _by_instance(scope: Scope, labels: Labels, templates: Mapping[str, str]) -> Iterator[Question]:
    own = _own(scope, templates)
    step_s = _step(scope.window)
    for signal in BY_INSTANCE if labels.instance else ():
        template = own.get(signal, "")
        if "{by}" in template:
            query = render(template, labels, (scope.service.name,), scope.env, (labels.service, labels.instance))
            window = _up_to_now(scope.window, step_s)
            yield Question(signal, (scope.service.name,), "by instance", query, window, step_s)


def _day_before(scope: Scope, labels: Labels, templates: Mapping[str, str]) -> Iterator[Question]:
    then = scope.alerted_at - _DAY
    window = Window(then - _HALF_AN_HOUR, then + _HALF_AN_HOUR)
    for signal, template in _own(scope, templates).items():
        query = render(template, labels, (scope.service.name,), scope.env, (labels.service,))
        yield Question(signal, (scope.service.name,), "a day before", query, window, _step(window))


def _own(scope: Scope, templates: Mapping[str, str]) -> dict[str, str]:
    """The templates of the incident's own service."""
    return {signal: words for signal, words in {**templates, **scope.service.metrics}.items() if words.strip()}


def _signals(scope: Scope, templates: Mapping[str, str]) -> tuple[str, ...]:
    """Every signal that any of the services has a template for, each once."""
    own = (signal for service in scope.services.values() for signal in service.metrics)
    return tuple(dict.fromkeys((*templates, *own)))


def _up_to_now(window: Window, step_s: int) -> Window:
    """The window from a little later on, so that its last step is its end: the newest figure is what one looks for.

    The client asks for whole seconds, so the end is the next one: a figure of half a second ago is not missed.
    """
    until = (window.until + timedelta(microseconds=999_999)).replace(microsecond=0)
    steps = int((until - window.since).total_seconds() // step_s)
    return Window(until - timedelta(seconds=max(steps, 1) * step_s), until)


def _step(window: Window) -> int:
    """Whole seconds between two figures, so that there are at most about `MOST_POINTS`."""
    return max(SHORTEST_STEP_S, math.ceil(window.seconds / MOST_POINTS))
