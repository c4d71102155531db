"""The room against a real Prometheus that holds a morning and the day before it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations import prometheus as room
from integrations.contract import Alert, Refused, Scope, Series, Service, Window
from integrations.prometheus.templates import DEFAULTS
from tests.real.prometheus import prometheus_server

pytestmark = pytest.mark.needs("prometheus", "promtool")

NOW = datetime.now(UTC).replace(microsecond=0, second=0) - timedelta(minutes=3)
ALERTED = NOW - timedelta(minutes=10)
BROKEN = NOW - timedelta(minutes=25)
ODD = 'a "name" \\ (x|y).* \n${z}'
PODS = ("cart-a", "cart-b")


def at(hours):
    return (NOW - timedelta(hours=hours)).timestamp()


def moments(since, until, step=30):
    return [since + i * step for i in range(int((until - since) / step) + 1)]


def counter(name, per_second, spans, **labels):
    """Counts up through every span, by `per_second(moment)`."""
    total, points = 0.0, []
    for since, until in spans:
        for moment in moments(since, until):
            points.append((moment, total))
            total += per_second(moment) * 30
    return {"__name__": name, **labels}, points


def gauge(name, value, spans, **labels):
    return {"__name__": name, **labels}, [(m, float(value(m))) for span in spans for m in moments(*span)]


def world():
    """cart fails from BROKEN on, on one of its two pods; stock is calm and has never failed; other is nobody's."""
    spans = [(at(25.2), at(23)), (at(2.1), at(-0.01))]
    broken = BROKEN.timestamp()
    for pod in PODS:
        of = {"service": "cart", "env": "prod", "pod": pod}
        bad = 4.0 if pod == "cart-a" else 0.0
        yield counter("http_requests_total", lambda m, b=bad: 10 - (b if m >= broken else 0), spans, code="200", **of)
        yield counter("http_requests_total", lambda m, b=bad: b if m >= broken else 0, spans, code="503", **of)
        for le, share in (("0.1", 0.5), ("0.5", 1.0), ("+Inf", 1.0)):
            yield counter("http_request_duration_seconds_bucket", lambda _, s=share: 10 * s, spans, le=le, **of)
        yield gauge("up", lambda _: 1, spans, **of)
        yield counter("container_cpu_usage_seconds_total", lambda _: 0.25, spans, **of)
        yield gauge("container_cpu_limit_cores", lambda _: 1, spans, **of)
        yield gauge("container_memory_working_set_bytes", lambda _, p=pod: 300 if p == "cart-a" else 100, spans, **of)
        yield gauge("container_memory_limit_bytes", lambda _: 400, spans, **of)
        yield gauge("connection_pool_used", lambda _: 5, spans, **of)
        yield gauge("connection_pool_max", lambda _: 20, spans, **of)
        yield counter("container_restarts_total", lambda _: 0, spans, **of)
    yield gauge("up", lambda _: 6, spans, service=ODD, env="prod")
    yield gauge("volume_used_percent", lambda _: 71.5, spans, service="cart", env="prod")
    yield gauge("kube_deployment_spec_replicas", lambda _: 3, spans, service="cart", env="prod")
    yield counter("http_requests_total", lambda _: 5, spans, service="stock", env="prod", code="200")
    yield counter("http_requests_total", lambda _: 99, spans, service="cart", env="staging", code="500")
    yield counter("http_requests_total", lambda _: 7, spans, service="other", env="prod", code="200")


def scope(*services, env="prod"):
    alert = Alert("alertmanager", "f1", "HighErrorRate", "firing", ALERTED)
    known = {one.name: one for one in services}
    return Scope("INC-1", env, (alert,), known, Window(NOW - timedelta(hours=2), NOW))


CART, STOCK = Service("cart"), Service("stock")


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with prometheus_server(tmp_path_factory.mktemp("prometheus"), world()) as server:
        yield server.url


@pytest.fixture
async def opened():
    """Opens rooms, and closes them with the test."""
    rooms = []

    def open_room(url, **settings):
        rooms.append(room.open(room.Settings(url, **settings)))
        return rooms[-1]

    yield open_room
    for one in rooms:
        await one.close()


def by_signal(look, service="cart", instance=""):
    return {one.signal: one for one in look.findings if (one.service, one.instance) == (service, instance)}


async def test_every_signal_of_the_own_service_in_its_unit(url, opened):
    look = await opened(url).look(scope(CART, STOCK))
    last = {signal: round(one.values[-1], 2) for signal, one in by_signal(look).items()}
    assert last == {
        "error_rate": 20.0,
        "latency_p50": 0.1,
        "latency_p99": 0.49,
        "requests": 20.0,
        "instances_up": 2,
        "instances_wanted": 3,
        "cpu": 25.0,
        "memory": 75.0,
        "disk": 71.5,
        "connections": 25.0,
        "restarts": 0,
    }
    assert look.gaps == ()


async def test_a_service_that_never_failed_has_an_error_rate_of_nothing(url, opened):
    errors = by_signal(await opened(url).look(scope(CART, STOCK)), "stock")["error_rate"]
    assert set(errors.values) == {0.0}


