"""The stand-in answers as a real Prometheus does that holds the same series."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import pytest_asyncio

from integrations.prometheus.templates import DEFAULTS, Labels, render
from playground.pinned import Pinned, Points
from playground.prometheus import running
from playground.scenarios import ALL
from playground.world import Sample
from tests.real.prometheus import prometheus_server

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.needs("prometheus"),
    pytest.mark.needs("promtool"),
]

TOKEN = "figures-for-me"
ALERT = (datetime.now(UTC) - timedelta(hours=2)).replace(microsecond=123_000)
BEFORE, AFTER = 75 * 60, 300


@dataclass(frozen=True)
class Excerpt:
    """Every scenario at once, from 75 minutes before its alert to 5 after it: what one real server loads soon."""

    held: tuple[Sample, ...]

    def now(self) -> datetime:
        return ALERT + timedelta(seconds=AFTER)

    def samples(self) -> tuple[Sample, ...]:
        return self.held


def excerpt() -> Excerpt:
    now = ALERT + timedelta(seconds=AFTER)
    return Excerpt(
        tuple(kept for scenario in ALL for sample in Pinned(scenario, ALERT).samples(now) for kept in recent(sample))
    )


def recent(sample: Sample) -> Iterator[Sample]:
    points = sample.points
    assert isinstance(points, Points)
    first = int(np.searchsorted(points.times, ALERT.timestamp() - BEFORE))
    if first < len(points):
        yield Sample(sample.labels, points[first:])


class Both:
    """Asks the real one and the stand-in the same thing."""

    def __init__(self, real: httpx.AsyncClient, ours: httpx.AsyncClient) -> None:
        self.real = real
        self.ours = ours

    async def ask(self, path: str, **parameters: Any) -> tuple[httpx.Response, httpx.Response]:
        return await self.real.get(path, params=parameters), await self.ours.get(path, params=parameters)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Both]:
    world = excerpt()
    folder: Path = tmp_path_factory.mktemp("real")
    async with AsyncExitStack() as stack:
        server = stack.enter_context(prometheus_server(folder, [(s.labels, s.points) for s in world.held]))
        ours = await stack.enter_async_context(running(world, token=TOKEN))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        yield Both(
            await stack.enter_async_context(httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30)),
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=ours.url, headers=headers, trust_env=False, timeout=30)
            ),
        )


def at(offset: float) -> float:
    return round(ALERT.timestamp() + offset, 3)


Points_ = dict[float, float]


def table(data: Any) -> dict[tuple[tuple[str, str], ...], Points_]:
    """Labels → time → value, whatever the result's type."""
    if data["resultType"] in ("scalar", "string"):
        when, value = data["result"]
        return {(): {when: float(value)}}
    found = {}
    for row in data["result"]:
        points = row["values"] if "values" in row else [row["value"]]
        key = tuple(sorted(row["metric"].items()))
        assert key not in found
        found[key] = {when: float(value) for when, value in points}
    return found


def assert_same(real: httpx.Response, ours: httpx.Response) -> None:
    assert (ours.status_code, ours.json()["status"]) == (real.status_code, "success"), (ours.text, real.text[:500])
    assert ours.json()["data"]["resultType"] == real.json()["data"]["resultType"]
    expected, found = table(real.json()["data"]), table(ours.json()["data"])
    assert set(found) == set(expected)
    for labels, points in expected.items():
        assert list(found[labels]) == list(points), labels
        for when, value in points.items():
            assert alike(found[labels][when], value), (labels, when, found[labels][when], value)


