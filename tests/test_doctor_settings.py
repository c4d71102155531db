"""Doctor names what `serve` would not start with, before anybody tries it."""

from __future__ import annotations

import pytest

from bot.checks import all_checks
from bot.house.rooms import open_rooms
from bot.settings import Settings, SettingsError


async def found(tmp_path, **more):
    place = {"database_url": f"sqlite:///{tmp_path / 'none.sqlite'}", "chroma_path": tmp_path / "chroma"}
    checks = await all_checks(Settings(_env_file=None, **place, **more))
    return {check.what: (check.state, check.detail) for check in checks}


@pytest.mark.parametrize(
    ("what", "setting", "value"),
    [
        ("digest", "digest", "never"),
        ("escalations", "escalate_on", ("nonsense",)),
        ("in pagerduty", "pagerduty_resolve", True),
        ("traces", "otel_exporter_otlp_endpoint", "collector:4318"),
    ],
)
async def test_a_setting_that_serve_refuses_is_a_fault_that_names_it(tmp_path, what, setting, value):
    checks = await found(tmp_path, **{setting: value})
    told = [detail for state, detail in checks.values() if state == "fault"]
    assert [detail for detail in told if setting.upper() in detail], checks
    assert what not in await found(tmp_path)


async def test_headers_of_traces_that_serve_refuses_are_a_fault_and_no_value_is_told(tmp_path):
    collector = {"otel_exporter_otlp_endpoint": "http://collector:4318"}
    (state, detail) = (await found(tmp_path, **collector, otel_exporter_otlp_headers="s3cret"))["traces"]
    assert (state, "OTEL_EXPORTER_OTLP_HEADERS" in detail, "s3cret" in detail) == ("fault", True, False)
    assert "traces" not in await found(tmp_path, **collector, otel_exporter_otlp_headers="key=s3cret")


async def test_words_for_metrics_that_serve_refuses_are_a_fault_and_the_sources_are_looked_at_all_the_same(tmp_path):
    catalog = tmp_path / "services.yaml"
    catalog.write_text('defaults: {metrics: {window: "5 minutes"}}\n')
    prometheus = {"services_file": catalog, "prometheus_url": "http://127.0.0.1:1"}
    checks = await found(tmp_path, **prometheus)
    assert checks["metrics"] == (
        "fault",
        "SERVICES_FILE: `defaults.metrics`: window: '5 minutes' is no Prometheus duration such as 2m",
    )
    assert checks["prometheus"][0] == "fault"
    with pytest.raises(SettingsError, match=r"SERVICES_FILE: `defaults\.metrics`"):
        open_rooms(Settings(_env_file=None, **prometheus), {"window": "5 minutes"})


async def test_an_escalation_that_can_call_nobody_is_a_warning(tmp_path):
    checks = await found(tmp_path, escalate_on=("data",))
    assert checks["escalations"] == ("warning", "ESCALATE_ON is set, and nobody can be called")
    able = await found(tmp_path, escalate_on=("data",), pagerduty_api_key="k", pagerduty_from="dana@shop.example")
    assert "escalations" not in able
