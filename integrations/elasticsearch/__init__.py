"""The Elasticsearch room: log lines around an alert, bounded, and an even share where there are too many."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.contract import ContextSource

NAME = "elasticsearch"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the logs are and how their fields are called. The defaults are those of the Elastic Common Schema."""

    url: str = field(repr=False)
    """ELASTICSEARCH_URL; may carry `user:password@`, so it is never shown whole."""
    api_key: str = field(default="", repr=False)
    """ELASTICSEARCH_API_KEY, the encoded form; empty for a cluster without security."""
    ca_file: Path | None = None
    """EXTRA_CA_FILE, trusted beside the system's own authorities."""
    index: str = "logs-*"
    """ELASTICSEARCH_INDEX: names or patterns, comma between them."""
    time_field: str = "@timestamp"
    service_field: str = "service.name"
    """A keyword, or a text that has a `.keyword` beside it."""
    level_field: str = "log.level"
    message_field: str = "message"
    instance_field: str = "kubernetes.pod.name"
    env_field: str = ""
    """Such as `service.environment`; when empty, lines of every environment are read."""
    kibana_url: str | None = None
    """Where a person reads logs; without it, findings link to the search itself."""
    timeout: float = 6.0
    """Seconds for one request, from connecting to the last byte."""


def open(settings: Settings) -> ContextSource:  # noqa: A001 - every room is opened by this name
    """The room, not yet connected: nothing is asked, and nothing heavy imported, before the first look."""
    from integrations.elasticsearch.client import Client
    from integrations.elasticsearch.context import LogSource

    return LogSource(Client(settings), settings)
