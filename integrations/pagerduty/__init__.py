"""PagerDuty: who is on call now."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from integrations.contract import ContextSource

NAME = "pagerduty"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach PagerDuty. A read-only REST API key is enough."""

    api_key: str = field(repr=False)
    """`PAGERDUTY_API_KEY`."""
    api_url: str = "https://api.pagerduty.com"
    """`PAGERDUTY_API_URL`; `https://api.eu.pagerduty.com` in the EU. The library refuses plain http."""
    ca_file: Path | None = None
    """`EXTRA_CA_FILE`: trusted besides the system's and certifi's authorities."""
    timeout_s: int = 5
    """Seconds for a connection, and again for each pause of an answer."""
    limit_s: float = 6.5
    """Seconds for one question, a further try included: a server may trickle."""


def open(settings: Settings) -> ContextSource:  # noqa: A001 — the door of every room has this name
    """The room, ready to be asked. Nothing is connected before the first look."""
    from integrations.pagerduty.context import PagerDutyContext

    return PagerDutyContext(settings)
