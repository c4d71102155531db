"""What kubectl shows of the pods is what the scenario did to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer

from playground.alerting import Target
from playground.director import Director, Settings
from playground.kubectl import Kubectl, Printed
from playground.scenarios import scenario
from playground.scenarios.pods import pods

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    moment = NOON

    def now(self) -> datetime:
        return self.moment


class Cluster:
    """One scenario's cluster, `seconds` after its alert."""

    def __init__(self, server: HTTPServer) -> None:
        server.expect_request("/webhook").respond_with_data(status=202)
        self.clock = Clock()
        self.director = Director(
            Settings(Target(server.url_for("/webhook"), "let-me-in", server.url_for("/"))), self.clock
        )
        self.kubectl = Kubectl(self.director)

    async def has(self, name: str, seconds: float = 20.0) -> None:
        await self.director.start(name)
        self.clock.moment = NOON + timedelta(seconds=seconds)

    async def says(self, command: str) -> Printed:
        return await self.kubectl.run(command.split())


@pytest.fixture
def cluster(httpserver: HTTPServer) -> Cluster:
    return Cluster(httpserver)


def of(name: str, service: str) -> tuple[list[str], list[str]]:
    """The pods that serve at the alert, in order, and those that a rollout replaced before."""
    every = pods(scenario(name), scenario(name).profile(service))
    return [pod.name for pod in every if pod.serves(0)], [pod.name for pod in every if not pod.serves(0)]


def listed(printed: Printed) -> dict[str, list[str]]:
    return {row.split()[0]: row.split()[1:] for row in printed.out.splitlines()[1:]}


@pytest.mark.parametrize("seconds", [1, 600, 4 * 3600], ids=["at once", "later", "after the story's end"])
async def test_the_pods_are_those_that_the_rollout_brought(cluster: Cluster, seconds: float):
    await cluster.has("memory-leak", seconds)
    now, replaced = of("memory-leak", "catalog-api")
    for command in ("get pods", "top pods"):
        assert sorted(listed(await cluster.says(f"{command} -n catalog -l app=catalog-api"))) == sorted(now)
    for pod in replaced:
        for command in ("describe pod", "logs"):
            assert "NotFound" in (await cluster.says(f"{command} {pod} -n catalog")).err


async def test_the_killed_pod_and_no_other_says_so(cluster: Cluster):
    await cluster.has("memory-leak")
    killed, *others = of("memory-leak", "catalog-api")[0]
    told = (await cluster.says(f"describe pod/{killed} -n catalog")).out
    assert "OOMKilled" in told and "Restart Count:  1" in told
    rows = listed(await cluster.says("get pods -n catalog -l app=catalog-api"))
    assert rows[killed] == ["1/1", "Running", "1", "95m"]
    for pod in others:
        told = (await cluster.says(f"describe pod/{pod} -n catalog")).out
        assert "OOMKilled" not in told and "Restart Count:  0" in told
        assert rows[pod][2] == "0"


async def test_the_log_before_the_kill_is_only_that_of_the_killed_pod(cluster: Cluster):
    await cluster.has("memory-leak")
    killed, other, _ = of("memory-leak", "catalog-api")[0]
    before = (await cluster.says(f"logs {killed} -n catalog --previous")).out
    assert "OutOfMemoryError" in before and "exit code 137" not in before
    assert "exit code 137" in (await cluster.says(f"logs {killed} -n catalog")).out
    refused = await cluster.says(f"logs {other} -n catalog --previous")
    assert refused.exit == 1 and "previous terminated container" in refused.err


async def test_a_pod_that_is_down_is_not_ready_and_was_not_killed_for_memory(cluster: Cluster):
    await cluster.has("upstream-down")
    down, _, up = of("upstream-down", "rates-store")[0]
    namespace = cluster.director.namespaces()["rates-store"]
    rows = listed(await cluster.says(f"get pods -n {namespace} -l app=rates-store"))
    assert rows[down][:3] == ["0/1", "Error", "1"]
    assert rows[up][:3] == ["1/1", "Running", "0"]
    told = (await cluster.says(f"describe pod {down} -n {namespace}")).out
    assert "Reason:       Error" in told and "OOMKilled" not in told
