"""The Prometheus stand-in on its own: who may ask, what it answers by hand-made figures, what it refuses."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations import prometheus as room
from integrations.contract import Refused
from playground.prometheus import running
from playground.prometheus.wire import figure
from playground.world import Sample

TOKEN = "figures-for-me"
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Handmade:
    """A world with a few series, one point every 15 s for ten minutes, of which only those until now are seen."""

    series: dict[tuple[str, ...], list[float]]
    seconds: float = 600.0
    _seen: dict[float, tuple[Sample, ...]] = field(default_factory=dict)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def samples(self) -> tuple[Sample, ...]:
        if self.seconds not in self._seen:
            self._seen[self.seconds] = tuple(self._sample(*entry) for entry in self.series.items())
        return self._seen[self.seconds]

    def _sample(self, pairs: tuple[str, ...], values: list[float]) -> Sample:
        points = [(START.timestamp() + 15 * i, value) for i, value in enumerate(values) if 15 * i <= self.seconds]
        return Sample(dict(pair.split("=", 1) for pair in pairs), points)


def world() -> Handmade:
    ticks = range(41)
    return Handmade(
        {
            ("__name__=jobs_total", "service=a"): [i * 30 for i in ticks],
            ("__name__=jobs_total", "service=b"): [(i % 20) * 15 for i in ticks],
            ("__name__=depth", "service=a", "pod=a-1"): [5.0] * 41,
            ("__name__=depth", "service=a", "pod=a-2"): [1e-7] * 41,
            ("__name__=t_bucket", "le=0.1"): [i * 50 for i in ticks],
            ("__name__=t_bucket", "le=0.5"): [i * 90 for i in ticks],
            ("__name__=t_bucket", "le=+Inf"): [i * 100 for i in ticks],
        }
    )


@asynccontextmanager
async def asked(held: Handmade, token: str = TOKEN) -> AsyncIterator[httpx.AsyncClient]:
    async with running(held, token=TOKEN) as served:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(base_url=served.url, headers=headers, trust_env=False) as client:
            yield client


async def vector(client: httpx.AsyncClient, query: str, **more: Any) -> dict[str, str]:
    """The answer's rows: the labels' values joined → the figure as it was written."""
    answer = (await client.get("/api/v1/query", params={"query": query, **more})).json()
    assert answer["status"] == "success", answer
    return {",".join(row["metric"].values()): row["value"][1] for row in answer["data"]["result"]}


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
@pytest.mark.parametrize("path", ["/api/v1/query?query=up", "/api/v1/labels", "/api/v1/status/buildinfo", "/-/ready"])
async def test_nobody_is_let_in_without_the_token(path: str, token: str):
    async with asked(world(), token) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_it_says_that_it_is_ready_and_what_it_is():
    async with asked(world()) as client:
        assert (await client.get("/-/ready")).text == "Prometheus Server is Ready.\n"
        assert (await client.get("/api/v1/status/buildinfo")).json()["data"]["version"] == "2.42.0"


async def test_the_page_behind_a_link_shows_the_expression_and_runs_nothing():
    async with asked(world(), token="") as client:
        page = await client.get("/graph", params={"g0.expr": 'up{a="<script>"}', "g0.tab": "1"})
        assert "up{a=&quot;&lt;script&gt;&quot;}" in page.text and "<script>" not in page.text
        assert "imulated" in page.text
        assert (await client.get("/")).headers["location"] == "/graph"


async def test_a_rate_reaches_to_the_ends_of_its_span_and_makes_up_for_resets():
    async with asked(world()) as client:
        assert await vector(client, "rate(jobs_total[5m])") == {"a": "2", "b": "0.95"}
        grown = await vector(client, "increase(jobs_total{service='a'}[59s])")
        assert float(grown["a"]) == pytest.approx(118)
        assert await vector(client, "rate(jobs_total[10s])") == {}


async def test_a_quantile_lies_on_the_straight_line_inside_its_bucket():
    async with asked(world()) as client:
        query = "histogram_quantile({}, rate(t_bucket[5m]))"
        assert float((await vector(client, query.format(0.7)))[""]) == pytest.approx(0.3)
        assert float((await vector(client, query.format(0.25)))[""]) == pytest.approx(0.05)
        assert await vector(client, query.format(0.99)) == {"": "0.5"}


async def test_what_was_not_scraped_yet_is_not_there():
    held = world()
    held.seconds = 30
    async with asked(held) as client:
        assert await vector(client, "jobs_total{service='a'}") == {"jobs_total,a": "60"}
        held.seconds = 45
        assert await vector(client, "jobs_total{service='a'}") == {"jobs_total,a": "90"}
        assert await vector(client, "jobs_total{service='a'}", time=START.timestamp() + 20) == {"jobs_total,a": "30"}


async def test_get_and_form_give_the_same_answer():
    parameters = {"query": "sum(depth)", "start": START.timestamp(), "end": START.timestamp() + 120, "step": "1m"}
    async with asked(world()) as client:
        by_get = await client.get("/api/v1/query_range", params=parameters)
        by_form = await client.post("/api/v1/query_range", data=parameters)
    assert by_get.json() == by_form.json()
    assert len(by_get.json()["data"]["result"][0]["values"]) == 3


@pytest.mark.parametrize(
    "query, status, kind",
    [
        ("sum(", 400, "bad_data"),
        ("depth @ 5", 422, "execution"),
        ("rate(depth[5m:1m])", 422, "execution"),
        ("predict_linear(depth[5m], 60)", 422, "execution"),
        ("quantile(0.5, depth)", 422, "execution"),
        ("depth * on () depth", 422, "execution"),
    ],
)
async def test_what_it_cannot_do_it_says(query: str, status: int, kind: str):
    async with asked(world()) as client:
        answer = await client.get("/api/v1/query", params={"query": query})
    assert (answer.status_code, answer.json()["errorType"]) == (status, kind)


async def test_more_than_eleven_thousand_points_are_refused():
    async with asked(world()) as client:
        answer = await client.get("/api/v1/query_range", params={"query": "1", "start": 0, "end": 11_001, "step": 1})
        assert answer.status_code == 400 and "11,000 points" in answer.json()["error"]
        answer = await client.get("/api/v1/query_range", params={"query": "1", "start": 0, "end": 11_000, "step": 1})
        assert answer.status_code == 200


async def test_the_bots_own_room_finds_it_ready_and_is_refused_with_a_wrong_token():
    async with running(world(), token=TOKEN) as served:
        right = room.open(room.Settings(url=served.url, token=TOKEN))
        wrong = room.open(room.Settings(url=served.url, token="wrong"))
        try:
            assert "2.42.0" in (await right.ready()).detail
            with pytest.raises(Refused):
                await wrong.ready()
        finally:
            await right.close()
            await wrong.close()


@settings(max_examples=300, deadline=None)
@given(st.floats())
def test_a_figure_reads_back_as_it_was(value: float):
    text = figure(value)
    assert float(text) == value or (math.isnan(value) and text == "NaN")
    if math.isfinite(value) and (value == 0 or 1e-6 <= abs(value) < 1e21):
        assert "e" not in text
