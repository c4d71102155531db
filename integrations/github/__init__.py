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


def open(settings: Settings) -> ContextSource:  # noqa: A001 — the door of every room has this name
    """The room, ready to be asked. Nothing is connected before the first look."""
    from integrations.github.context import GithubContext

    return GithubContext(settings)
