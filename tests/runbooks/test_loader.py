"""Runbooks are read as teams write them, every fault of a file is named at once, and a bad one stops nobody."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runbooks.loader import load
from runbooks.model import Parse

HERE = Path(__file__).parent


def load_text(folder, text):
    (folder / "a.yaml").write_text(text)
    return load(folder)


def step_of(folder, text):
    """The only step of a runbook whose step has these keys."""
    library = load_text(folder, f"id: a\nsteps:\n  - {text}")
    assert library.problems == ()
    return library.runbooks[0].steps[0]


def faults(folder, text):
    return [(problem.line, problem.message) for problem in load_text(folder, text).problems]


# ── as teams write them ──────────────────────────────────────────────────────────────────────────


def test_runbooks_are_read_as_teams_write_them():
    library = load(HERE)
    assert library.problems == ()
    heap, pool = library.runbooks
    assert (heap.risk, heap.trigger.metric, heap.trigger.duration) == ("medium", "container_memory_usage_percent", "5m")
    assert [step.approval for step in heap.steps] == [False, False, True]
    assert heap.steps[1].then[0].details["to"].endswith("heap.hprof")
    assert (pool.trigger.count, pool.trigger.window) == (5, "1m")
    assert pool.steps[0].command == 'psql -c "SELECT pid, now() - query_start AS duration\nFROM pg_stat_activity"'


def test_several_documents_make_one_file(tmp_path):
    library = load_text(
        tmp_path, "id: a\nsteps: [{action: wait, for: 1s}]\n---\nid: b\nsteps: [{action: wait, for: 1}]"
    )
    assert [book.id for book in library.runbooks] == ["a", "b"]


@pytest.mark.parametrize(
    ("written", "read"), [("5m", 300), ("30s", 30), ("90", 90), ("2m30s", 150), ("250ms", 0.25), ("10 minutes", 600)]
)
def test_times_are_read_as_people_write_them(tmp_path, written, read):
    assert step_of(tmp_path, f"{{action: wait, for: {written}}}").details == {"seconds": read}


def test_a_step_has_all_that_its_file_says(tmp_path):
    step = step_of(
        tmp_path,
        """name: look
    action: exec
    command: kubectl get pods -n {{namespace}}
    approval: required
    risk: high
    timeout: 5m
    continue_on_failure: true
    needs: [network, /var/log]
    parse: {line: version}
    verify: {command: kubectl get pods, wait: 30s, expect: exit == 0, timeout: 10s}
    rollback: kubectl get nodes""",
    )
    assert (step.name, step.risk, step.approval, step.timeout_s, step.line) == ("look", "high", True, 300.0, 3)
    assert step.continue_on_failure
    assert step.needs == ("network", "/var/log")
    assert step.parse == Parse("line", name="version")
    assert (step.verify.step.command, step.verify.wait_s) == ("kubectl get pods", 30.0)
    assert (step.verify.expect, step.verify.step.timeout_s) == ("exit == 0", 10.0)
    assert (step.rollback.action, step.rollback.command) == ("exec", "kubectl get nodes")


def test_what_is_left_out_is_what_is_safe(tmp_path):
    step = step_of(tmp_path, "{action: exec, command: kubectl get pods}")
    assert (step.timeout_s, step.continue_on_failure, step.unsafe, step.needs) == (60.0, False, "", ())
    assert (step.parse, step.verify, step.rollback, step.risk) == (None, None, None, None)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("line", Parse("line", name="replicas_before")),
        ("json", Parse("json")),
        ("table", Parse("table")),
        ("{line: version}", Parse("line", name="version")),
        ("{table: query}", Parse("table", name="query")),
        ("{json: pod}", Parse("json", name="pod")),
        ("{regex: 'v(?P<version>[0-9.]+)'}", Parse("regex", pattern="v(?P<version>[0-9.]+)")),
    ],
)
def test_an_output_is_read_in_each_form(tmp_path, written, read):
    step = step_of(tmp_path, f"{{name: Replicas before!, action: exec, command: kubectl get pods, parse: {written}}}")
    assert step.parse == read


@pytest.mark.parametrize(
    "written", ["lines", "{regex: '(a'}", "{regex: 'a+'}", "{line: a, json: b}", "5", "{line: a-b}"]
)
def test_a_form_that_is_none_is_named(tmp_path, written):
    text = f"id: a\nsteps:\n  - action: exec\n    command: kubectl get pods\n    parse: {written}"
    assert [line for line, _ in faults(tmp_path, text)] == [5]


def test_checks_and_rollbacks_may_be_requests_and_queries(tmp_path):
    step = step_of(
        tmp_path,
        """action: http
    url: https://flags/api
    method: PUT
    headers: {Authorization: "Bearer {{env.FLAGS_TOKEN}}", X-Version: 1.10}
    body: {enabled: false, note: "{{why}}"}
    approval: required
    verify: {query: 'up == 1', wait: 1m}
    rollback: {url: https://flags/api, method: DELETE}""",
    )
    assert step.details["headers"] == {"Authorization": "Bearer {{env.FLAGS_TOKEN}}", "X-Version": "1.10"}
    assert step.details["body"] == {"enabled": False, "note": "{{why}}"}
    assert type(step.details["body"]) is dict
    assert (step.verify.step.action, step.verify.step.details["query"], step.verify.wait_s) == ("promql", "up == 1", 60)
    assert (step.rollback.action, step.rollback.details["method"]) == ("http", "DELETE")


