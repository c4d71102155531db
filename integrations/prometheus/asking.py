"""From a model's arguments to one question that may be put, and its address in Prometheus."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from integrations.arguments import Arguments, one_of, shown, text, whole
from integrations.contract import Scope, Window
from integrations.prometheus.address import bare
from integrations.prometheus.allowed import LONGEST, allow
from integrations.prometheus.findings import link
from integrations.prometheus.questions import Question
from integrations.prometheus.templates import Labels, render
from integrations.signals import signal
from integrations.telling import short

if TYPE_CHECKING:
    from integrations.prometheus.client import Client

T = TypeVar("T")

LONGEST_MIN = 360
"""Minutes that one question may look back."""
POINTS = 120
SHORTEST_STEP_S = 15


class Ask(Protocol):
    """`Metrics.ask`: what is read with a client, within the room's limit."""

    def __call__(self, read: Callable[[Client], T]) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that may be put: its PromQL, what it is called, and of whom it is."""

    query: str
    signal: str
    """Empty where the model wrote the query itself."""
    services: tuple[str, ...]
    window: Window
    step_s: int

    @property
    def label(self) -> str:
        """What it is called, in a few words."""
        return f"{self.signal} of {', '.join(self.services)}" if self.signal else " ".join(self.query.split())

    @property
    def source(self) -> str:
        """As the reader's list of sources names it."""
        return short(self.label, 160)

    @property
    def span(self) -> str:
        return f"from {self.window.since:%H:%M} to {self.window.until:%H:%M} UTC, one figure every {self.step_s} s"

    @property
    def unit(self) -> str:
        return signal(self.signal).unit if self.signal else ""

    def url(self, base: str) -> str:
        return link(bare(base), Question(self.signal, self.services, "now", self.query, self.window, self.step_s))


class Asking:
    """What both tools share: from arguments to a question, and its address in Prometheus."""

    def __init__(self, ask: Ask, labels: Labels, templates: Mapping[str, str], url: str) -> None:
        self.ask = ask
        self.labels = labels
        self.url = url
        self._templates = templates

    def parameters(self, minutes: str) -> dict[str, Mapping[str, Any]]:
        label = self.labels.service
        return {
            "query": text(
                f'PromQL, or "" to ask for a signal instead. Every selector in it must carry {label}="NAME" or '
                f'{label}=~"A|B" with plain names of services of this incident. No subqueries, no comments.'
            ),
            "signal": one_of(("", *sorted(self._templates)), 'One of the known signals, or "" with a query.'),
            "service": text('The service whose signal it is, by its exact name; "" with a query.'),
            "minutes": whole(minutes),
        }

    def asked(self, given: Arguments, scope: Scope, least_min: int) -> Asked:
        """Raises Refused for what may not be asked."""
        minutes = given.whole("minutes", least_min, LONGEST_MIN)
        query, word, services = given.text("query", LONGEST), "", frozenset[str]()
        if query:
            services = allow(query, self.labels.service, tuple(scope.services))
        else:
            query, word, services = self._rendered(given, scope)
        until = scope.window.until.replace(microsecond=0)
        step_s = max(SHORTEST_STEP_S, math.ceil(minutes * 60 / POINTS))
        window = Window(until - timedelta(minutes=minutes or 60), until)
        return Asked(query, word, tuple(name for name in scope.services if name in services), window, step_s)

    def _rendered(self, given: Arguments, scope: Scope) -> tuple[str, str, frozenset[str]]:
        word = given.text("signal")
        if not word:
            raise given.refused(f"give a query, or one of the signals {', '.join(sorted(self._templates))}"[:220])
        service = given.service()
        template = service.metrics.get(word, self._templates.get(word, ""))
        if not template.strip():
            raise given.refused(f"there is no signal {shown(word)} of {shown(service.name)}; give a query instead")
        query = render(template, self.labels, (service.name,), scope.env, (self.labels.service,))
        return query, word, frozenset({service.name})
