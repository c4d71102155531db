"""From what a repository shows to the changes of its services. Pure: no request is made here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import dropwhile

from integrations.contract import Change, Window
from integrations.github.records import Deployment, Difference, Merge, Release, Rollout, Seen

MOST_TOLD = 20
"""Changes of one repository; the newest are kept."""

_BRANCH = {"main", "master", "trunk", "develop", "dev", "head"}
_ENVIRONMENTS = {
    **dict.fromkeys(("production", "prod", "prd", "live"), "production"),
    **dict.fromkeys(("staging", "stage", "stg", "preprod", "uat"), "staging"),
    **dict.fromkeys(("development", "dev", "test", "testing", "qa", "ci"), "development"),
    **dict.fromkeys(("preview", "review", "sandbox", "pages"), "preview"),
}


@dataclass(frozen=True, slots=True)
class Details:
    """What was looked up of single changes, by deployment id or pull request number."""

    rollouts: Mapping[int, Rollout] = field(default_factory=dict)
    differences: Mapping[int, Difference] = field(default_factory=dict)
    pulls: Mapping[int, Difference] = field(default_factory=dict)


def changes(seen: Seen, details: Details, services: Sequence[str], window: Window) -> tuple[Change, ...]:
    """The changes of one repository in the window, newest first, each told once.

    A deployment takes over title, author and files of the merges that it brought, and stands for them and for the
    release of its version. One that never left its queue is none, and one that nobody looked at is a request. In a
    repository of several services a change
    belongs to those that it names, else to the nearest (`services` is ordered, the incident's own first).
    """
    seen = without_waiting(seen, details.rollouts)
    told: list[Change] = []
    brought: set[int] = set()
    released: set[str] = set()
    for deployment in seen.deployments:
        merges = brought_by(deployment, seen, details)
        brought.update(merge.number for merge in merges)
        told += _deployment(deployment, merges, seen, details, services)
        released |= {deployment.ref.removeprefix("refs/tags/"), version_of(deployment)}
    for merge in seen.merges:
        if merge.number not in brought:
            told += _merge(merge, details, services)
    for at, release in enumerate(seen.releases):
        if release.tag not in released:
            previous = seen.releases[at + 1].tag if at + 1 < len(seen.releases) else ""
            told += _release(release, previous, services)
    inside = [change for change in told if window.since <= change.at < window.until]
    return tuple(sorted(inside, key=lambda change: change.at, reverse=True)[:MOST_TOLD])


def of_environment(deployments: Sequence[Deployment], env: str) -> tuple[Deployment, ...]:
    """Those that may have reached this environment: the same word, or another word for it («prod», «production»).

    A name that says nothing known («eu-1») is kept: better one change too many than the one that did it unseen.
    """
    wanted = _words(env)
    return tuple(one for one in deployments if not wanted or _may_be(_words(one.environment), wanted))


def without_waiting(seen: Seen, rollouts: Mapping[int, Rollout]) -> Seen:
    """The repository's past without the deployments of which it is known that they have not begun."""
    waiting = {number for number, rollout in rollouts.items() if rollout.state == "waiting"}
    return replace(seen, deployments=tuple(one for one in seen.deployments if one.id not in waiting))


def before(deployment: Deployment, deployments: Sequence[Deployment]) -> Deployment | None:
    """The deployment that this one replaced: the next older one to the same environment."""
    older = dropwhile(lambda one: one.id != deployment.id, deployments)
    return next((one for one in older if one.id != deployment.id and one.environment == deployment.environment), None)


def version_of(deployment: Deployment) -> str:
    """The deployer's own version, else the tag, else the short commit: a branch is no version."""
    if given := deployment.payload.get("version") or deployment.payload.get("tag"):
        return given
    ref = deployment.ref.removeprefix("refs/tags/")
    if ref not in ("", deployment.sha) and ref.lower() not in _BRANCH and not ref.startswith("refs/"):
        return ref
    return deployment.sha[:7]


def brought_by(deployment: Deployment, seen: Seen, details: Details) -> tuple[Merge, ...]:
    """The merges whose commits the deployment holds and the one before it did not, newest first."""
    difference = details.differences.get(deployment.id, Difference())
    return tuple(merge for merge in seen.merges if merge.sha and merge.sha in {deployment.sha, *difference.shas})


def _deployment(
    deployment: Deployment, merges: Sequence[Merge], seen: Seen, details: Details, services: Sequence[str]
) -> list[Change]:
    difference = details.differences.get(deployment.id, Difference())
    rollout = details.rollouts.get(deployment.id)
    version = version_of(deployment)
    release = next((one for one in seen.releases if one.tag == version), None)
    older = before(deployment, seen.deployments)
    failed = " (failed)" if rollout and rollout.state == "failed" else ""
    url = (merges[0].url if len(merges) == 1 else None) or difference.url or (release.url if release else None)
    change = Change(
        service="",
        what="deployment" if rollout else "deployment request",
        at=rollout.began if rollout and rollout.began else deployment.created_at,
        version=version,
        previous=version_of(older) if older else "",
        author=merges[0].author if merges else difference.author or deployment.creator,
        title=_title(deployment, merges, release, difference) + failed,
        files=difference.files,
        url=url or (merges[0].url if merges else None),
    )
    return _owned(change, services, (deployment.environment, deployment.ref, *deployment.payload.values()))


def _title(deployment: Deployment, merges: Sequence[Merge], release: Release | None, difference: Difference) -> str:
    if merges:
        return merges[0].title + (f" (and {len(merges) - 1} more)" if len(merges) > 1 else "")
    name = release.name if release and release.name != release.tag else ""
    return name or difference.title or deployment.description


def _merge(merge: Merge, details: Details, services: Sequence[str]) -> list[Change]:
    files = details.pulls.get(merge.number, Difference()).files
    change = Change("", "merge", merge.merged_at, merge.sha[:7] or f"#{merge.number}", author=merge.author,
                    title=merge.title, files=files, url=merge.url)  # fmt: skip
    return _owned(change, services, (merge.title,))


def _release(release: Release, previous: str, services: Sequence[str]) -> list[Change]:
    title = release.name if release.name != release.tag else ""
    change = Change("", "release", release.published_at, release.tag, previous, release.author, title, url=release.url)
    return _owned(change, services, (release.tag, release.name))


def _owned(change: Change, services: Sequence[str], words: Sequence[str]) -> list[Change]:
    text = " ".join((*words, *change.files)).lower()
    named = [name for name in services if re.search(rf"(?<![\w-]){re.escape(name.lower())}(?![\w-])", text)]
    return [replace(change, service=name) for name in named or services[:1]]


def _words(environment: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", environment.lower()))


def _may_be(one: frozenset[str], wanted: frozenset[str]) -> bool:
    known, asked = ({_ENVIRONMENTS[word] for word in words & _ENVIRONMENTS.keys()} for words in (one, wanted))
    if known and asked:
        return bool(known & asked)
    return bool(known or asked or not one) or bool(one & wanted)
