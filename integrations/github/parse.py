"""From PyGithub's objects to our records. Raises TypeError or ValueError where an answer lacks what it must have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from integrations.contract import aware
from integrations.github.records import Deployment, Diff, Difference, Merge, Patch, Release, Rollout

if TYPE_CHECKING:
    from github import Comparison, PullRequest
    from github.Deployment import Deployment as WireDeployment
    from github.DeploymentStatus import DeploymentStatus
    from github.File import File
    from github.GitRelease import GitRelease

PAGE = 30
"""GitHub's own page size: what one request brings."""
FILES = 20
"""So many changed files are kept of one change."""
COMMITS = 100
PATCHES = 30
"""So many files of a diff are read."""


def deployment(wire: WireDeployment) -> Deployment:
    return Deployment(
        id=wire.id,
        sha=_text(wire.sha),
        ref=_text(wire.ref),
        environment=_text(wire.environment),
        created_at=aware(wire.created_at),
        creator=_login(wire.creator),
        description=wire.description or "",
        payload=_payload(wire),
    )


def _payload(wire: WireDeployment) -> Mapping[str, str]:
    """The deployer's own JSON. GitHub sends it as an object or, as it was given, as a string."""
    from github import BadAttributeException

    try:
        given: object = wire.payload
    except BadAttributeException as error:
        given = error.actual_value
    if isinstance(given, str):
        try:
            given = json.loads(given or "{}")
        except ValueError:
            return {}
    if not isinstance(given, dict):
        return {}
    return {str(key): str(value) for key, value in given.items() if isinstance(value, str | int | float)}


def release(wire: GitRelease) -> Release:
    return Release(
        tag=_text(wire.tag_name),
        name=wire.name or "",
        published_at=aware(wire.published_at),
        author=_login(wire.author),
        url=wire.html_url,
    )


def into_default(pull: PullRequest.PullRequest) -> bool:
    repo = pull.base.repo
    return repo is None or pull.base.ref == repo.default_branch


def merge(pull: PullRequest.PullRequest) -> Merge:
    assert pull.merged_at is not None  # noqa: S101 — the caller keeps only merged ones; mypy needs to know
    return Merge(
        number=pull.number,
        title=_text(pull.title),
        merged_at=aware(pull.merged_at),
        author=_login(pull.user),
        sha=pull.merge_commit_sha or "",
        url=pull.html_url,
    )


def rollout(statuses: tuple[DeploymentStatus, ...]) -> Rollout:
    """`statuses` newest first. «inactive» says only that a later deployment took its place."""
    moved = [one for one in statuses if one.state in ("in_progress", "success", "failure", "error")]
    began = aware(moved[-1].created_at) if moved else None
    newest = next((one.state for one in statuses if one.state != "inactive"), "inactive" if statuses else "waiting")
    match newest:
        case "success" | "inactive":
            return Rollout("deployed", began)
        case "failure" | "error":
            return Rollout("failed", began)
        case "in_progress":
            return Rollout("running", began)
        case _:
            return Rollout("waiting", began)


def difference(wire: Comparison.Comparison) -> Difference:
    commits = tuple(islice(wire.complete().commits, COMMITS))  # unfetched, it would ask twice
    newest = commits[-1] if commits else None
    return Difference(
        files=tuple(one.filename for one in islice(wire.files, FILES)),
        shas=frozenset(one.sha for one in commits),
        title=newest.commit.message.partition("\n")[0] if newest else "",
        author=_login(newest.author) if newest else "",
        url=wire.html_url,
    )


def diff(title: str, files: Iterable[File], url: str | None) -> Diff:
    """Reads no further page than it has to."""
    read = tuple(islice(files, PATCHES + 1))
    patches = (Patch(_text(one.filename), one.status, one.additions, one.deletions, one.patch or "") for one in read)
    return Diff(title, tuple(islice(patches, PATCHES)), len(read) > PATCHES, url)


def _login(person: object) -> str:
    """A deleted account is null; an application has a login ending in `[bot]`."""
    return str(getattr(person, "login", None) or "")


def _text(value: str | None) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is missing")
    return value