def alike(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


SERVICES = {scenario.id: [profile.name for profile in scenario.profiles] for scenario in ALL}
PAY = 'service="payment-service",env="production"'


@pytest.mark.parametrize("signal", DEFAULTS)
@pytest.mark.parametrize("scenario", SERVICES)
async def test_every_default_template(both: Both, scenario: str, signal: str):
    query = render(DEFAULTS[signal], Labels(), SERVICES[scenario], "production", ("service",))
    answers = await both.ask("/api/v1/query_range", query=query, start=at(-4_200), end=at(240), step="60")
    assert_same(*answers)
    if signal in ("cpu", "memory", "instances_up"):
        assert len(table(answers[0].json()["data"])) == len(SERVICES[scenario])


@pytest.mark.parametrize("signal", ["error_rate", "cpu", "memory"])
async def test_the_templates_by_instance_through_a_rollout(both: Both, signal: str):
    query = render(DEFAULTS[signal], Labels(), ["payment-service"], "production", ("service", "pod"))
    answers = await both.ask("/api/v1/query_range", query=query, start=at(-1_800), end=at(240), step="15")
    assert_same(*answers)
    assert len(table(answers[0].json()["data"])) == 6


EXPRESSIONS = [
    f"http_requests_total{{{PAY}}}",
    'http_requests_total{service!="ledger",code=~"5.+",pod!~"checkout.*"}',
    '{__name__=~"up|volume_used_percent",service=~".*store"}',
    f"up{{{PAY}}} offset 10m",
    f"up{{{PAY}}} offset -2m",
    f"irate(http_requests_total{{{PAY}}}[1m])",
    'increase(http_requests_total{service="catalog-api"}[5m])',
    'rate(http_requests_total{service="catalog-api"}[3m])',
    'delta(container_memory_working_set_bytes{service="catalog-api"}[10m])',
    "idelta(volume_used_percent[2m])",
    f"avg_over_time(up{{{PAY}}}[4m])",
    "max_over_time(volume_used_percent[10m])",
    "min_over_time(connection_pool_used[7m])",
    "sum_over_time(connection_pool_used[2m])",
    f"count_over_time(http_requests_total{{{PAY}}}[5m])",
    f"last_over_time(up{{{PAY}}}[5m])",
    'resets(http_requests_total{service="catalog-api"}[30m])',
    "changes(container_restarts_total[15m])",
    "sum without (pod, code) (rate(http_requests_total[2m]))",
    "avg by (service) (container_memory_working_set_bytes)",
    "min by (env) (up)",
    "max(container_cpu_limit_cores)",
    "count by (service) (up == 1)",
    "stddev by (service) (container_memory_working_set_bytes)",
    "topk(2, sum by (service) (rate(http_requests_total[2m])))",
    "bottomk by (env) (3, avg by (service, env) (container_memory_working_set_bytes))",
    "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
    'histogram_quantile(0.999, rate(http_request_duration_seconds_bucket{service="rates-store"}[2m]))',
    'histogram_quantile(1.5, rate(http_request_duration_seconds_bucket{service="rates-store"}[2m]))',
    "rate(http_request_duration_seconds_sum[2m]) / rate(http_request_duration_seconds_count[2m])",
    "sum by (service) (up) < sum by (service) (kube_deployment_spec_replicas)",
    "sum by (service) (up) < bool sum by (service) (kube_deployment_spec_replicas)",
    "connection_pool_used > 30",
    "connection_pool_used == bool 30",
    "100 - volume_used_percent",
    "2 ^ 3 % 5 - 1",
    "-volume_used_percent",
    "connection_pool_used / on (service) connection_pool_max",
    "connection_pool_used / ignoring (env) connection_pool_max",
    "container_memory_working_set_bytes / on (pod) group_left (job) up",
    "up * on (service) group_left () kube_deployment_spec_replicas",
    "kube_deployment_spec_replicas * on (service) group_right () up",
    "volume_used_percent or connection_pool_used",
    "up and on (service) volume_used_percent",
    "up unless on (service) volume_used_percent",
    "vector(3)",
    "time()",
    "vector(time()) - 5",
    'scalar(volume_used_percent{service="event-store"}) * 2',
    "clamp_min(volume_used_percent, 60)",
    "clamp_max(volume_used_percent, 60)",
    "clamp(volume_used_percent, 50, 60)",
    "abs(-volume_used_percent)",
    'label_replace(volume_used_percent, "disk", "$1", "service", "(.*)-.*")',
    "nothing_of_this_name",
    "sum(nothing_of_this_name)",
    "1 / 0",
    "volume_used_percent / 0",
]


@pytest.mark.parametrize("query", EXPRESSIONS)
async def test_expressions_over_a_range(both: Both, query: str):
    assert_same(*await both.ask("/api/v1/query_range", query=query, start=at(-1_500), end=at(240), step="75s"))


@pytest.mark.parametrize("query", [*EXPRESSIONS, f"http_requests_total{{{PAY}}}[2m]"])
async def test_expressions_at_one_moment(both: Both, query: str):
    assert_same(*await both.ask("/api/v1/query", query=query, time=at(7.123)))


async def test_a_series_that_ended_is_remembered_for_five_minutes_and_no_longer(both: Both):
    end = excerpt().now().timestamp()
    for past in (299.999, 300.0, 300.001, 315.0):
        assert_same(*await both.ask("/api/v1/query", query="up", time=round(end + past, 3)))


@pytest.mark.parametrize("form", [{"time": str(at(0))}, {"time": ALERT.isoformat()}, {"time": "2026-01-01T00:00:00Z"}])
async def test_the_form_is_taken_as_well(both: Both, form: dict[str, str]):
    form = {"query": "sum(up)", **form}
    real, ours = await both.real.post("/api/v1/query", data=form), await both.ours.post("/api/v1/query", data=form)
    assert (real.status_code, real.json()["data"]["result"]) == (ours.status_code, ours.json()["data"]["result"])


BAD = [
    {"query": "sum("},
    {"query": ""},
    {"query": "up{"},
    {"query": "foo bar"},
    {"query": "rate(up)"},
    {"query": "nosuch(up)"},
    {"query": '{job=~".*"}'},
    {"query": 'up{job=~"("}'},
    {"query": "1 > 2"},
    {"query": "sum(up[5m])"},
    {"query": "up", "time": "yesterday"},
    {"query": "up + on (service) volume_used_percent * on (env) volume_used_percent"},
    {"query": "up / on (service) up"},
    {"query": f"kube_deployment_spec_replicas{{{PAY}}} > on (env) (up{{{PAY}}} + 100)"},
    {"query": "volume_used_percent + on (env) volume_used_percent"},
    {"query": 'label_replace(up, "1x", "a", "service", "b")'},
    {"query": 'sum by (x) ({service="event-store"}) + label_replace(up, "pod", "", "pod", ".*")'},
]


@pytest.mark.parametrize("parameters", BAD, ids=lambda p: p["query"])
async def test_what_cannot_be_answered_at_one_moment_fails_alike(both: Both, parameters: dict[str, str]):
    real, ours = await both.ask("/api/v1/query", **{"time": at(0), **parameters})
    assert (ours.status_code, ours.json()["errorType"]) == (real.status_code, real.json()["errorType"]), real.text
    assert ours.json()["status"] == "error" and ours.json()["error"]


BAD_RANGES = [
    {"start": "x"},
    {"start": ""},
    {"end": at(-9_000)},
    {"step": "0"},
    {"step": "-5"},
    {"step": "soon"},
    {"step": "0.1"},
    {"query": "up[5m]"},
    {"query": '"text"'},
    {"query": "sum("},
]


@pytest.mark.parametrize("parameters", BAD_RANGES, ids=" ".join)  # not the moment: workers agree on names
async def test_a_bad_range_fails_alike(both: Both, parameters: dict[str, Any]):
    good = {"query": "up", "start": at(-4_000), "end": at(0), "step": "60"}
    real, ours = await both.ask("/api/v1/query_range", **{**good, **parameters})
    assert (ours.status_code, ours.json()["errorType"]) == (real.status_code, real.json()["errorType"]), real.text


@pytest.mark.parametrize("step, status", [("0.375", 200), ("0.363", 400)])
async def test_eleven_thousand_points_and_no_more(both: Both, step: str, status: int):
    answers = await both.ask("/api/v1/query_range", query="vector(1)", start=at(-4_000), end=at(0), step=step)
    assert [answer.status_code for answer in answers] == [status, status]


async def test_what_there_is(both: Both):
    span = {"start": at(-4_200), "end": at(300)}
    for path, more in (
        ("/api/v1/labels", {}),
        ("/api/v1/label/service/values", {}),
        ("/api/v1/label/__name__/values", {"match[]": f"{{{PAY}}}"}),
        ("/api/v1/label/pod/values", {"match[]": "volume_used_percent"}),
    ):
        real, ours = await both.ask(path, **span, **more)
        assert ours.json() == real.json(), path
    real, ours = await both.ask("/api/v1/series", **span, **{"match[]": f"up{{{PAY}}}"})
    key = lambda labels: sorted(labels.items())  # noqa: E731 - a name for the two lines below
    assert sorted(ours.json()["data"], key=key) == sorted(real.json()["data"], key=key)
    real, ours = await both.ask("/api/v1/series")
    assert (ours.status_code, ours.json()["errorType"]) == (real.status_code, real.json()["errorType"])
