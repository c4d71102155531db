"""What is told of a repository's records, by table: no server is needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.contract import Window
from integrations.github.records import Deployment, Difference, Merge, Release, Rollout, Seen
from integrations.github.tell import Details, changes, of_environment, version_of

NOW = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
DAY = Window(NOW - timedelta(days=1), NOW)
SHA = "abcdef0123456789abcdef0123456789abcdef01"


def at(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def deployed(number: int, minutes: int, **other: object) -> Deployment:
    fields = {"sha": f"{number:040x}", "ref": "main", "environment": "production", "creator": "ci[bot]"}
    return Deployment(id=number, created_at=at(minutes), **{**fields, **other})  # type: ignore[arg-type]


def merged(number: int, minutes: int, sha: str) -> Merge:
    return Merge(number, f"Merge {number}", at(minutes), f"author{number}", sha, f"https://hub/pull/{number}")


@pytest.mark.parametrize(
    ("environment", "env", "kept"),
    [
        ("production", "prod", True),
        ("prod-eu", "production", True),
        ("Production", "live", True),
        ("staging", "prod", False),
        ("Preview – web", "production", False),
        ("github-pages", "prod", False),
        ("eu-1", "prod", True),
        ("us-1", "eu-1", True),
        ("west", "east", False),
        ("", "prod", True),
        ("staging", "", True),
    ],
)
def test_which_environments_may_be_meant(environment, env, kept):
    assert bool(of_environment([deployed(1, 5, environment=environment)], env)) is kept


@pytest.mark.parametrize(
    ("ref", "payload", "version"),
    [
        ("v2.34.1", {}, "v2.34.1"),
        ("refs/tags/v2.34.1", {}, "v2.34.1"),
        ("main", {}, "abcdef0"),
        (SHA, {}, "abcdef0"),
        ("refs/heads/hotfix", {}, "abcdef0"),
        ("main", {"version": "2026.3"}, "2026.3"),
    ],
)
def test_the_version_that_people_would_say(ref, payload, version):
    assert version_of(deployed(1, 5, ref=ref, payload=payload, sha=SHA)) == version


def test_a_deployment_that_still_waits_for_its_approval_changed_nothing():
    seen = Seen(deployments=(deployed(1, 5),))

    assert changes(seen, Details({1: Rollout("waiting", None)}), ["pay"], DAY) == ()


def test_one_of_which_nobody_knows_how_it_went_is_a_request():
    (change,) = changes(Seen(deployments=(deployed(1, 5),)), Details(), ["pay"], DAY)

    assert change.what == "deployment request"


def test_a_deployment_counts_from_when_it_left_its_queue_and_a_failed_one_says_so():
    seen = Seen(deployments=(deployed(1, 50, description="Deploy"),))

    (change,) = changes(seen, Details({1: Rollout("failed", at(7))}), ["pay"], DAY)

    assert (change.at, change.title, change.author) == (at(7), "Deploy (failed)", "ci[bot]")


def test_several_merges_in_one_deployment_are_told_with_it_and_a_later_one_by_itself():
    merges = (merged(3, 1, "c" * 40), merged(2, 20, "b" * 40), merged(1, 30, "a" * 40))
    seen = Seen(deployments=(deployed(2, 5), deployed(1, 90)), merges=merges)
    brought = Difference(("x.py",), frozenset({"a" * 40, "b" * 40}), "Commit", "someone", "https://hub/compare")

    ran = {number: Rollout("deployed", None) for number in (1, 2)}
    told = changes(seen, Details(ran, {2: brought}), ["pay"], DAY)

    assert [(c.what, c.title, c.author, c.url) for c in told] == [
        ("merge", "Merge 3", "author3", "https://hub/pull/3"),
        ("deployment", "Merge 2 (and 1 more)", "author2", "https://hub/compare"),
        ("deployment", "", "ci[bot]", None),
    ]
    assert told[1].previous == "0000000"
    assert told[1].files == ("x.py",)


def test_a_release_without_a_deployment_is_told_with_the_one_before_it():
    releases = (Release("v3", "Third", at(10), "bob", "https://hub/v3"), Release("v2", "v2", at(9999), "bob", None))

    (change,) = changes(Seen(releases=releases), Details(), ["pay"], DAY)

    assert (change.what, change.version, change.previous, change.title) == ("release", "v3", "v2", "Third")
