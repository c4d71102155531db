"""GitHub's REST API through PyGithub: a handful of bounded reads, each in a thread, parsed at the door."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from integrations import trust
from integrations.contract import Ready, Refused, aware
from integrations.github import NAME, Settings, parse
from integrations.github.errors import silent, told_plainly
from integrations.github.parse import COMMITS, FILES, PAGE
from integrations.github.records import Deployment, Diff, Difference, Merge, Release, Rollout
from integrations.threads import Threads

if TYPE_CHECKING:
    import github

T = TypeVar("T")

THREADS = 16
"""So many requests at once: the lists of five repositories need no second round. GitHub allows a hundred."""
MOST = 3 * PAGE
"""So many of a kind are read at most, however busy the repository."""


class GitHub:
    """A bounded number of threads, each with a PyGithub client of its own, since those are not thread-safe.

    Every method raises RoomError. A request is tried again only where no connection came about or a gateway
    answered 502, 503 or 504; a rate limit is told, not waited for.
    """

    def __init__(self, settings: Settings, *, threads: int = THREADS) -> None:
        self._settings = settings
        self._threads = Threads(NAME, threads)
        self._own = threading.local()
        self._clients: list[github.Github] = []
        self._bundle = ExitStack()
        self._trusted = ""
        self._lock = threading.Lock()

    async def deployments(self, repo: str, since: datetime) -> tuple[Deployment, ...]:
        """The newest first, back to `since` and at least one page; at most `MOST`."""

        def read(client: github.Github) -> tuple[Deployment, ...]:
            found = map(parse.deployment, client.get_repo(repo).get_deployments())
            return _back_to(since, found, lambda one: one.created_at)

        return await self.ask(repo, read)

    async def releases(self, repo: str) -> tuple[Release, ...]:
        """The newest page of published releases."""

        def read(client: github.Github) -> tuple[Release, ...]:
            newest = islice(client.get_repo(repo).get_releases(), PAGE)
            return tuple(parse.release(one) for one in newest if not one.draft and one.published_at)

        return await self.ask(repo, read)

    async def merges(self, repo: str, since: datetime) -> tuple[Merge, ...]:
        """Pull requests merged into the default branch since then, newest first; of `MOST` that were touched last."""

        def read(client: github.Github) -> tuple[Merge, ...]:
            pulls = client.get_repo(repo).get_pulls(state="closed", sort="updated", direction="desc")
            closed = _back_to(since, pulls, lambda pull: aware(pull.updated_at or since))
            found = [parse.merge(pull) for pull in closed if pull.merged_at and parse.into_default(pull)]
            return tuple(sorted((m for m in found if m.merged_at >= since), key=lambda m: m.merged_at, reverse=True))

        return await self.ask(repo, read)

    async def rollout(self, repo: str, deployment: int) -> Rollout:
        """How a deployment went, from its newest statuses."""

        def read(client: github.Github) -> Rollout:
            statuses = client.get_repo(repo).get_deployment(deployment).get_statuses()
            return parse.rollout(tuple(islice(statuses, PAGE)))

        return await self.ask(repo, read)

    async def between(self, repo: str, base: str, head: str) -> Difference:
        """What `head` has that `base` has not: files, commits, and the newest commit's title."""

        def read(client: github.Github) -> Difference:
            lazy = client.get_repo(repo)
            return parse.difference(lazy.compare(base, head, comparison_commits_per_page=COMMITS))

        return await self.ask(repo, read)

    async def pull_files(self, repo: str, number: int) -> Difference:
        def read(client: github.Github) -> Difference:
            files = client.get_repo(repo).get_pull(number).get_files()
            return Difference(files=tuple(one.filename for one in islice(files, FILES)))

        return await self.ask(repo, read)

    async def diff_between(self, repo: str, base: str, head: str) -> Diff:
        """What `head` changed over `base`, file by file."""

        def read(client: github.Github) -> Diff:
            found = client.get_repo(repo).compare(base, head, comparison_commits_per_page=1).complete()
            newest = next(iter(found.commits), None)
            title = newest.commit.message.partition("\n")[0] if newest else ""
            return parse.diff(title, found.files, found.html_url)

        return await self.ask(repo, read)

    async def pull_diff(self, repo: str, number: int) -> Diff:
        """What a pull request changes, file by file, merged or not."""

        def read(client: github.Github) -> Diff:
            pull = client.get_repo(repo).get_pull(number)
            return parse.diff(pull.title, pull.get_files(), pull.html_url)

        return await self.ask(repo, read)

    async def ready(self) -> Ready:
        """Asks for the rate limit: it is free, and it needs a good token."""

        def read(client: github.Github) -> Ready:
            core = client.get_rate_limit().resources.core
            return Ready(f"GitHub, {core.remaining:,} of {core.limit:,} requests left this hour")

        try:
            return await self.ask("the rate limit", read)
        except Refused as refused:
            if "(404)" in refused.reason:  # an Enterprise Server without rate limits has no such page
                return Ready("GitHub Enterprise Server")
            raise

    async def close(self) -> None:
        self._threads.close()
        for client in self._clients:
            client.close()
        self._bundle.close()

    async def ask(self, repo: str, read: Callable[[github.Github], T]) -> T:
        """What `read` makes of a client, in a thread, within the settings' limit; `repo` is what faults speak of."""

        def work() -> T:
            with told_plainly(repo):
                return read(self._client())

        try:
            async with asyncio.timeout(self._settings.limit_s):
                return await self._threads.run(work)
        except TimeoutError:
            raise silent(self._settings.limit_s) from None

    def _client(self) -> github.Github:
        if not hasattr(self._own, "client"):
            self._own.client = self._connect()
            self._clients.append(self._own.client)
        client: github.Github = self._own.client
        return client

    def _connect(self) -> github.Github:
        import github
        from urllib3 import Retry

        # Not GithubRetry: it sleeps through rate limits, up to an hour, where the briefing needs the reason now.
        retry = Retry(
            total=2, connect=1, read=0, status=1, status_forcelist=(502, 503, 504),
            backoff_factor=0.1, respect_retry_after_header=False, raise_on_status=False,
        )  # fmt: skip
        return github.Github(
            auth=github.Auth.Token(self._settings.token), base_url=self._settings.api_url.rstrip("/"),
            timeout=self._settings.timeout_s, per_page=PAGE, verify=self._verify(), retry=retry,
            seconds_between_requests=0, lazy=True,
        )  # fmt: skip

    def _verify(self) -> bool | str:
        """PyGithub takes a path only, so the extra authority is put beside the public ones in a file of our own."""
        if self._settings.ca_file is None:
            return True
        with self._lock:
            if not self._trusted:
                self._trusted = self._bundle.enter_context(trust.bundle(NAME, self._settings.ca_file))
        return self._trusted


def _back_to(since: datetime, found: Iterable[T], when: Callable[[T], datetime]) -> tuple[T, ...]:
    """Whole pages until one ends before `since`: the library asks for a further page only when it is read."""
    kept: list[T] = []
    for one in islice(found, MOST):
        kept.append(one)
        if len(kept) % PAGE == 0 and when(one) < since:
            break
    return tuple(kept)
