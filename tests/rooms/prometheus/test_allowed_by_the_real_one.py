"""Prometheus' own parser reads a query as ours does: what was let through brings no figure of another service."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from integrations.contract import Refused
from integrations.prometheus.allowed import allow
from tests.real.prometheus import prometheus_server
from tests.rooms.prometheus.queries import LABEL, OTHERS, OWN, queries

pytestmark = pytest.mark.needs("prometheus", "promtool")

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3)
FOREIGN = 1e9
"""Figures of ours are below a thousand; one of another service would stick out of any sum."""


def world():
    moments = [NOW.timestamp() - 15 * at for at in range(80, -1, -1)]
    for metric in ("up", "x:y"):
        for name in OWN:
            yield {"__name__": metric, LABEL: name, "code": "500"}, [(at, 1.0) for at in moments]
        for name in filter(str.strip, OTHERS):
            labels = {"__name__": metric, LABEL: name, "code": "500", "job": "x"}
            yield labels, [(at, FOREIGN * (at - moments[0] + 1)) for at in moments]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with prometheus_server(tmp_path_factory.mktemp("prometheus"), world()) as server:
        yield server.url


def passes(query):
    try:
        allow(query, LABEL, OWN)
    except Refused:
        return False
    return True


def figures(url, query):
    answer = httpx.get(f"{url}/api/v1/query", params={"query": query, "time": NOW.timestamp()}).json()
    if answer["status"] != "success":
        return []
    found = answer["data"]["result"]
    if answer["data"]["resultType"] == "string":
        return []
    if answer["data"]["resultType"] == "scalar":
        return [float(found[1])]
    points = [point for one in found for point in ([one["value"]] if "value" in one else one["values"])]
    return [float(value) for _, value in points]


def test_figures_of_others_would_be_seen(url):
    assert max(figures(url, "up")) > FOREIGN
    assert figures(url, 'up{service="cart"}') == [1.0]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(query=queries().filter(passes))
def test_what_passes_brings_no_figure_of_another_service(url, query):
    assert [value for value in figures(url, query) if abs(value) > FOREIGN / 2] == []
