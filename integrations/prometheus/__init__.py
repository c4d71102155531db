"""Prometheus: the figures of an incident's services, and what they were a day before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.contract import ContextSource

NAME = "prometheus"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where Prometheus is and what it is asked. `url` and `token` are kept out of `repr`."""

    url: str = field(repr=False)
    """`PROMETHEUS_URL`: up to and without `/api/v1`; may carry `user:password@`."""
    token: str | None = field(default=None, repr=False)
    """`PROMETHEUS_TOKEN`: sent as `Authorization: Bearer`."""
    ca_file: Path | None = None
    """`EXTRA_CA_FILE`."""
    templates: Mapping[str, str] = field(default_factory=dict)
    """`defaults.metrics` of services.yaml; `integrations.prometheus.templates` says what may stand in it."""
    limit_s: float = 7.5
    """Seconds for one whole look; what has not answered by then becomes a gap."""


class TemplatesError(ValueError):
    """A word in `Settings.templates` cannot be used: which, and why."""


def open(settings: Settings) -> ContextSource:  # noqa: A001 - every room is opened by this name
    """The room, with nothing connected yet. Raises TemplatesError."""
    from integrations.prometheus.context import Metrics

    return Metrics(settings)
