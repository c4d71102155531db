"""PagerDuty: who is on call now, and calling them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from integrations.contract import ContextSource

NAME = "pagerduty"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach PagerDuty. A read-only REST API key is enough, but for paging."""

    api_key: str = field(repr=False)
    """`PAGERDUTY_API_KEY`."""
    api_url: str = "https://api.pagerduty.com"
    """`PAGERDUTY_API_URL`; `https://api.eu.pagerduty.com` in the EU. The library refuses plain http."""
    ca_file: Path | None = None
    """`EXTRA_CA_FILE`: trusted besides the system's and certifi's authorities."""
    timeout_s: int = 5
    """Seconds for a connection, and again for each pause of an answer."""
    page_from: str = ""
    """`PAGERDUTY_FROM`: address of the user in whose name people are paged."""
    limit_s: float = 6.5
    """Seconds for one question, a further try included: a server may trickle."""


def open(settings: Settings) -> ContextSource:  # noqa: A001 — the door of every room has this name
    """The room, ready to be asked. Nothing is connected before the first look."""
    from integrations.pagerduty.context import PagerDutyContext

    return PagerDutyContext(settings)