def test_a_rollback_may_be_a_whole_step(tmp_path):
    text = "{action: exec, command: kubectl cordon n, approval: required, rollback: {name: back, action: exec, "
    step = step_of(tmp_path, text + "command: kubectl uncordon n, risk: low, timeout: 10s}}")
    assert (step.rollback.name, step.rollback.risk, step.rollback.timeout_s) == ("back", "low", 10.0)


def test_what_looks_like_a_number_stays_as_it_is_written(tmp_path):
    library = load_text(
        tmp_path,
        "id: a\nparameters: [{name: version, default: 1.10}, {name: mode, default: 0755}, {name: on_, default: on}]\n"
        "steps: [{action: wait, for: 1s}]",
    )
    assert [parameter.default for parameter in library.runbooks[0].parameters] == ["1.10", "0755", "on"]


def test_the_time_limit_of_a_condition_is_that_of_its_steps(tmp_path):
    step = step_of(
        tmp_path,
        """action: conditional
    condition: "1 > 0"
    timeout: 90s
    then:
      - {action: exec, command: kubectl get pods}
      - {action: exec, command: kubectl get nodes, timeout: 5s}""",
    )
    assert [item.timeout_s for item in step.then] == [90.0, 5.0]


# ── what is wrong ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("id: a\nstesp: []\nsteps: [{action: wait, for: 1s}]", 2, "did you mean `steps`?"),
        ("id: a", 1, "needs `steps`"),
        ("steps: [{action: wait, for: 1s}]", 1, "needs an `id`"),
        ("id: a b\nsteps: [{action: wait, for: 1s}]", 1, "an `id` is typed in Slack"),
        ("id: раyments\nsteps: [{action: wait, for: 1s}]", 1, "an `id` is typed in Slack"),
        ("id: a\nid: b\nsteps: [{action: wait, for: 1s}]", 2, "`id` stands there twice"),
        ("id: a\nsteps:\n  - action: wait\n    for: 1s\n  - action: shell", 5, "`action` is one of"),
        ("id: a\nsteps:\n  - action: exce", 3, "did you mean `exec`?"),
        ("id: a\nsteps:\n  - name: x", 3, "needs an `action`"),
        ("id: a\nsteps:\n  - action: exec", 3, "needs `command`"),
        ("id: a\nsteps:\n  - kubectl get pods", 2, "number 1 of `steps` must be a mapping"),
        ("id: a\nsteps:\n  - action: wait", 3, "unbounded wait"),
        ("id: a\nsteps:\n  - action: wait\n    for: soon", 4, "`for` is a time such as"),
        ("id: a\nsteps:\n  - action: wait\n    for: -5s", 4, "`for` is a time such as"),
        ("id: a\nsteps:\n  - action: wait\n    for: 5m !", 4, "`for` is a time such as"),
        ("id: a\nsteps:\n  - action: wait\n    for: 0s", 4, "`for` is a time such as"),
        ("id: a\nrisk: none\nsteps: [{action: wait, for: 1s}]", 2, "`risk` is one of"),
        ("id: a\nsteps:\n  - {action: wait, for: 1s, approval: maybe}", 3, "`approval` is"),
        ("id: a\nsteps:\n  - {action: wait, for: 1s, continue_on_failure: maybe}", 3, "`true` or `false`"),
        ("id: a\nsteps:\n  - {action: promql, query: up, condition: a > 1}", 3, "under the `then`"),
        ("id: a\nsteps:\n  - {action: promql, query: up, command: ls}", 3, "belongs to `action: exec`"),
        ("id: a\nsteps:\n  - {action: promql, query: up, timeout: 5 parsecs}", 3, "`timeout` is a time"),
        ("id: a\nsteps:\n  - {action: http, url: https://h, method: FETCH}", 3, "`method` is one of"),
        ("id: a\nsteps:\n  - {action: promql, query: up, verify: {wait: 3s}}", 3, "needs one of `command`"),
        ("id: a\nsteps:\n  - {action: promql, query: up, verify: {query: up, url: h}}", 3, "and only one"),
        (
            "id: a\nsteps:\n  - {action: promql, query: up, verify: {url: https://h, method: PUT}}",
            3,
            "a check only looks",
        ),
        ("id: a\nsteps:\n  - {action: promql, query: up, verify: [up]}", 3, "`verify` must be a mapping"),
        ("id: a\nsteps:\n  - {action: promql, query: up, rollback: {action: wait, for: 1s}}", 3, "a rollback undoes"),
        ("id: a\nsteps: [{action: wait, for: 1s}]\ntrigger: {count: 0}", 3, "`count`"),
        ("id: a\nsteps: [{action: wait, for: 1s}]\ntrigger: {window: often}", 3, "`window` is a time"),
        ("id: a\nsteps: [{action: wait, for: 1s}]\ntrigger: {cause: chnage}", 3, "did you mean `change`?"),
        ("id: a\nsteps: [{action: wait, for: 1s}]\nparameters: [{name: a-b}]", 3, "a parameter's `name`"),
        ("id: [", 1, "not YAML"),
        ("id: a\nsteps:\n  - action: exec\n    command: say a: b", 4, "put a text that holds"),
        ("id: a\nsteps:\n  - action: exec\n    command: {{pod}}", 4, "in quotes"),
        ("- 5", 1, "must be a mapping"),
    ],
)
def test_a_bad_runbook_is_named_with_its_line_and_the_good_ones_are_there(tmp_path, text, line, words):
    (tmp_path / "bad.yaml").write_text(text)
    (tmp_path / "good.yaml").write_text("id: good\nsteps: [{action: wait, for: 1s}]")
    library = load(tmp_path)

    assert [book.id for book in library.runbooks] == ["good"]
    (problem,) = library.problems
    assert (problem.file, problem.line) == ("bad.yaml", line)
    assert words in problem.message


