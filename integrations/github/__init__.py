"""GitHub: what was deployed, released and merged in the day before the alert."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from integrations.contract import ContextSource

NAME = "github"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach GitHub. `token` needs read access to contents, deployments and pull requests."""

    token: str = field(repr=False)
    """`GITHUB_TOKEN`."""
    api_url: str = "https://api.github.com"
    """`GITHUB_API_URL`; for GitHub Enterprise Server `https://HOST/api/v3`."""
    ca_file: Path | None = None
    """`EXTRA_CA_FILE`: trusted besides the public authorities."""
    timeout_s: int = 5
    """Seconds for a connection, and again for each pause of an answer."""
    limit_s: float = 6.5
    """Seconds for one question and all its pages, waiting for a thread included: a server may trickle."""


def open(settings: Settings) -> ContextSource:  # noqa: A001 — the door of every room has this name
    """The room, ready to be asked. Nothing is connected before the first look."""
    from integrations.github.context import GithubContext

    return GithubContext(settings)
