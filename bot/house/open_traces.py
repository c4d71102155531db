"""The composition of traces: where stories are seen at work, if anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.ports import Clock, Looking
from bot.questions.model_ports import Model
from bot.runs.action_ports import Hands
from bot.settings import Settings, SettingsError
from bot.trace_ports import Traces, Untraced


@dataclass(frozen=True, slots=True)
class Tracing:
    """Where spans go, and what is put around those who do the work."""

    traces: Traces
    clock: Clock | None
    """None where nothing is traced."""

    def looking(self, looking: Looking) -> Looking:
        """The same, with its spans."""
        if self.clock is None:
            return looking
        from bot.tracing.traced import TracedLooking

        return TracedLooking(looking, self.traces, self.clock)

    def model(self, model: Model) -> Model:
        """The same, with its spans."""
        if self.clock is None:
            return model
        from bot.tracing.traced import TracedModel

        return TracedModel(model, self.traces)

    def hands(self, hands: Hands) -> Hands:
        """The same, with its spans."""
        if self.clock is None:
            return hands
        from bot.tracing.traced import TracedHands

        return TracedHands(hands, self.traces)


@asynccontextmanager
async def open_traces(settings: Settings, clock: Clock) -> AsyncIterator[Tracing]:
    """Nothing is connected yet; at the end what is left is sent. Raises SettingsError."""
    collector = collector_of(settings)
    if collector is None:
        yield Tracing(Untraced(), None)
        return
    from bot.tracing.otlp import OtlpTraces

    traces = OtlpTraces(*collector, settings.extra_ca_file)
    try:
        yield Tracing(traces, clock)
    finally:
        await traces.close()


def collector_of(settings: Settings) -> tuple[str, dict[str, str]] | None:
    """Where traces go, and under which headers; None: nowhere. Raises SettingsError."""
    endpoint, headers = settings.otel_exporter_otlp_endpoint, settings.otel_exporter_otlp_headers
    if endpoint is None:
        return None
    if not endpoint.startswith(("http://", "https://")):
        raise SettingsError("OTEL_EXPORTER_OTLP_ENDPOINT: an address such as http://collector:4318 (OTLP over HTTP)")
    return endpoint, _pairs(headers.get_secret_value() if headers else "")


def _pairs(written: str) -> dict[str, str]:
    """`name=value,name=value`, as OpenTelemetry writes headers. Raises SettingsError, without a value in it."""
    pairs = {}
    for pair in filter(None, map(str.strip, written.split(","))):
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise SettingsError("OTEL_EXPORTER_OTLP_HEADERS: name=value, several of them with commas between")
        pairs[name.strip()] = value.strip()
    return pairs
