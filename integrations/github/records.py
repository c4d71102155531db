"""What GitHub answered, parsed: only what the history of a repository is told from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

State = Literal["deployed", "running", "waiting", "failed"]


@dataclass(frozen=True, slots=True)
class Deployment:
    id: int
    sha: str
    ref: str
    """Branch, tag or commit, as whoever deployed named it."""
    environment: str
    created_at: datetime
    creator: str = ""
    description: str = ""
    payload: Mapping[str, str] = field(default_factory=dict)
    """The plain values of the deployer's own JSON."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """How a deployment went. `began` is when it left its queue; None when it never did."""

    state: State
    began: datetime | None


@dataclass(frozen=True, slots=True)
class Release:
    tag: str
    name: str
    published_at: datetime
    author: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Merge:
    """A pull request that was merged into the repository's default branch."""

    number: int
    title: str
    merged_at: datetime
    author: str
    sha: str
    """Of the commit that the merge made."""
    url: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What lies between two commits, or in one pull request."""

    files: tuple[str, ...] = ()
    shas: frozenset[str] = frozenset()
    title: str = ""
    """First line of the newest commit."""
    author: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """What happened to one file."""

    file: str
    status: str
    """GitHub's word: added, removed, modified, renamed, …"""
    added: int
    removed: int
    text: str
    """Hunks of a unified diff; empty where GitHub shows none, as of pictures and of very large files."""


@dataclass(frozen=True, slots=True)
class Diff:
    """What a change did, file by file, as far as it was read."""

    title: str
    patches: tuple[Patch, ...]
    more: bool
    """Whether there are further files."""
    url: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A repository's recent past, newest first; one older deployment of each environment may be among them."""

    deployments: tuple[Deployment, ...] = ()
    releases: tuple[Release, ...] = ()
    merges: tuple[Merge, ...] = ()
