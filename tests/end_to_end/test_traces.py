"""With a collector set, each story is a trace there; without one, or with a dead one, nothing is different."""

import asyncio
from collections.abc import Iterator

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bot.tracing.otlp import OtlpTraces, ids_of
from playground.slack.faults import Fault
from tests.end_to_end.watch import briefed, channel_of, until

SERVICE = "payment-service"


class Collector:
    """What came in by OTLP over HTTP, decoded."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("").rstrip("/")
        self.spans = []
        self.tokens = set()
        server.expect_request("/v1/traces", method="POST").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        self.tokens.add(request.headers.get("X-Token"))
        batch = ExportTraceServiceRequest.FromString(request.data)
        self.spans += [span for resource in batch.resource_spans for s in resource.scope_spans for span in s.spans]
        return Response(b"", content_type="application/x-protobuf")

    def trace(self, story: str):
        """Name → span, of one story."""
        trace_id, _ = ids_of(story)
        return {span.name: span for span in self.spans if int.from_bytes(span.trace_id) == trace_id}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with HTTPServer() as server:
        yield Collector(server)


def facts(span):
    return {one.key: one.value.string_value or one.value.int_value or one.value.double_value for one in span.attributes}


async def test_a_story_is_one_trace_with_its_steps_and_its_sources_and_no_text_in_it(open_town, collector):
    where = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_HEADERS": "X-Token=let me in"}
    async with open_town(**where) as town:
        await town.director.start("wrong-endpoint")
        incident_id = await _told(town, collector)
    trace = collector.trace(f"respond:{incident_id}:1")

    assert {"respond", "look", "find a place", "headline", "briefing", "gather", "source prometheus"} <= set(trace)
    story = trace["respond"]
    assert facts(story) == {"incident": incident_id}
    assert trace["headline"].parent_span_id == story.span_id
    assert trace["gather"].parent_span_id == trace["look"].span_id
    assert trace["source prometheus"].parent_span_id == trace["gather"].span_id
    gather, source = trace["gather"], trace["source prometheus"]
    assert gather.start_time_unix_nano <= source.start_time_unix_nano < source.end_time_unix_nano
    assert collector.tokens == {"let me in"}
    assert b"payment-gateway.internal" not in b"".join(span.SerializeToString() for span in collector.spans)


async def test_what_a_crash_cut_short_goes_on_in_the_same_trace(open_town, collector):
    async with open_town(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as town:
        town.slack.workspace.faults.add(Fault("chat.update", when="after", delay=20.0))
        await town.director.start("wrong-endpoint")
        await until(lambda: channel_of(town, SERVICE), what="the channel")
        await town.bot.kill()
        town.slack.workspace.faults.clear()
        await town.bot.start()
        incident_id = await _told(town, collector)
    assert facts(collector.trace(f"respond:{incident_id}:1")["respond"]) == {"incident": incident_id}


async def test_a_collector_that_is_away_costs_spans_and_nothing_else(open_town):
    async with open_town(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9") as town:
        await town.director.start("wrong-endpoint")
        assert await _told(town)


async def test_a_collector_that_hangs_holds_up_no_stop():
    async def hang(_reader, writer):
        await asked.wait()
        writer.close()

    asked = asyncio.Event()
    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        traces = OtlpTraces(f"http://127.0.0.1:{port}", {}, None)
        for _ in range(1_500):  # several batches, each of which would be waited for
            with traces.span("x", {}):
                pass
        async with asyncio.timeout(10):
            await traces.close()
        asked.set()


async def test_a_model_s_call_has_its_tokens_and_dollars(open_town, collector):
    async with open_town(model="script", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as town:
        await town.director.start("wrong-endpoint")
        incident_id = await _told(town, collector)
    calls = [span for name, span in collector.trace(f"respond:{incident_id}:1").items() if name.startswith("model ")]
    assert calls
    assert facts(calls[0])["tokens.output"] > 0
    assert facts(calls[0])["dollars"] > 0


async def _told(town, collector=None) -> str:
    """The incident's id, once it is briefed and its story has ended, and is with the collector."""
    await briefed(town, SERVICE)
    incident_id = channel_of(town, SERVICE).purpose["value"].split()[1].rstrip(",")
    if collector is not None:
        await until(lambda: "respond" in collector.trace(f"respond:{incident_id}:1"), what="the whole trace")
    await town.bot.stop()
    return incident_id
