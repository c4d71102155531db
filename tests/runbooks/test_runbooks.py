"""Runbooks are read as teams write them, a bad one stops nobody, and they match the incidents they are for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.contract import Alert
from runbooks.loader import load
from runbooks.matching import Seen, match

HERE = Path(__file__).parent


def alert(name="HighErrorRate", *, labels=None, summary="", url=None):
    return Alert(
        "test", "f", name, "firing", datetime(2026, 11, 21, tzinfo=UTC), labels=labels or {}, summary=summary, url=url
    )


def test_the_library_that_we_ship_has_no_problem():
    library = load(None)
    assert library.problems == ()
    assert len(library.runbooks) >= 8
    assert all(book.title and book.steps for book in library.runbooks)


def test_every_step_of_the_library_that_changes_something_asks_for_approval():
    reads = ("get", "describe", "top", "logs", "rollout history", "exec {{pod}} -n {{namespace}} -- ")
    for book in load(None).runbooks:
        for step in book.steps:
            inner = (step, *step.then)
            changing = [s for s in inner if s.command and not any(f"kubectl {verb}" in s.command for verb in reads)]
            changing += [s for s in inner if "-delete" in s.command or s.details.get("method") == "PUT"]
            for change in changing:
                harmless = change.command.startswith("psql") and "terminate" not in change.command
                assert harmless or step.approval, (book.id, change.command)


def test_runbooks_are_read_as_teams_write_them():
    library = load(HERE)
    assert library.problems == ()
    heap, pool = library.runbooks
    assert (heap.risk, heap.trigger.metric, heap.trigger.duration) == ("medium", "container_memory_usage_percent", "5m")
    assert [step.approval for step in heap.steps] == [False, False, True]
    assert heap.steps[1].then[0].details["to"].endswith("heap.hprof")
    assert (pool.trigger.count, pool.trigger.window) == (5, "1m")
    assert pool.steps[0].command == 'psql -c "SELECT pid\nFROM pg_stat_activity"'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("id: a\nstesp: []\nsteps: [{action: exec, command: ls}]", 1, "did you mean `steps`?"),
        ("id: a", 1, "needs `steps`"),
        ("steps: [{action: exec, command: ls}]", 1, "needs an `id`"),
        ("id: a\nsteps:\n  - action: exec\n    command: ls\n  - action: shell", 5, "`action` is one of"),
        ("id: a\nsteps:\n  - action: exec", 3, "needs `command`"),
        ("id: a\nrisk: none\nsteps: [{action: wait}]", 1, "`risk` is one of"),
        ("id: a\nsteps: [{action: wait, approval: maybe}]", 2, "`approval` is"),
        ("id: a\nsteps: [{action: wait}]\ntrigger: {count: 0}", 3, "`count`"),
        ("id: a\nsteps: [{action: wait}]\nparameters: [{name: a-b}]", 3, "a parameter's name"),
        ("id: [", 1, "not YAML"),
        ("- 5", 1, "must be a mapping"),
    ],
)
def test_a_bad_runbook_is_named_with_its_line_and_the_good_ones_are_there(tmp_path, text, line, words):
    (tmp_path / "bad.yaml").write_text(text)
    (tmp_path / "good.yaml").write_text("id: good\nsteps: [{action: wait}]")
    library = load(tmp_path)

    assert [book.id for book in library.runbooks] == ["good"]
    (problem,) = library.problems
    assert (problem.file, problem.line) == ("bad.yaml", line)
    assert words in problem.message


def test_the_same_id_twice_and_a_missing_folder_are_problems(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("id: same\nsteps: [{action: wait}]")
    assert "a.yaml:1 already" in str(load(tmp_path).problems[0])
    assert "RUNBOOKS_DIR" in str(load(tmp_path / "none").problems[0])


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
    (tmp_path / "a.yaml").write_text("id: a\nservice: billing\nsteps: [{action: wait}]")
    library = load(tmp_path)
    assert [m.why for m in match(library, [alert()], ["billing"])] == ["for billing"]
    assert match(library, [alert()], ["checkout", "billing"]) == ()


def test_labels_must_all_hold(tmp_path):
    (tmp_path / "a.yaml").write_text("id: a\ntrigger: {labels: {team: pay, zone: eu}}\nsteps: [{action: wait}]")
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
    library = library_of(tmp_path, f"id: a\ntrigger: {{alert: {alert_of_trigger}}}\nsteps: [{{action: wait}}]")
    assert match(library, [alert("HighErrorRate", labels={"zone": "eu-1"})], ["s"])[0].why
    assert match(library, [alert("Else", labels={"zone": "us-1"})], ["s"]) == ()


def test_labels_of_a_trigger_may_have_stars(tmp_path):
    library = library_of(tmp_path, 'id: a\ntrigger: {labels: {zone: "eu-*"}}\nsteps: [{action: wait}]')
    assert match(library, [alert(labels={"zone": "eu-1"})], ["s"])
    assert match(library, [alert(labels={"zone": "us-1"})], ["s"]) == ()


def test_a_log_pattern_counts_where_lines_were_counted(tmp_path):
    library = library_of(tmp_path, "id: a\ntrigger: {log_pattern: pool.*empty, count: 5}\nsteps: [{action: wait}]")
    assert match(library, [alert()], ["s"], Seen(lines={"Pool 3 empty": 4})) == ()
    assert match(library, [alert()], ["s"], Seen(lines={"Pool 3 empty": 4, "pool x empty": 1}))
    assert match(library, [alert()], ["s"], Seen(lines=["pool 3 empty"]))
    assert match(library, [alert(summary="pool is empty")], ["s"])


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "[", "a("])
def test_a_pattern_that_is_no_good_regular_expression_is_read_as_words(tmp_path, pattern):
    library = library_of(tmp_path, f"id: a\ntrigger: {{log_pattern: '{pattern}'}}\nsteps: [{{action: wait}}]")
    assert match(library, [alert(summary="a" * 5_000)], ["s"]) == ()
    assert match(library, [alert(summary=f"log: {pattern} !")], ["s"])


def test_a_metric_fits_the_signal_that_it_measures(tmp_path):
    library = library_of(tmp_path, "id: a\ntrigger: {metric: container_memory_usage_percent}\nsteps: [{action: wait}]")
    assert match(library, [alert()], ["s"], Seen(signals=["memory"]))
    assert match(library, [alert()], ["s"], Seen(signals=["cpu"])) == ()


def test_several_documents_make_one_file(tmp_path):
    library = library_of(tmp_path, "id: a\nsteps: [{action: wait}]\n---\nid: b\nsteps: [{action: wait}]")
    assert [book.id for book in library.runbooks] == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        "&a\nid: x\nsteps:\n  - &b {action: conditional, condition: c, then: [*b]}",
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "\n".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "[" * 3_000,
        "a: !!python/object/apply:os.system [ls]",
        "\x00",
        "? [a]\n: b",
        "runbooks: {id: a}",
        "id: a\ntrigger: {alert: {name: x, labels: [y]}}\nsteps: [{action: wait}]",
        "id: a\ntrigger: {alert: 5}\nsteps: [{action: wait}]",
        "id: a\ntrigger: [x]\nsteps: [{action: wait}]",
    ],
)
def test_no_file_however_odd_stops_the_others(tmp_path, text):
    (tmp_path / "odd.yaml").write_text(text)
    (tmp_path / "good.yaml").write_text("id: good\nsteps: [{action: wait}]")
    library = load(tmp_path)
    assert [book.id for book in library.runbooks] == ["good"]
    assert {problem.file for problem in library.problems} == {"odd.yaml"}
