"""Runbooks match the incidents that they are for, and say why."""

from datetime import UTC, datetime

import pytest

from integrations.contract import Alert
from runbooks.loader import load
from runbooks.matching import Seen, match


def alert(name="HighErrorRate", *, labels=None, summary="", url=None):
    return Alert(
        "test", "f", name, "firing", datetime(2026, 11, 21, tzinfo=UTC), labels=labels or {}, summary=summary, url=url
    )


@pytest.mark.parametrize(
    ("fired", "best"),
    [
        (alert("HighErrorRate"), "rollback-deployment"),
        (alert("MemoryNearLimit"), "high-memory"),
        (alert("DiskAlmostFull"), "clear-disk"),
        (alert("ConnectionPoolExhausted"), "connection-pool"),
        (alert("NodeNotReady"), "drain-node"),
        (alert("CertificateExpiresSoon"), "certificate-expiry"),
        (alert("Anything", summary="the log says: Connection pool exhausted"), "connection-pool"),
    ],
)
def test_the_runbook_for_an_alert_comes_first_and_says_why(fired, best):
    first, *_ = match(load(None), [fired], ["checkout"])
    assert first.id == best
    assert first.why


def test_what_the_evidence_saw_counts_too():
    assert match(load(None), [alert("Strange")], ["checkout"]) == ()
    assert match(load(None), [alert("Strange")], ["checkout"], Seen(signals=["disk"]))[0].id == "clear-disk"
    lines = ["connection refused: gateway:8443"]
    assert match(load(None), [alert("Strange")], ["checkout"], Seen(lines=lines))[0].id == "dependency-down"
    assert match(load(None), [alert("Strange")], ["checkout"], Seen(cause="dependency"))[0].why == "cause: dependency"


def test_a_runbook_for_one_kind_of_cause_is_left_out_when_the_evidence_points_elsewhere():
    found = {
        cause: [m.id for m in match(load(None), [alert()], ["checkout"], Seen(cause=cause))]
        for cause in (None, "change", "resource", "")
    }
    assert "rollback-deployment" in found[None]
    assert "rollback-deployment" in found["change"]
    assert "rollback-deployment" not in found["resource"]
    assert "rollback-deployment" not in found[""], "no cause, nothing to roll back"


def test_a_runbook_of_one_service_fits_no_other(tmp_path):
    (tmp_path / "a.yaml").write_text("id: a\nservice: billing\nsteps: [{action: wait, for: 1s}]")
    library = load(tmp_path)
    assert [m.why for m in match(library, [alert()], ["billing"])] == ["for billing"]
    assert match(library, [alert()], ["checkout", "billing"]) == ()


def test_labels_must_all_hold(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "id: a\ntrigger: {labels: {team: pay, zone: eu}}\nsteps: [{action: wait, for: 1s}]"
    )
    library = load(tmp_path)
    assert match(library, [alert(labels={"team": "pay", "zone": "eu", "x": "y"})], ["s"])
    assert match(library, [alert(labels={"team": "pay"})], ["s"]) == ()


def library_of(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    library = load(tmp_path)
    assert library.problems == ()
    return library


@pytest.mark.parametrize(
    "alert_of_trigger", ["High*", "[Low*, High*]", "{name: High*}", '{name: "High*", labels: {zone: "eu-*"}}']
)
def test_a_trigger_names_alerts_in_each_way_that_teams_write(tmp_path, alert_of_trigger):
    library = library_of(tmp_path, f"id: a\ntrigger: {{alert: {alert_of_trigger}}}\nsteps: [{{action: wait, for: 1s}}]")
    assert match(library, [alert("HighErrorRate", labels={"zone": "eu-1"})], ["s"])[0].why
    assert match(library, [alert("Else", labels={"zone": "us-1"})], ["s"]) == ()


def test_labels_of_a_trigger_may_have_stars(tmp_path):
    library = library_of(tmp_path, 'id: a\ntrigger: {labels: {zone: "eu-*"}}\nsteps: [{action: wait, for: 1s}]')
    assert match(library, [alert(labels={"zone": "eu-1"})], ["s"])
    assert match(library, [alert(labels={"zone": "us-1"})], ["s"]) == ()


def test_a_log_pattern_counts_where_lines_were_counted(tmp_path):
    library = library_of(
        tmp_path, "id: a\ntrigger: {log_pattern: pool.*empty, count: 5}\nsteps: [{action: wait, for: 1s}]"
    )
    assert match(library, [alert()], ["s"], Seen(lines={"Pool 3 empty": 4})) == ()
    assert match(library, [alert()], ["s"], Seen(lines={"Pool 3 empty": 4, "pool x empty": 1}))
    assert match(library, [alert()], ["s"], Seen(lines=["pool 3 empty"]))
    assert match(library, [alert(summary="pool is empty")], ["s"])


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "[", "a("])
def test_a_pattern_that_is_no_good_regular_expression_is_read_as_words(tmp_path, pattern):
    library = library_of(tmp_path, f"id: a\ntrigger: {{log_pattern: '{pattern}'}}\nsteps: [{{action: wait, for: 1s}}]")
    assert match(library, [alert(summary="a" * 5_000)], ["s"]) == ()
    assert match(library, [alert(summary=f"log: {pattern} !")], ["s"])


def test_a_metric_fits_the_signal_that_it_measures(tmp_path):
    library = library_of(
        tmp_path, "id: a\ntrigger: {metric: container_memory_usage_percent}\nsteps: [{action: wait, for: 1s}]"
    )
    assert match(library, [alert()], ["s"], Seen(signals=["memory"]))
    assert match(library, [alert()], ["s"], Seen(signals=["cpu"])) == ()
