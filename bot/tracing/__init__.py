"""Stories as OpenTelemetry traces; loaded only where OTEL_EXPORTER_OTLP_ENDPOINT is set."""
