"""What the room sends, and what it keeps when only part of the answers come."""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from integrations import prometheus as room
from integrations.contract import Alert, Malformed, Refused, Scope, Service, Unreachable, Window
from integrations.prometheus.client import Client

NOW = datetime.now(UTC)
CART = Service("cart")


def scope():
    alert = Alert("alertmanager", "f1", "HighErrorRate", "firing", NOW - timedelta(minutes=3))
    return Scope("INC-1", "prod", (alert,), {"cart": CART}, Window(NOW - timedelta(hours=2), NOW))


def figures(*values, **labels):
    points = [[NOW.timestamp() - 60 * i, value] for i, value in enumerate(values)][::-1]
    result = [{"metric": {"service": "cart", **labels}, "values": points}]
    return Response(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))


async def look(url, **settings):
    one = room.open(room.Settings(url, **settings))
    try:
        return await one.look(scope())
    finally:
        await one.close()


@pytest.fixture
def elsewhere():
    """A second server, which attends to several requests at once."""
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        yield server


@pytest.mark.parametrize(
    ("address", "token", "sent"),
    [
        ("http://{host}", "abc", "Bearer abc"),
        ("http://someone:p%40ss@{host}/", None, "Basic " + base64.b64encode(b"someone:p@ss").decode()),
        ("http://someone:p%40ss@{host}", "abc", "Bearer abc"),
        ("http://{host}", None, None),
    ],
)
async def test_who_we_are_is_told_in_the_header(httpserver, address, token, sent):
    httpserver.expect_request("/api/v1/query_range").respond_with_handler(lambda _: figures("1"))
    found = await look(address.format(host=f"{httpserver.host}:{httpserver.port}"), token=token)
    assert {request.headers.get("Authorization") for request, _ in httpserver.log} == {sent}
    assert all("someone" not in one.url for one in found.findings)


async def test_the_token_does_not_follow_to_another_host(httpserver, elsewhere):
    elsewhere.expect_request("/api/v1/query_range").respond_with_handler(lambda _: figures("1"))
    target = f"http://localhost:{elsewhere.port}/api/v1/query_range"
    httpserver.expect_request("/api/v1/query_range").respond_with_data(status=302, headers={"Location": target})
    await look(httpserver.url_for("/"), token="abc")
    assert elsewhere.log
    assert {request.headers.get("Authorization") for request, _ in elsewhere.log} == {None}


async def test_what_came_in_time_is_kept_and_what_did_not_is_named(elsewhere):
    over = threading.Event()

    def handle(request):
        if "container_cpu" in request.args["query"]:
            over.wait(30)
        return figures("1", "2")

    elsewhere.expect_request("/api/v1/query_range").respond_with_handler(handle)
    try:
        found = await look(elsewhere.url_for("/"), limit_s=5.0)
    finally:
        over.set()
    assert [gap.reason for gap in found.gaps] == ["cpu: no answer in 5 s"]
    assert "error_rate" in {one.signal for one in found.findings}


def test_a_server_that_says_nothing_was_silent_and_did_not_break_off(elsewhere):
    over = threading.Event()
    elsewhere.expect_request("/api/v1/query_range").respond_with_handler(lambda _: over.wait(30) and figures("1"))
    client = Client(room.Settings(elsewhere.url_for("/"), limit_s=0.3), None)
    try:
        with pytest.raises(Unreachable, match=r"no answer in 0\.3 s"):
            client.range("up", Window(NOW - timedelta(hours=1), NOW), 60)
    finally:
        over.set()
        client.cut()


async def test_figures_that_are_none_are_left_out(httpserver):
    httpserver.expect_request("/api/v1/query_range").respond_with_handler(
        lambda _: figures("3", "NaN", "+Inf", "-Inf", "2")
    )
    errors = next(one for one in (await look(httpserver.url_for("/"))).findings if one.signal == "error_rate")
    assert errors.values == (2.0, 3.0)
    assert len(errors.times) == 2


async def test_a_moment_that_no_clock_can_show_is_no_figure_of_prometheus(httpserver):
    httpserver.expect_request("/api/v1/query_range").respond_with_json(
        {"status": "success", "data": {"result": [{"metric": {}, "values": [[10**400, "1"]]}]}}
    )
    with pytest.raises(Malformed, match="not Prometheus"):
        await look(httpserver.url_for("/"))


async def test_a_service_that_tells_no_version_is_ready_all_the_same(httpserver):
    httpserver.expect_request("/api/v1/query").respond_with_json({"status": "success", "data": {"result": []}})
    httpserver.expect_request("/api/v1/status/buildinfo").respond_with_data("no", status=404)
    one = room.open(room.Settings(httpserver.url_for("/")))
    assert (await one.ready()).detail == "Prometheus' API (it does not tell its version)"
    await one.close()


@pytest.mark.parametrize("address", ["prometheus:9090", "ftp://prometheus", "http://", "", "http://[::1", "http://h:x"])
async def test_an_address_that_is_none_names_its_setting(address):
    with pytest.raises(Refused, match="PROMETHEUS_URL"):
        await look(address)


async def test_a_host_that_nobody_knows():
    with pytest.raises(Unreachable, match="its host name is not known"):
        await look("http://prometheus.invalid:9090")