async def test_only_services_of_the_scope_and_its_environment_are_told(url, opened):
    look = await opened(url).look(scope(CART, STOCK))
    assert {one.service for one in look.findings} == {"cart", "stock"}


async def test_one_figure_a_minute_up_to_now(url, opened):
    errors = by_signal(await opened(url).look(scope(CART)))["error_rate"]
    assert errors.times[-1] == NOW.timestamp()
    assert {b - a for a, b in zip(errors.times, errors.times[1:], strict=False)} == {60.0}
    assert len(errors.times) == len(errors.values) == 121


async def test_the_normal_of_a_day_before_stands_beside_the_own_service(url, opened):
    look = await opened(url).look(scope(CART, STOCK))
    assert by_signal(look)["error_rate"].yesterday
    assert {round(value, 3) for value in by_signal(look)["requests"].yesterday} == {20.0}
    assert by_signal(look, "stock")["requests"].yesterday == ()


async def test_the_own_service_is_seen_by_instance_too(url, opened):
    look = await opened(url).look(scope(CART, STOCK))
    worst = {pod: round(by_signal(look, instance=pod)["error_rate"].values[-1], 1) for pod in PODS}
    assert worst == {"cart-a": 40.0, "cart-b": 0.0}
    assert [by_signal(look, instance=pod)["restarts"].values[-1] for pod in PODS] == [0, 0]
    assert {one.service for one in look.findings if one.instance} == {"cart"}


async def test_each_figure_links_back_to_its_query(url, opened):
    errors = by_signal(await opened(url).look(scope(CART)))["error_rate"]
    assert errors.url.startswith(f"{url}/graph?g0.expr=100+%2A+")


async def test_a_template_that_is_wrong_costs_its_signal_only(url, opened):
    look = await opened(url, templates={"cpu": "sum by ({label} (rate(x[2m]))"}).look(scope(CART))
    (gap,) = look.gaps
    assert gap.partial
    assert gap.reason.startswith("cpu: refused the query: ")
    assert "metrics in services.yaml" in gap.reason
    assert "error_rate" in by_signal(look)


async def test_templates_that_are_all_wrong_are_refused(url, opened):
    with pytest.raises(Refused, match="refused the query"):
        await opened(url, templates=dict.fromkeys(DEFAULTS, "sum(")).look(scope(CART))


async def test_a_template_of_one_service_needs_no_label(url, opened):
    stock = replace(STOCK, metrics={"error_rate": 'sum(volume_used_percent{env="{env}"})', "queue": "vector(4)"})
    look = await opened(url).look(scope(CART, stock))
    assert by_signal(look, "stock")["error_rate"].values[-1] == 71.5
    assert by_signal(look, "stock")["queue"].values[-1] == 4.0
    assert round(by_signal(look)["error_rate"].values[-1]) == 20


async def test_a_template_that_does_not_aggregate_is_told(url, opened):
    look = await opened(url, templates={"disk": "up{{scope}} * 50"}).look(scope(CART))
    assert [gap.reason for gap in look.gaps] == [
        "disk: several series of cart, the first is shown (look at metrics in services.yaml)"
    ]
    assert len([one for one in look.findings if one.signal == "disk"]) == 1


async def test_a_service_without_figures_is_named_with_what_was_looked_for(url, opened):
    look = await opened(url).look(scope(Service("cartt"), STOCK))
    assert [gap.reason for gap in look.gaps] == ['no metrics of cartt (looked for service="cartt", env="prod")']
    assert look.gaps[0].partial


async def test_no_figures_at_all_are_a_gap_and_not_a_silence(url, opened):
    look = await opened(url).look(scope(Service("cartt")))
    assert look.findings == ()
    assert [gap.partial for gap in look.gaps] == [False]


async def test_a_ratio_over_no_traffic_is_left_out(url, opened):
    look = await opened(url, templates={"cpu": "0 * sum by ({by}) (up{{scope}}) / 0"}).look(scope(CART))
    assert "cpu" not in by_signal(look)


async def test_other_labels_are_found_by_their_names(url, opened):
    words = {"service_label": "pod", "env_label": ""}
    look = await opened(url, templates=words).look(scope(Service("cart-b"), env="unheard of"))
    assert by_signal(look, "cart-b")["instances_up"].values[-1] == 1


async def test_a_service_of_any_name_is_found_and_nothing_but_it(url, opened):
    look = await opened(url).look(scope(Service(ODD)))
    assert {(one.service, one.values[-1]) for one in look.findings} == {(ODD, 6.0)}


async def test_it_says_what_answers(url, opened):
    assert (await opened(url).ready()).detail.startswith("Prometheus 2.")


async def test_many_looks_at_once(url, opened):
    one = opened(url)
    looks = await asyncio.gather(*(one.look(scope(CART, STOCK)) for _ in range(5)))
    assert len({len(look.findings) for look in looks}) == 1
    assert all(isinstance(finding, Series) for look in looks for finding in look.findings)