@pytest.mark.parametrize(
    "key", ["verify: {query: up}", "rollback: kubectl get pods", "parse: line", "continue_on_failure: true"]
)
def test_what_belongs_to_a_step_does_not_stand_in_its_then(tmp_path, key):
    head = "id: a\nsteps:\n  - action: conditional\n    condition: 1 > 0\n    then:\n"
    text = f"{head}      - action: promql\n        query: up\n        {key}"
    assert [line for line, _ in faults(tmp_path, text)] == [8]
    assert "stands at the step itself" in faults(tmp_path, text)[0][1]


def test_every_fault_of_a_file_is_found_in_one_pass(tmp_path):
    found = faults(
        tmp_path,
        """id: a
risk: huge
trigger:
  cuont: 3
parameters:
  - {name: 5x}
steps:
  - action: exec
    comand: kubectl get pods
  - action: wait
    for: long
---
id: b
steps: [{action: wait, for: 1s}]
---
id: c
steps: []
""",
    )
    assert [line for line, _ in found] == [2, 4, 6, 8, 9, 11, 17]
    assert [book.id for book in load(tmp_path).runbooks] == ["b"]


def test_the_same_id_twice_and_a_missing_folder_are_problems(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("id: same\nsteps: [{action: wait, for: 1s}]")
    (problem,) = load(tmp_path).problems
    assert (problem.file, "a.yaml:1 already" in problem.message) == ("b.yaml", True)
    assert [book.file for book in load(tmp_path).runbooks] == ["a.yaml"]
    assert "RUNBOOKS_DIR" in str(load(tmp_path / "none").problems[0])


def test_a_good_runbook_does_not_take_the_place_of_a_bad_one_with_its_id(tmp_path):
    (tmp_path / "a.yaml").write_text("id: same\nsteps: []")
    (tmp_path / "b.yaml").write_text("id: same\nsteps: [{action: wait, for: 1s}]")
    assert load(tmp_path).runbooks == ()


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
        "id: 2026-99-99\nsteps: [{action: wait, for: 1s}]",
        "id: a\n5: x\n? null\n: y\nsteps: [{action: wait, for: 1s}]",
        "id: a\n<<: 5\nsteps: [{action: wait, for: 1s}]",
        "id: !!binary aGVsbG8=\nsteps: [{action: wait, for: 1s}]",
        "id: a\ntrigger: {alert: {name: x, labels: [y]}}\nsteps: [{action: wait, for: 1s}]",
        "id: a\ntrigger: {alert: {x: y}}\nsteps: [{action: wait, for: 1s}]",
        "id: a\ntrigger: {alert: [[x]]}\nsteps: [{action: wait, for: 1s}]",
        "id: a\ntrigger: [x]\nsteps: [{action: wait, for: 1s}]",
    ],
)
def test_no_file_however_odd_stops_the_others(tmp_path, text):
    (tmp_path / "odd.yaml").write_text(text)
    (tmp_path / "good.yaml").write_text("id: good\nsteps: [{action: wait, for: 1s}]")
    library = load(tmp_path)
    assert [book.id for book in library.runbooks] == ["good"]
    assert {problem.file for problem in library.problems} == {"odd.yaml"}


