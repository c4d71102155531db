"""What changed before the alert, as GitHub knows it: deployments, releases and merges of every service's repository."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from integrations.contract import Change, Gap, Look, Ready, RoomError, Scope, Service, Tool, Window
from integrations.github import NAME, Settings
from integrations.github.client import MOST, GitHub
from integrations.github.records import Deployment, Difference, Seen
from integrations.github.tell import MOST_TOLD, Details, before, brought_by, changes, of_environment, without_waiting
from integrations.github.tools import Deployments, ShowDiff

T = TypeVar("T")

LOOK_BACK = timedelta(hours=24)
MOST_REPOS = 12
"""The nearest to the incident are asked; with thirteen requests each that is far from GitHub's limits."""
LOOKED_AT = 8
"""So many of the newest deployments of a repository are asked how they went: one that waits for approval is none."""
CLOSER = 2
"""So many of the newest changes are looked at more closely: which files."""


class GithubContext:
    """Three lists for each repository at once, then the newest changes more closely: at most thirteen requests each.

    One deployment in the window costs five, each further one up to `LOOKED_AT` one more; where one waits, two more.
    Further pages (three at most of a kind) only where a repository is so busy that one page does not reach back a day.
    """

    name = NAME

    def __init__(self, settings: Settings) -> None:
        self._github = GitHub(settings)
        self.tools: tuple[Tool, ...] = (Deployments(self.history, settings), ShowDiff(self._github))

    async def look(self, scope: Scope) -> Look:
        """Changes from a day before the alert until now, newest first.

        A repository that cannot be read is a partial gap, and so is an own service without one: nobody has looked at
        what it changed. Raises RoomError where no repository can be read.
        """
        window = Window(scope.alerted_at - LOOK_BACK, scope.window.until)
        repos = _by_repo(scope.services)
        asked = list(repos.items())[:MOST_REPOS]
        answers = await asyncio.gather(
            *(_kept(self.history(repo, of, scope.env, window, LOOKED_AT)) for repo, of in asked)
        )
        failed = [answer for answer in answers if isinstance(answer, RoomError)]
        if failed and len(failed) == len(answers):
            raise failed[0]
        looks = [answer for answer in answers if isinstance(answer, Look)]
        gaps = [Gap(NAME, error.reason, partial=True) for error in failed] + [g for look in looks for g in look.gaps]
        if not scope.service.repo:
            reason = f"no repository of {scope.service.name} is known: name it as `repo` in SERVICES_FILE"
            gaps.append(Gap(NAME, reason, partial=bool(asked)))
        if len(repos) > len(asked):
            gaps.append(Gap(NAME, f"looked at {len(asked)} of {len(repos)} repositories", partial=True))
        found = [finding for look in looks for finding in look.findings if isinstance(finding, Change)]
        newest_first = sorted(found, key=lambda change: change.at, reverse=True)
        return Look(tuple(newest_first), tuple(dict.fromkeys(gaps)))

    async def history(
        self, repo: str, services: Sequence[str], env: str, window: Window, looked_at: int = MOST_TOLD
    ) -> Look:
        """The changes of one repository, newest first, and what of it could not be seen. Raises RoomError.

        So many deployments are asked how they went; older ones are told as requests.
        """
        deployments, releases, merges = await asyncio.gather(
            _kept(self._github.deployments(repo, window.since)),
            _kept(self._github.releases(repo)),
            _kept(self._github.merges(repo, window.since)),
        )
        errors = [answer for answer in (deployments, releases, merges) if isinstance(answer, RoomError)]
        if len(errors) == 3:
            raise errors[0]
        reasons = [error.reason for error in errors] + _cut(repo, deployments, window)
        seen = Seen(of_environment(_or_none(deployments), env), _or_none(releases), _or_none(merges))
        details = await self._closer(repo, seen, window, looked_at)
        gaps = tuple(Gap(NAME, reason, partial=True) for reason in reasons)
        return Look(changes(seen, details, services, window), gaps)

    async def ready(self) -> Ready:
        return await self._github.ready()

    async def close(self) -> None:
        await self._github.close()

    async def _closer(self, repo: str, seen: Seen, window: Window, looked_at: int) -> Details:
        """How the newest deployments went and what they brought; for what room is left, the newest merges' files."""
        inside = [one for one in seen.deployments if one.created_at >= window.since][:looked_at]
        rollouts, differences = await asyncio.gather(
            _all({one.id: self._github.rollout(repo, one.id) for one in inside}),
            self._differences(repo, seen, window),
        )
        ran = without_waiting(seen, rollouts)
        if ran != seen:  # rare, so both are asked for at once: here what they brought is another thing
            differences = await self._differences(repo, ran, window)
        details = Details(rollouts, differences)
        told = {merge.number for one in ran.deployments for merge in brought_by(one, ran, details)}
        loose = [merge for merge in ran.merges if merge.number not in told][: CLOSER - len(differences)]
        return replace(details, pulls=await _all({m.number: self._github.pull_files(repo, m.number) for m in loose}))

    async def _differences(self, repo: str, seen: Seen, window: Window) -> dict[int, Difference]:
        newest = [one for one in seen.deployments if one.created_at >= window.since][:CLOSER]
        return await _all({one.id: self._difference(repo, one, seen) for one in newest})

    async def _difference(self, repo: str, deployment: Deployment, seen: Seen) -> Difference:
        older = before(deployment, seen.deployments)
        if older and older.sha != deployment.sha:
            return await self._github.between(repo, older.sha, deployment.sha)
        merge = next((merge for merge in seen.merges if merge.sha == deployment.sha), None)
        return await self._github.pull_files(repo, merge.number) if merge else Difference()


def _by_repo(services: Mapping[str, Service]) -> dict[str, list[str]]:
    repos: dict[str, list[str]] = {}
    for name, service in services.items():
        if service.repo:
            repos.setdefault(service.repo, []).append(name)
    return repos


def _cut(repo: str, deployments: tuple[Deployment, ...] | RoomError, window: Window) -> list[str]:
    if isinstance(deployments, RoomError) or len(deployments) < MOST or deployments[-1].created_at < window.since:
        return []
    return [f"{repo}: only its newest {MOST} deployments, back to {deployments[-1].created_at:%H:%M} UTC"]


def _or_none(answer: tuple[T, ...] | RoomError) -> tuple[T, ...]:
    return () if isinstance(answer, RoomError) else answer


async def _kept(asked: Awaitable[T]) -> T | RoomError:
    """The answer, or the room's own error as one, so that one refusal does not hide what others told."""
    try:
        return await asked
    except RoomError as error:
        return error


async def _all(asked: Mapping[int, Awaitable[T]]) -> dict[int, T]:
    """The answers that came. What is missing here are details; the change itself is told without them."""
    answers = await asyncio.gather(*(_kept(one) for one in asked.values()))
    return {key: one for key, one in zip(asked, answers, strict=True) if not isinstance(one, RoomError)}
