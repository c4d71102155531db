"""A rollout in GitHub's JSON: pull request, commit, release, deployment and its statuses."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from playground.world import Rollout

JSON = dict[str, Any]

_MERGED_BEFORE = timedelta(minutes=6)
_RELEASED_BEFORE = timedelta(minutes=3)
_DONE_AFTER = timedelta(seconds=50)


def deployment_id(rollout: Rollout) -> int:
    return zlib.crc32(f"{rollout.repo} {rollout.sha} {rollout.time.isoformat()}".encode())


def repository(repo: str, api: str) -> JSON:
    return {
        "id": zlib.crc32(repo.encode()),
        "name": repo.partition("/")[2],
        "full_name": repo,
        "private": True,
        "default_branch": "main",
        "html_url": f"{api}/{repo}",
        "url": f"{api}/repos/{repo}",
    }


def deployment(rollout: Rollout, api: str) -> JSON:
    url = f"{_repo(rollout, api)}/deployments/{deployment_id(rollout)}"
    return {
        "id": deployment_id(rollout),
        "url": url,
        "statuses_url": f"{url}/statuses",
        "repository_url": _repo(rollout, api),
        "sha": rollout.sha,
        "ref": rollout.version,
        "task": "deploy",
        "payload": {"version": rollout.version, "service": rollout.service},
        "original_environment": "production",
        "environment": "production",
        "production_environment": True,
        "transient_environment": False,
        "description": f"Deploy {rollout.service} {rollout.version}",
        "creator": _user(rollout.author, api),
        "created_at": _time(rollout.time),
        "updated_at": _time(rollout.time),
    }


def statuses(rollout: Rollout, api: str, now: datetime, *, replaced: bool) -> list[JSON]:
    """Newest first; what is still to come is not there yet."""
    steps = [("waiting", timedelta())] if rollout.waiting else [("in_progress", timedelta()), ("success", _DONE_AFTER)]
    if replaced and not rollout.waiting:
        steps.append(("inactive", _DONE_AFTER + timedelta(days=1)))
    came = [(state, rollout.time + after) for state, after in steps if rollout.time + after <= now]
    return [_status(rollout, api, state, at) for state, at in reversed(came)]


def release(rollout: Rollout, api: str) -> JSON:
    return {
        "id": deployment_id(rollout) // 2,
        "url": f"{_repo(rollout, api)}/releases/{deployment_id(rollout) // 2}",
        "html_url": f"{api}/{rollout.repo}/releases/tag/{rollout.version}",
        "tag_name": rollout.version,
        "target_commitish": "main",
        "name": rollout.version,
        "body": rollout.title,
        "draft": False,
        "prerelease": False,
        "author": _user(rollout.author, api),
        "created_at": _time(rollout.time - _MERGED_BEFORE),
        "published_at": _time(rollout.time - _RELEASED_BEFORE),
        "assets": [],
    }


def pull(rollout: Rollout, api: str) -> JSON:
    url = f"{_repo(rollout, api)}/pulls/{rollout.pull_request}"
    merged = _time(rollout.time - _MERGED_BEFORE)
    repo = repository(rollout.repo, api)
    return {
        "id": deployment_id(rollout) // 3,
        "url": url,
        "html_url": f"{api}/{rollout.repo}/pull/{rollout.pull_request}",
        "number": rollout.pull_request,
        "state": "closed",
        "draft": False,
        "title": rollout.title,
        "body": "",
        "user": _user(rollout.author, api),
        "created_at": _time(rollout.time - timedelta(hours=20)),
        "updated_at": merged,
        "closed_at": merged,
        "merged_at": merged,
        "merge_commit_sha": rollout.sha,
        "base": {"label": "main", "ref": "main", "sha": "0" * 40, "user": None, "repo": repo},
        "head": {"label": "change", "ref": "change", "sha": rollout.sha, "user": None, "repo": repo},
    }


def files(rollout: Rollout) -> list[JSON]:
    return [_file(rollout, path, diff) for path, diff in rollout.files.items()]


def commit(rollout: Rollout, api: str) -> JSON:
    who = {"name": rollout.author, "email": f"{rollout.author}@example.com", "date": _time(rollout.time)}
    return {
        "sha": rollout.sha,
        "url": f"{_repo(rollout, api)}/commits/{rollout.sha}",
        "html_url": f"{api}/{rollout.repo}/commit/{rollout.sha}",
        "commit": {"message": f"{rollout.title} (#{rollout.pull_request})", "author": who, "committer": who},
        "author": _user(rollout.author, api),
        "committer": _user(rollout.author, api),
        "parents": [],
        "files": files(rollout),
    }


def comparison(base: Rollout, newer: Sequence[Rollout], api: str) -> JSON:
    """`newer`: the rollouts after `base` up to the head, newest first; empty where the head is not ahead."""
    head = newer[0].sha if newer else base.sha
    return {
        "url": f"{_repo(base, api)}/compare/{base.sha}...{head}",
        "html_url": f"{api}/{base.repo}/compare/{base.sha}...{head}",
        "status": "ahead" if newer else "behind",
        "ahead_by": len(newer),
        "behind_by": 0,
        "total_commits": len(newer),
        "base_commit": commit(base, api),
        "merge_base_commit": commit(base, api),
        "commits": [commit(one, api) for one in reversed(newer)],
        "files": list({file["filename"]: file for one in reversed(newer) for file in files(one)}.values()),
    }


def page(rollout: Rollout) -> str:
    """The change for a person who follows a link."""
    head = f"{rollout.title}  (#{rollout.pull_request}, {rollout.version})\n{rollout.author}, {_time(rollout.time)}\n"
    diffs = "\n".join(f"\n{path}\n{diff}" for path, diff in rollout.files.items())
    return f"This is a simulated GitHub.\n\n{head}{diffs}\n"


def _status(rollout: Rollout, api: str, state: str, at: datetime) -> JSON:
    number = zlib.crc32(f"{deployment_id(rollout)} {state}".encode())
    return {
        "id": number,
        "url": f"{_repo(rollout, api)}/deployments/{deployment_id(rollout)}/statuses/{number}",
        "state": state,
        "description": "",
        "environment": "production",
        "environment_url": "",
        "log_url": "",
        "target_url": "",
        "creator": _user(rollout.author, api),
        "created_at": _time(at),
        "updated_at": _time(at),
        "deployment_url": f"{_repo(rollout, api)}/deployments/{deployment_id(rollout)}",
        "repository_url": _repo(rollout, api),
    }


def _file(rollout: Rollout, path: str, diff: str) -> JSON:
    added = sum(line.startswith("+") and not line.startswith("+++") for line in diff.splitlines())
    removed = sum(line.startswith("-") and not line.startswith("---") for line in diff.splitlines())
    return {
        "sha": f"{zlib.crc32((path + diff).encode()):08x}" * 5,
        "filename": path,
        "status": "modified",
        "additions": added,
        "deletions": removed,
        "changes": added + removed,
        "patch": diff,
    }


def _user(login: str, api: str) -> JSON:
    return {
        "login": login,
        "id": zlib.crc32(login.encode()),
        "type": "User",
        "url": f"{api}/users/{login}",
        "html_url": f"{api}/{login}",
    }


def _repo(rollout: Rollout, api: str) -> str:
    return f"{api}/repos/{rollout.repo}"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