def test_what_is_merged_in_counts_and_may_be_written_over(tmp_path):
    library = load_text(
        tmp_path,
        """id: a
steps:
  - &look {name: look, action: exec, command: kubectl get pods, timeout: 5s}
  - <<: *look
    name: again
    timeout: 7s
""",
    )
    assert library.problems == ()
    assert [(step.name, step.timeout_s) for step in library.runbooks[0].steps] == [("look", 5.0), ("again", 7.0)]


def test_the_files_of_a_mounted_config_map_are_read_once(tmp_path):
    (tmp_path / "..2026_11_21").mkdir()
    (tmp_path / "..2026_11_21/a.yaml").write_text("id: a\nsteps: [{action: wait, for: 1s}]")
    (tmp_path / "..data").symlink_to("..2026_11_21")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    library = load(tmp_path)
    assert library.problems == ()
    assert [book.file for book in library.runbooks] == ["a.yaml"]


KEYS = (
    "id",
    "steps",
    "action",
    "command",
    "then",
    "parse",
    "verify",
    "rollback",
    "parameters",
    "trigger",
    "timeout",
    "x",
)
SCALARS = st.sampled_from(
    (
        None,
        True,
        5,
        1.5,
        "",
        "exec",
        "http",
        "wait",
        "required",
        "{{a}}",
        "{{",
        "any(x.y > 5)",
        "sh -c id",
        "kubectl get a",
    )
)
SHAPES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=80, deadline=None)
@given(steps=st.lists(st.dictionaries(st.sampled_from(KEYS), SHAPES, max_size=6), max_size=3), more=SHAPES)
def test_nothing_that_can_be_written_stops_the_reading(tmp_path_factory, steps, more):
    folder = tmp_path_factory.mktemp("books")
    (folder / "a.yaml").write_text(yaml.safe_dump({"id": "a", "steps": steps, "trigger": more}))
    library = load(folder)
    assert bool(library.runbooks) != bool(library.problems)
    assert all(problem.line >= 1 and problem.message for problem in library.problems)
