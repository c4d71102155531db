"""What was gathered: every source's findings, and what could not be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, TypeVar

from pydantic import Discriminator

from bot.domain.analysis import Analysis
from integrations.contract import Finding, Gap, Logs, Scope, Series

F = TypeVar("F")

Told = Annotated[Finding, Discriminator("kind")]
"""A finding that is read back by its kind; tried as each of them in turn, a report's series take ten times as long."""


@dataclass(frozen=True, slots=True)
class Context:
    scope: Scope
    findings: tuple[Told, ...] = ()
    gaps: tuple[Gap, ...] = ()
    off: tuple[str, ...] = ()
    """Sources that are not configured."""
    waiting: tuple[str, ...] = ()
    """Sources that have not answered yet; empty once the deadline has passed."""
    seconds: float = 0.0
    """From the start of gathering to this context."""
    took: Mapping[str, float] = field(default_factory=dict)
    """Source → seconds until it answered or failed."""
    masked: Mapping[str, int] = field(default_factory=dict)
    """Kind of secret → how many of them were masked in what the sources told."""

    def of(self, kind: type[F]) -> tuple[F, ...]:
        """The findings of one kind, in the order in which they came."""
        return tuple(finding for finding in self.findings if isinstance(finding, kind))

    def lean(self) -> Context:
        """Without log lines and without the series of other services: what is worth keeping after the analysis."""
        own = self.scope.service.name
        kept = tuple(
            f for f in self.findings if not isinstance(f, Logs) and (not isinstance(f, Series) or f.service == own)
        )
        return replace(self, findings=kept)


@dataclass(frozen=True, slots=True)
class Report:
    """What one look into an incident found: the (lean) context and what the analysis makes of it."""

    context: Context
    analysis: Analysis
