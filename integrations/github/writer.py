"""The one hand that writes to GitHub: a file on a branch with its pull request, or an issue. Apart from the source.

It has a token of its own, so that what looks can never write. Each effect is found again: a branch by its name, a file
by its path, a pull request by its branch, an issue by the marker in its text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from integrations.contract import Malformed, Ready, Refused
from integrations.github import NAME, Settings
from integrations.github.client import GitHub

if TYPE_CHECKING:
    from github.Issue import Issue
    from github.PullRequest import PullRequest
    from github.Repository import Repository

T = TypeVar("T")

MOST_ISSUES = 300
"""The newest of the bot's own label that are searched for a marker."""
LONGEST_BODY = 65_536
"""Characters of an issue; GitHub refuses a longer one whole."""
CUT = "\n\n_Cut here: an issue holds no more. All of it is in the incident's channel._\n"
LABEL = "postmortem"
FIX = "GITHUB_WRITE_TOKEN needs write access to contents and pull requests (or issues) of POSTMORTEM_REPO"


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """Where to write, and as what."""

    token: str = field(repr=False)
    """`GITHUB_WRITE_TOKEN`."""
    repo: str = ""
    """`POSTMORTEM_REPO`, owner/name."""
    kind: Literal["pull_request", "issue"] = "pull_request"
    """`POSTMORTEM_GITHUB`."""
    folder: str = "postmortems"
    """`POSTMORTEM_FOLDER`, in the repository."""
    api_url: str = "https://api.github.com"
    ca_file: Path | None = None
    limit_s: float = 30.0
    """Seconds for all of it."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is written. The same `name` is the same document, however often it is written."""

    name: str
    """Of letters, digits and dashes, such as `INC-DFCQPPRXOH`: of its branch, its file and its marker."""
    title: str
    text: str
    folder: str = ""
    """Below the folder that is set."""

    @property
    def branch(self) -> str:
        return f"postmortem/{self.name}"

    @property
    def marker(self) -> str:
        return f"<!-- first-responder:{self.name} -->"


class GithubWriter:
    """Every method raises RoomError."""

    def __init__(self, settings: WriterSettings) -> None:
        self._settings = settings
        there = Settings(settings.token, settings.api_url, settings.ca_file, timeout_s=10, limit_s=settings.limit_s)
        self._github = GitHub(there, threads=1)

    async def write(self, document: Document) -> str:
        """Writes it, over an earlier version; the address of the pull request or issue. May be repeated."""
        act = _as_issue if self._settings.kind == "issue" else _as_pull_request
        return await self._ask(lambda repo: act(repo, document, self._settings.folder))

    async def ready(self) -> Ready:
        """Whether the token may write there, as far as GitHub tells beforehand."""

        def look(repo: Repository) -> Ready:
            if repo.permissions is not None and not repo.permissions.push:
                raise Refused(NAME, f"no right to write to {self._settings.repo}", FIX)
            return Ready(f"GitHub, may write to {self._settings.repo}")

        return await self._ask(look)

    async def close(self) -> None:
        await self._github.close()

    async def _ask(self, act: Callable[[Repository], T]) -> T:
        try:
            return await self._github.ask(self._settings.repo, lambda client: act(client.get_repo(self._settings.repo)))
        except Refused as refused:
            raise Refused(NAME, refused.reason.replace("to read", "to write to"), FIX) from refused


def _as_pull_request(repo: Repository, document: Document, folder: str) -> str:
    """A file on a branch of its own, and the pull request of that branch; one that was merged or closed is another's
    decision: a new version then gets a new pull request from the same branch. Where nothing is new since, that one is
    the document's place as before."""
    from github import GithubException, UnknownObjectException

    default = repo.default_branch
    try:
        repo.get_branch(document.branch)
    except UnknownObjectException:
        tip = repo.get_branch(default).commit.sha
        try:
            repo.create_git_ref(f"refs/heads/{document.branch}", tip)
        except GithubException as error:
            if error.status != 422:  # 422: it is there by now
                raise
    _put(repo, document, "/".join(part for part in (folder.strip("/"), document.folder, f"{document.name}.md") if part))
    if (pull := _pull(repo, document, "open")) is not None:
        if pull.title != document.title:
            pull.edit(title=document.title)
        return pull.html_url
    body = f"{document.marker}\nA draft. ❓ marks what only people know; merge it when it is filled in."
    try:
        return repo.create_pull(base=default, head=document.branch, title=document.title, body=body).html_url
    except GithubException as error:
        before = _pull(repo, document, "all") if error.status == 422 else None
        if before is None:
            raise
        return before.html_url


def _pull(repo: Repository, document: Document, state: Literal["open", "all"]) -> PullRequest | None:
    """The newest of the document's branch, which may be gone since."""
    owner = repo.full_name.partition("/")[0]
    return next(iter(repo.get_pulls(state=state, head=f"{owner}:{document.branch}")), None)


def _put(repo: Repository, document: Document, path: str) -> None:
    """The file as it is now. Nothing is committed where it says the same already."""
    from github import UnknownObjectException

    try:
        there = repo.get_contents(path, ref=document.branch)
    except UnknownObjectException:
        repo.create_file(path, document.title, document.text, branch=document.branch)
        return
    if isinstance(there, list):
        raise Malformed(NAME, f"{path} is a folder there", "see POSTMORTEM_FOLDER")
    if there.decoded_content.decode(errors="replace") != document.text:
        repo.update_file(path, document.title, document.text, there.sha, branch=document.branch)


def _as_issue(repo: Repository, document: Document, _folder: str) -> str:
    body = _within(f"{document.marker}\n{document.text}")
    found = _issue(repo, document.marker)
    if found is None:
        return repo.create_issue(title=document.title, body=body, labels=[LABEL]).html_url
    if found.body != body or found.title != document.title:
        found.edit(title=document.title, body=body)
    return found.html_url


def _within(body: str) -> str:
    """What an issue holds of it, up to the end of a line."""
    if len(body) <= LONGEST_BODY:
        return body
    return f"{body[: LONGEST_BODY - len(CUT)].rpartition(chr(10))[0]}{CUT}"


def _issue(repo: Repository, marker: str) -> Issue | None:
    newest = islice(repo.get_issues(state="all", labels=[LABEL], sort="created", direction="desc"), MOST_ISSUES)
    return next((issue for issue in newest if (issue.body or "").startswith(marker)), None)
