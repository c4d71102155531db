"""What is written to the stand-in for GitHub: branches, files, pull requests, issues, with the real one's refusals."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.github_shapes import JSON, repository

START = hashlib.sha1(b"start", usedforsecurity=False).hexdigest()
"""The commit that every repository begins with."""
LONGEST = 65_536
"""Characters of an issue's or pull request's text."""


class RefusedError(Exception):
    """The answer that GitHub gives instead."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class Repo:
    """One repository that may be written to."""

    name: str
    issues_on: bool = True
    branches: dict[str, str] = field(default_factory=lambda: {"main": START})
    """Name → sha of its newest commit."""
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    """Branch and path → text."""
    commits: int = 0
    pulls: list[JSON] = field(default_factory=list)
    issues: list[JSON] = field(default_factory=list)

    def branch(self, name: str, api: str) -> JSON:
        if name not in self.branches:
            raise RefusedError(404, "Branch not found")
        sha = self.branches[name]
        return {
            "name": name,
            "commit": {"sha": sha, "url": f"{api}/repos/{self.name}/commits/{sha}"},
            "protected": False,
        }

    def make_ref(self, asked: Mapping[str, Any], api: str) -> JSON:
        ref, sha = str(asked.get("ref", "")), str(asked.get("sha", ""))
        if not ref.startswith("refs/heads/") or sha not in self.branches.values():
            raise RefusedError(422, "Reference is not valid, or the object does not exist")
        name = ref.removeprefix("refs/heads/")
        if name in self.branches:
            raise RefusedError(422, "Reference already exists")
        self.branches[name] = sha
        self.files |= {(name, path): text for (branch, path), text in self.files.items() if branch == "main"}
        url = f"{api}/repos/{self.name}/git/{ref}"
        return {"ref": ref, "node_id": "R", "url": url, "object": {"type": "commit", "sha": sha, "url": url}}

    def file(self, path: str, branch: str, api: str) -> JSON:
        if branch not in self.branches or (branch, path) not in self.files:
            raise RefusedError(404, "Not Found")
        return _file(self, path, self.files[branch, path], api)

    def put(self, path: str, asked: Mapping[str, Any], api: str) -> tuple[int, JSON]:
        """201 where it is new, else 200."""
        branch, new = str(asked.get("branch") or "main"), True
        if branch not in self.branches:
            raise RefusedError(404, f"Branch {branch} not found")
        if (before := self.files.get((branch, path))) is not None:
            new = False
            if not asked.get("sha"):
                raise RefusedError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
            if asked["sha"] != blob(before):
                raise RefusedError(409, f"{path} does not match {asked['sha']}")
        try:
            text = base64.b64decode(str(asked.get("content", "")), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise RefusedError(422, "content is not valid Base64") from None
        self.commits += 1
        self.files[branch, path] = text
        sha = hashlib.sha1(f"{self.name} {self.commits}".encode(), usedforsecurity=False).hexdigest()
        self.branches[branch] = sha
        told = {"content": _file(self, path, text, api), "commit": {"sha": sha, "message": asked.get("message", "")}}
        return 201 if new else 200, told

    def make_pull(self, asked: Mapping[str, Any], api: str) -> JSON:
        head, base = str(asked.get("head", "")), str(asked.get("base", ""))
        if head not in self.branches or base not in self.branches:
            raise RefusedError(422, "Validation Failed: head or base is invalid")
        if self.branches[head] == self.branches[base]:
            raise RefusedError(422, f"Validation Failed: No commits between {base} and {head}")
        if self.pulls_of(head):
            raise RefusedError(422, f"Validation Failed: A pull request already exists for {head}.")
        number = self._next()
        repo = repository(self.name, api)
        ends = {
            name: {"label": ref, "ref": ref, "sha": self.branches[ref], "user": None, "repo": repo}
            for name, ref in (("head", head), ("base", base))
        }
        made = {
            "id": number,
            "number": number,
            "state": "open",
            "url": f"{api}/repos/{self.name}/pulls/{number}",
            "html_url": f"{api}/{self.name}/pull/{number}",
            "merged_at": None,
            **_text(asked),
            **ends,
        }
        self.pulls.append(made)
        return made

    def pulls_of(self, branch: str, state: str = "open") -> list[JSON]:
        """The newest first; of every branch where none is named."""
        found = [pull for pull in self.pulls if branch in ("", pull["head"]["ref"]) and state in ("all", pull["state"])]
        return found[::-1]

    def merge(self, branch: str) -> None:
        """A person merges its open pull request; the branch is deleted, as many have it done by GitHub."""
        for pull in self.pulls_of(branch):
            pull["state"] = "closed"
        self.branches["main"] = self.branches.pop(branch)
        for path in [path for there, path in self.files if there == branch]:
            self.files["main", path] = self.files.pop((branch, path))

    def make_issue(self, asked: Mapping[str, Any], api: str) -> JSON:
        if not self.issues_on:
            raise RefusedError(410, "Issues has been disabled in this repository.")
        number = self._next()
        labels = [{"name": name} for name in asked.get("labels", ())]
        places = {"url": f"{api}/repos/{self.name}/issues/{number}", "html_url": f"{api}/{self.name}/issues/{number}"}
        made = {"id": number, "number": number, "state": "open", "labels": labels, **_text(asked), **places}
        self.issues.append(made)
        return made

    def edit(self, number: int, asked: Mapping[str, Any]) -> JSON:
        found = next((one for one in (*self.pulls, *self.issues) if one["number"] == number), None)
        if found is None:
            raise RefusedError(404, "Not Found")
        found |= {key: asked[key] for key in ("title", "body", "state") if key in asked}
        return found

    def labelled(self, labels: str) -> list[JSON]:
        wanted = {name for name in labels.split(",") if name}
        return [one for one in reversed(self.issues) if wanted <= {label["name"] for label in one["labels"]}]

    def _next(self) -> int:
        return len(self.pulls) + len(self.issues) + 1


def _text(asked: Mapping[str, Any]) -> JSON:
    title, body = str(asked.get("title") or ""), str(asked.get("body") or "")
    if not title or len(body) > LONGEST:
        raise RefusedError(422, "Validation Failed: title is missing, or body is too long")
    return {"title": title, "body": body}


def _file(repo: Repo, path: str, text: str, api: str) -> JSON:
    content = base64.encodebytes(text.encode()).decode()
    url = f"{api}/repos/{repo.name}/contents/{path}"
    return {
        "type": "file",
        "encoding": "base64",
        "name": path.rpartition("/")[2],
        "path": path,
        "size": len(text.encode()),
        "content": content,
        "sha": blob(text),
        "url": url,
    }


def blob(text: str) -> str:
    """A file's sha, as git reckons it."""
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
