"""Traces over OTLP/HTTP, by the standard's own library.

A story outlives its process, so its trace id and the id of its outermost span are made from the story's id: what was
sent before a crash and what is sent after it stand in one trace.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from bot import __version__
from bot.trace_ports import Facts, Traces

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/v1/traces"
"""What follows the base address in OTEL_EXPORTER_OTLP_ENDPOINT (OTLP exporter specification, «Endpoint URLs»)."""
SEND_S = 5
"""One batch may take this long; a collector that is away costs spans and nothing else."""
LAST_S = 3
"""For what is left at the end. A batch that hangs, or several, would hold up a stop beyond its grace."""

_wanted: ContextVar[tuple[int, int] | None] = ContextVar("wanted", default=None)
"""The ids of the span that begins next, where it is a story's outermost."""


class OtlpTraces(Traces):
    """Sends spans to a collector, in batches from a thread of its own. Nothing is connected before the first batch."""

    def __init__(self, endpoint: str, headers: Mapping[str, str], ca_file: Path | None) -> None:
        """`endpoint`: the collector's base address, such as `http://collector:4318`."""
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "first-responder", "service.version": __version__}),
            id_generator=_Ids(),
            shutdown_on_exit=False,
        )
        url = endpoint.rstrip("/") + PATH
        exporter = OTLPSpanExporter(
            url, certificate_file=str(ca_file) if ca_file else None, headers=dict(headers), timeout=SEND_S
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("first-responder", __version__)

    @contextmanager
    def story(self, id_: str, name: str, facts: Facts) -> Iterator[None]:
        """Its outermost span is sent when the story's telling ends, however it ends."""
        token = _wanted.set(ids_of(id_))
        try:
            span = self._tracer.start_span(name, context=trace.set_span_in_context(trace.INVALID_SPAN))
        finally:
            _wanted.reset(token)
        span.set_attributes(dict(facts))
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield
            except Exception as problem:
                span.set_status(trace.StatusCode.ERROR, type(problem).__name__)
                raise

    @contextmanager
    def span(self, name: str, facts: Facts) -> Iterator[_Timed]:
        """Of an error its kind is sent, never its words."""
        with self._tracer.start_as_current_span(
            name, attributes=dict(facts), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield _Timed(span)
            except Exception as problem:
                span.set_status(trace.StatusCode.ERROR, type(problem).__name__)
                raise

    def done(self, name: str, began: datetime, ended: datetime, facts: Facts) -> None:
        span = self._tracer.start_span(name, attributes=dict(facts), start_time=_nanoseconds(began))
        span.end(_nanoseconds(ended))

    async def close(self) -> None:
        """Sends what is left, as far as that is done in three seconds."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def end() -> None:
            self._provider.force_flush(LAST_S * 1_000)
            self._provider.shutdown()
            with contextlib.suppress(RuntimeError):  # nobody waited for it
                loop.call_soon_threadsafe(over.set)

        # A thread of its own: the loop's are gone with the engine by now, and nothing waits for this one.
        threading.Thread(target=end, name="last spans", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_S):
                await over.wait()


class _Timed:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, facts: Facts) -> None:
        self._span.set_attributes(dict(facts))


class _Ids(RandomIdGenerator):
    """Random ids, but for a story's outermost span."""

    def generate_trace_id(self) -> int:
        wanted = _wanted.get()
        return wanted[0] if wanted else super().generate_trace_id()

    def generate_span_id(self) -> int:
        wanted = _wanted.get()
        return wanted[1] if wanted else super().generate_span_id()


def ids_of(story: str) -> tuple[int, int]:
    """The trace id (128 bits) and the outermost span's id (64 bits) of a story, from its own id; neither is 0."""
    digest = hashlib.sha256(story.encode()).digest()
    return int.from_bytes(digest[:16]) or 1, int.from_bytes(digest[16:24]) or 1


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1e9)
