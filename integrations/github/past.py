"""Issues with a label, as GitHub keeps them: where teams write their postmortems."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from integrations.contract import aware
from integrations.github import Settings
from integrations.github.client import GitHub

if TYPE_CHECKING:
    import github

MOST = 2_000
LIMIT_S = 300.0
"""For all of them, from the command line."""


@dataclass(frozen=True, slots=True)
class Issue:
    number: int
    title: str
    body: str
    labels: tuple[str, ...]
    created_at: datetime
    closed: bool
    url: str


async def labelled(settings: Settings, repo: str, label: str) -> tuple[Issue, ...]:
    """Issues with this label, open ones too, the oldest first; no pull requests; at most 2,000. Raises RoomError."""

    def read(client: github.Github) -> tuple[Issue, ...]:
        found = client.get_repo(repo).get_issues(state="all", labels=[label], sort="created", direction="asc")
        return tuple(_issue(one) for one in islice(found, MOST) if not _is_pull(one))

    room = GitHub(changed(settings, limit_s=LIMIT_S), threads=1)
    try:
        return await room.ask(repo, read)
    finally:
        await room.close()


def _is_pull(wire: github.Issue.Issue) -> bool:
    """By its address: to ask an issue for the `pull_request` that it has not costs a request each."""
    return "/pull/" in wire.html_url


def _issue(wire: github.Issue.Issue) -> Issue:
    return Issue(
        number=wire.number,
        title=wire.title,
        body=wire.body or "",
        labels=tuple(label.name for label in wire.labels),
        created_at=aware(wire.created_at),
        closed=wire.state == "closed",
        url=wire.html_url,
    )
