"""The bench measures what it says: one incident through everything, sources that repeat themselves, honest figures."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.bench import process, redaction
from tests.bench.again import Again, Answers, service
from tests.bench.incidents import Timing, measure
from tests.bench.table import markdown, median, percentile
from tests.bench.world import running

SLACK_S, SOURCES_S = 0.02, 0.05


async def test_one_incident_is_measured_from_its_webhook_to_its_briefing(tmp_path):
    async with (
        running(tmp_path, slack_s=SLACK_S, sources_s=SOURCES_S) as world,
        process.running(process.BOT, world.env, tmp_path, world.url) as program,
    ):
        (timing,) = await measure(world, [7])
        assert program.rss_mb() > 20
    assert 0 < timing.answered < timing.headline < timing.briefing
    assert set(timing.sources) == {"prometheus", "elasticsearch", "github", "pagerduty"}
    assert SOURCES_S <= timing.sources_end < timing.briefing
    assert timing.calls >= 3
    channel = next(c for c in world.slack.workspace.channels.values() if c.name.startswith(f"inc-{service(7)}-"))
    assert service(7) in "".join(str(m.blocks) for m in channel.messages.values())


async def test_a_source_is_asked_once_and_then_repeats_itself_under_the_name_that_asks():
    asked = []

    async def endpoint(request):
        asked.append((request.query_params["query"], (await request.body()).decode()))
        return JSONResponse({"service": "payment-service", "pod": "payment-service-6f7b"})

    answers = Answers()
    app = Again("metrics", Starlette(routes=[Route("/q", endpoint, methods=["POST"])]), answers)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://metrics") as client:
        for number in (1, 2):
            query = f'up{{service=~"ledger|payment\\\\-{service(number).partition("-")[2]}"}}'
            body = f'{{"since": "2026-11-21T03:4{number}:00Z", "service": "{service(number)}"}}'
            told = await client.post("/q", params={"query": query, "start": number, "end": 60 + number}, content=body)
            assert told.json() == {"service": service(number), "pod": f"{service(number)}-6f7b"}
    assert len(asked) == 1
    assert "001" not in "".join(asked[0])
    assert [name for name, _ in answers.given] == ["metrics", "metrics"]


def test_figures_leave_out_only_what_they_say():
    timing = Timing(0.01, 0.30, 3, 1.20, {"github": (19, 0.9), "prometheus": (25, 1.0)})
    assert timing.over_slack(0.08) == pytest.approx(0.06)
    assert timing.after_sources(0.08) == pytest.approx(0.12)
    assert timing.after_both(0.08) == pytest.approx(0.12)
    early = Timing(0.01, 0.30, 3, 0.40, {"github": (19, 0.1)})
    assert early.after_sources(0.08) == pytest.approx(0.22)
    assert early.after_both(0.08) == pytest.approx(0.02)


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=60))
def test_a_percentile_is_one_of_the_values_and_the_median_lies_between(values):
    assert percentile(values, 95) in values
    assert percentile(values, 100) == max(values)
    assert min(values) <= median(values) <= percentile(values, 95) or len(values) < 3
    assert sum(v <= percentile(values, 95) for v in values) >= 0.95 * len(values)


def test_every_way_of_masking_is_timed_over_the_same_lines():
    told = redaction.speeds(1)
    assert len(told) == 9
    assert len({(one.lines, one.megabytes) for one in told}) == 3
    assert all(one.rate > 0 for one in told)
    assert "recorded, with the second look" in redaction.report(told)


def test_columns_are_as_wide_as_what_they_hold():
    lines = markdown(("what", "ms"), [("a", "1,204"), ("longer", "2")]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[2] == "| a      | 1,204 |"
