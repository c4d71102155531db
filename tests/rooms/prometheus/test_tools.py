"""What a model may ask Prometheus, over the stand-in: the answers, their limits, and what is refused."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations import prometheus as room
from integrations.contract import TOOL_ANSWER_BYTES, Alert, Refused, Scope, Service, Unreachable, Window
from playground.prometheus import running
from playground.world import Sample
from tests.rooms.misbehaving import answers, hangs, misbehaving
from tests.rooms.quiet import Quiet

NOW = datetime(2026, 3, 3, 3, 42, tzinfo=UTC)
TOKEN = "figures-for-a-model"
MINUTES = 60


@dataclass
class Figures(Quiet):
    """A world of gauges, a point every 15 s for an hour up to now; `told` gives values by the minutes before now."""

    moment = NOW
    told: dict

    def samples(self):
        return [self._sample(dict(labels), value) for labels, value in self.told.items()]

    def _sample(self, labels, value):
        before = [15 * at for at in range(4 * MINUTES, -1, -1)]
        return Sample(labels, [(NOW.timestamp() - seconds, float(value(seconds / 60))) for seconds in before])


def series(name, **labels):
    return tuple(sorted({"__name__": name, **labels}.items()))


WORLD = {
    series("disk", service="cart", env="prod", pod="cart-a"): lambda before: 80 - before / 3,
    series("disk", service="cart", env="prod", pod="cart-b"): lambda _: 30,
    series("disk", service="stock", env="prod"): lambda before: 50 + before / 6,
    series("disk", service="billing", env="prod"): lambda _: 99,
    series("volume_used_percent", service="cart", env="prod"): lambda before: 80 - before / 3,
    **{series("many", service="cart", n=f"{n:03d}"): lambda _, n=n: n for n in range(57)},
    **{series("long", service="cart", x=f"{n}" + "y" * 3_000): lambda _, n=n: n for n in range(30)},
}
SERVICES = {"cart": Service("cart", metrics={"queue": 'disk{service="cart",pod="cart-b"}'}), "stock": Service("stock")}
SCOPE = Scope(
    "INC-1", "prod", (Alert("test", "f", "DiskFull", "firing", NOW),), SERVICES, Window(NOW - timedelta(hours=2), NOW)
)


@asynccontextmanager
async def tools(url, **settings):
    one = room.open(room.Settings(url, TOKEN, **settings))
    try:
        yield {tool.spec.name: tool for tool in one.tools}
    finally:
        await one.close()


@pytest.fixture
async def there():
    async with running(Figures(WORLD), token=TOKEN) as server:
        yield server


async def asked(url, query="", *, tool="query_metrics", signal="", service="", minutes=0, **more):
    arguments = {"query": query, "signal": signal, "service": service, "minutes": minutes, **more}
    async with tools(url) as known:
        return await known[tool].use(arguments, SCOPE)


async def test_figures_as_they_are_the_highest_first(there):
    answer = await asked(there.url, 'disk{service=~"cart|stock"}')
    assert answer.text.splitlines() == [
        'disk{service=~"cart|stock"}',
        "at 03:42:00 UTC",
        "disk env=prod pod=cart-a service=cart: 80",
        "disk env=prod service=stock: 50",
        "disk env=prod pod=cart-b service=cart: 30",
    ]
    assert (answer.cut, answer.services, answer.hard) == ("", ("cart", "stock"), True)
    assert answer.label == 'disk{service=~"cart|stock"}'


async def test_how_figures_ran_in_a_line_a_series(there):
    answer = await asked(there.url, 'disk{service="cart",pod="cart-a"}', minutes=60)
    _, span, line = answer.text.splitlines()
    assert span == "from 02:42 to 03:42 UTC, one figure every 30 s"
    assert line.startswith("disk env=prod pod=cart-a service=cart: first 60, last 80, min 60, max 80 | 02:42 60 · ")
    assert line.endswith(" · 03:42 80")
    assert line.count(" · ") == 11


async def test_a_known_signal_of_a_service_needs_no_promql(there):
    answer = await asked(there.url, signal="disk", service="cart", minutes=30)
    assert answer.text.startswith("disk of cart\nfrom 03:12 to 03:42 UTC, one figure every 15 s, in %\n")
    assert "first 70, last 80" in answer.text
    assert answer.label == "disk of cart"


async def test_a_signal_that_one_service_has_for_itself(there):
    assert "30" in (await asked(there.url, signal="queue", service="cart")).text


async def test_the_link_leads_to_the_same_graph(there):
    answer = await asked(there.url, 'disk{service="cart"}', minutes=45)
    asked_there = parse_qs(urlsplit(answer.url).query)
    assert answer.url.startswith(f"{there.url}/graph?")
    assert asked_there["g0.expr"] == ['disk{service="cart"}']
    assert asked_there["g0.range_input"] == ["2700s"]
    assert asked_there["g0.end_input"] == ["2026-03-03 03:42:00"]


async def test_it_says_when_it_cut_series(there):
    answer = await asked(there.url, 'many{service="cart"}')
    assert answer.cut == "the first 20 of 57 series"
    assert answer.text.endswith("\n(cut: the first 20 of 57 series)")
    assert [line.rpartition(" ")[2] for line in answer.text.splitlines()[2:-1]] == [str(n) for n in range(56, 36, -1)]


async def test_labels_of_any_length_fit_into_an_answer(there):
    answer = await asked(there.url, 'long{service="cart"}', minutes=60)
    assert len(answer.text.encode()) <= TOOL_ANSWER_BYTES
    assert "y" * 200 not in answer.text


async def test_nothing_there_is_said(there):
    assert "no figures" in (await asked(there.url, 'nothing{service="cart"}')).text


async def test_prometheus_own_words_where_it_refuses(there):
    with pytest.raises(Refused, match="refused the query"):
        await asked(there.url, 'sum(disk{service="cart"}) by (x) + on (y) disk{service="cart"}', minutes=5)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"query": "disk"}, "must name a service of this incident"),
        ({"query": 'disk{service="billing"}'}, 'as disk{service="cart"}'),
        ({"query": 'disk{service="cart"} or disk'}, "must name a service"),
        ({"query": "disk" * 600}, "2,000 characters, not 2,400"),
        ({"query": 3}, "query must be text, not 3"),
        ({"query": "a\ud800"}, "query must be text"),
        ({"query": ""}, "give a query, or one of the signals "),
        ({"signal": "disk", "service": "billing"}, "'billing' is no service of this incident; ask about cart, stock"),
        ({"signal": "disk", "service": ""}, "'' is no service of this incident"),
        ({"signal": "moon", "service": "cart"}, "there is no signal 'moon' of 'cart'"),
        ({"minutes": 361, "query": 'disk{service="cart"}'}, "a whole number from 0 to 360, not 361"),
        ({"minutes": -1, "query": 'disk{service="cart"}'}, "a whole number from 0 to 360, not -1"),
        ({"minutes": 0.5, "query": 'disk{service="cart"}'}, "not 0.5"),
        ({"minutes": True, "query": 'disk{service="cart"}'}, "minutes must be a number, not True"),
        ({"minutes": 10**400, "query": 'disk{service="cart"}'}, "minutes must be a number, not 1000"),
        ({"minutes": float("nan"), "query": 'disk{service="cart"}'}, "minutes must be a number, not nan"),
        ({"step": 1}, "there is no argument 'step'; query_metrics takes query, signal, service, minutes"),
    ],
)
async def test_refused_before_anything_is_asked(there, given, told):
    async with tools(there.url) as known:
        with pytest.raises(Refused) as refused:
            await known["query_metrics"].use({"query": "", "signal": "", "service": "", "minutes": 0, **given}, SCOPE)
    assert told in refused.value.reason
    assert len(refused.value.reason) < 240
    assert there.requests == []


async def test_a_missing_argument_is_named(there):
    async with tools(there.url) as known:
        with pytest.raises(Refused, match="minutes is missing; query_metrics needs query, signal, service, minutes"):
            await known["query_metrics"].use({"query": "", "signal": "", "service": ""}, SCOPE)


async def test_a_team_s_own_label_is_the_one_that_counts(there):
    async with tools(there.url, templates={"service_label": "pod"}) as known:
        assert 'pod="NAME"' in known["query_metrics"].spec.parameters["properties"]["query"]["description"]
        arguments = {"query": 'disk{service="cart"}', "signal": "", "service": "", "minutes": 0}
        with pytest.raises(Refused, match=r'disk\{pod="cart"\}'):
            await known["query_metrics"].use(arguments, SCOPE)


# ── forecast ─────────────────────────────────────────────────────────────────────────────────────


async def forecast(url, query, threshold, minutes=60):
    answer = await asked(url, query, tool="forecast", minutes=minutes, threshold=threshold)
    return answer.text.splitlines()[2:]


async def test_when_a_disk_is_full_the_soonest_first(there):
    filling, steady = await forecast(there.url, 'disk{service="cart"}', 100)
    assert filling == (
        "disk env=prod pod=cart-a service=cart: last 80, +20 an hour, fit good (R² 1.00): "
        "reaches 100 in 1 h 0 min, at 2026-03-03 04:42 UTC"
    )
    assert (
        steady
        == "disk env=prod pod=cart-b service=cart: last 30, steady, fit good (R² 1.00): does not reach 100 in 30 days"
    )


async def test_what_falls_reaches_what_lies_below_it(there):
    (line,) = await forecast(there.url, 'disk{service="stock"}', 40)
    assert "-10 an hour" in line
    assert line.endswith("reaches 40 in 1 h 0 min, at 2026-03-03 04:42 UTC")


async def test_a_threshold_that_was_passed_is_said(there):
    (line,) = await forecast(there.url, 'disk{service="cart",pod="cart-a"}', 70)
    assert line.endswith("has passed 70 already")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"threshold": "100"}, "threshold must be a number, not '100'"),
        ({"threshold": float("inf")}, "threshold must be a number, not inf"),
        ({"minutes": 4}, "a whole number from 5 to 360, not 4"),
        ({"query": "disk"}, "must name a service"),
    ],
)
async def test_a_forecast_is_refused_as_a_query_is(there, given, told):
    arguments = {"query": 'disk{service="cart"}', "signal": "", "service": "", "minutes": 60, "threshold": 1, **given}
    async with tools(there.url) as known:
        with pytest.raises(Refused) as refused:
            await known["forecast"].use(arguments, SCOPE)
    assert told in refused.value.reason


# ── the other side ───────────────────────────────────────────────────────────────────────────────


async def test_a_wrong_token_names_the_setting(there):
    one = room.open(room.Settings(there.url, "another"))
    arguments = {"query": 'disk{service="cart"}', "signal": "", "service": "", "minutes": 0}
    with pytest.raises(Refused, match="PROMETHEUS_TOKEN"):
        await one.tools[0].use(arguments, SCOPE)
    await one.close()


@pytest.mark.parametrize("minutes", [0, 30])
async def test_who_does_not_answer_is_not_waited_for(minutes):
    arguments = {"query": 'disk{service="cart"}', "signal": "", "service": "", "minutes": minutes}
    with misbehaving(hangs) as silent:
        async with tools(silent.url, limit_s=0.5) as known:
            with pytest.raises(Unreachable, match=r"no answer in 0.5 s"):
                await known["query_metrics"].use(arguments, SCOPE)


async def test_series_of_another_service_are_left_out_whatever_prometheus_sends():
    rows = [{"metric": {"service": name, "x": "1"}, "value": [NOW.timestamp(), "7"]} for name in ("cart", "billing")]
    body = str({"status": "success", "data": {"resultType": "vector", "result": rows}}).replace("'", '"').encode()
    with misbehaving(answers(200, body)) as lying:
        answer = await asked(lying.url, 'disk{service="cart"}')
    assert "service=cart x=1: 7" in answer.text
    assert "billing" not in answer.text
