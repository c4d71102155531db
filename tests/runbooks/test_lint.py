"""What a runbook must not say is found before anybody needs it, with its line and what to write instead."""

import pytest

from runbooks.commands import NotAllowedError, Program
from runbooks.lint import lint
from runbooks.loader import load
from runbooks.prepare import House

ALLOWED = ("kubectl", "psql", "aws", "df", "du", "find")


def program(name):
    if name not in ALLOWED:
        raise NotAllowedError(f"`{name}` is not in RUNBOOK_ALLOWED_PROGRAMS")
    return Program(f"/usr/bin/{name}", "0" * 64)


HOUSE = House(program, ("flags.internal",), ("FLAGS_TOKEN",))


def faults(folder, text, house=HOUSE):
    (folder / "a.yaml").write_text(text)
    return [f"{problem.line}: {problem.message}" for problem in lint(folder, house)]


def of_step(folder, text, house=HOUSE):
    """The faults of a runbook whose only step, from line 3, is this."""
    return faults(folder, f"id: a\nsteps:\n  - {text}", house)


def of_command(folder, command, more=""):
    return of_step(folder, f"action: exec\n    command: |-\n      {command}\n    {more}")


# ── commands ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get pods | grep api",
        "kubectl get pods > /tmp/pods",
        "kubectl get pods < /tmp/pods",
        "kubectl get pods && kubectl get nodes",
        "kubectl get pods || true",
        "kubectl get pods; kubectl delete pods --all",
        "kubectl get pods &",
        "kubectl get pods $(whoami)",
        "kubectl get pods `whoami`",
        'kubectl get pods "$(whoami)"',
        "kubectl get pods $POD",
        "kubectl get pods api-*",
        "kubectl get pods\n      kubectl get nodes",
    ],
)
def test_shell_syntax_outside_quotes_is_found(tmp_path, command):
    (fault, *_) = of_command(tmp_path, command)
    assert fault.startswith("3: ")
    assert "shell" in fault


@pytest.mark.parametrize(
    "command",
    [
        "psql -c 'SELECT 1 WHERE 2 > 1; SELECT 2'",
        "psql -c \"SELECT now() - query_start > interval '1 minute'\"",
        "find /var/log -name '*.gz'",
        "kubectl get pods -o jsonpath='{.items[*].metadata.name}'",
    ],
)
def test_inside_quotes_it_belongs_to_the_program(tmp_path, command):
    assert of_command(tmp_path, command) == []


@pytest.mark.parametrize(
    "command",
    [
        "sh -c 'kubectl get pods'",
        "bash /opt/fix.sh",
        "/bin/dash -c x",
        "env A=b kubectl get pods",
        "xargs kubectl delete pod",
        "sudo kubectl get pods",
        "nohup kubectl get pods",
        "timeout 5 kubectl get pods",
        "python -c 'import os'",
        "python3.11 fix.py",
        "perl -e 1",
        "awk 'BEGIN { system(\"id\") }'",
        "ssh host uptime",
        "find /tmp -exec rm '{}' '+'",
        "find /tmp -execdir rm '{}' '+'",
        "find /tmp -ok rm '{}' +",
        "kubectl exec api -- sh -c 'rm -r /tmp'",
        "kubectl exec -n prod api -c main -- /bin/bash",
        "kubectl -n prod exec api -- env A=b id",
        "kubectl exec api -- python fix.py",
        "kubectl run x --image=busybox -- sh",
        "kubectl cert-manager renew x",
        "psql -c 'COPY x TO PROGRAM $$id$$'",
    ],
)
def test_what_runs_other_commands_needs_a_reason_and_is_then_taken(tmp_path, command):
    anything = House(lambda name: Program(name, ""), (), ())
    (fault,) = of_step(tmp_path, f"action: exec\n    command: |-\n      {command}", anything)
    assert "`unsafe: reason`" in fault
    taken = f"action: exec\n    command: |-\n      {command}\n    unsafe: there is no other way\n    timeout: 10s"
    assert of_step(tmp_path, taken, anything) == []


def test_a_reason_at_a_condition_holds_for_all_of_its_then(tmp_path):
    step = """action: conditional
    condition: 1 > 0
    unsafe: there is no other way
    then:
      - {action: exec, command: kubectl exec api -- sh -c id}"""
    assert of_step(tmp_path, step) == []
    assert "`unsafe: reason`" in of_step(tmp_path, step.replace("    unsafe: there is no other way\n", ""))[0]


@pytest.mark.parametrize("command", ["psql -c '\\! id'", "psql -f fix.sql", "psql -c 'SELECT 1' -o '|id'", "psql"])
def test_psql_shows_all_that_it_runs(tmp_path, command):
    assert of_command(tmp_path, command, "unsafe: with a reason, too")


def test_a_deletion_by_find_is_no_launcher_and_no_read(tmp_path):
    assert of_command(tmp_path, "find /var/log/app -type f -delete") == []
    assert "no read" in of_command(tmp_path, "find /var/log/app -type f -delete", "risk: low")[0]


@pytest.mark.parametrize(
    "command",
    [
        "kubectl logs api -f",
        "kubectl logs api --follow=true",
        "kubectl get pods -n x --watch",
        "kubectl get pods -w",
        "kubectl port-forward api 80",
        "kubectl rollout status deployment/a",
        "kubectl rollout status deployment/a --timeout=0s",
        "kubectl -n x drain node",
        "kubectl wait pod/a --for=condition=Ready --timeout=-1s",
        "kubectl exec -it api -- cat /etc/hosts",
        "kubectl exec api -- tail -f /var/log/app.log",
        "kubectl exec api -- sleep 30",
        "kubectl exec api -- ping host",
        "aws logs tail group --follow",
        "psql -c 'SELECT 1 \\watch'",
    ],
)
def test_a_command_that_does_not_end_is_found(tmp_path, command):
    assert "unbounded wait" in of_command(tmp_path, command)[0]


@pytest.mark.parametrize(
    "command",
    [
        "kubectl rollout status deployment/a --timeout=30s",
        "kubectl rollout status deployment/a --timeout 30s",
        "kubectl rollout status deployment/a --watch=false",
        "kubectl drain node --timeout=50s",
        "kubectl wait pod/a --for=condition=Ready",
        "kubectl logs api --tail=20",
        "kubectl exec api -- tail -n 20 /var/log/app.log",
    ],
)
def test_a_command_that_ends_is_none(tmp_path, command):
    assert of_command(tmp_path, command) == []


def test_a_command_that_waits_longer_than_its_step_is_found(tmp_path):
    command = "kubectl rollout status deployment/a --timeout=2m"
    assert "waits up to 120 s and is ended after 60 s" in of_command(tmp_path, command)[0]
    assert of_command(tmp_path, command, "timeout: 130s") == []


def test_nothing_takes_longer_than_a_run_may(tmp_path):
    assert "300 s in all" in of_command(tmp_path, "kubectl get pods", "timeout: 6m")[0]
    assert of_command(tmp_path, "kubectl get pods", "timeout: 5m") == []
    assert "at most 900 s" in of_step(tmp_path, "{action: wait, for: 2h}")[0]
    assert "at most 900 s" in of_step(tmp_path, "{action: promql, query: up, verify: {query: up, wait: 2h}}")[0]


def test_the_limit_is_that_of_a_run():
    from bot.domain.run import MOST_RUNNING_S
    from runbooks import rules

    assert rules.MOST_RUNNING_S == MOST_RUNNING_S


# ── variables ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("written", ["{{a b}}", "{{pod", "{{}}", "{{pod|upper}}", "{{ pod.name }}", "{{{pod}}}"])
def test_a_malformed_variable_is_found_wherever_it_stands(tmp_path, written):
    for step in (
        f"action: exec\n    command: kubectl get pod '{written}'",
        f'action: http\n    url: "https://flags.internal/{written}"',
        f'action: http\n    url: https://flags.internal\n    headers: {{X: "{written}"}}',
        f'action: http\n    url: https://flags.internal\n    method: PUT\n    body: {{x: ["{written}"]}}',
        f'action: message\n    text: "{written}"',
        f"action: promql\n    query: up\n    rollback: kubectl get pod '{written}'",
    ):
        assert any("no variable" in fault for fault in of_step(tmp_path, step)), step


@pytest.mark.parametrize(
    ("declared", "leaves", "word"),
    [
        ("parameters: [{name: version}]", "{line: version}", "a parameter"),
        ("", "{line: service}", "every run has"),
        ("", "{line: memory_percent}", "the briefing measures"),
        ("", "{regex: '(?P<namespace>a)'}", "every run has"),
    ],
)
def test_a_step_does_not_leave_what_is_there_already(tmp_path, declared, leaves, word):
    text = f"id: a\n{declared}\nsteps:\n  - action: exec\n    command: kubectl get pods\n    parse: {leaves}"
    (fault,) = faults(tmp_path, text)
    assert fault.startswith("4: leaves `")
    assert word in fault


def test_a_variable_is_used_after_the_step_that_leaves_it(tmp_path):
    use = "  - {name: use, action: exec, command: 'kubectl get pod {{found}}'}\n"
    look = "  - {name: look, action: exec, command: kubectl get pods, parse: {line: found}}\n"
    assert faults(tmp_path, f"id: a\nsteps:\n{look}{use}") == []
    (fault,) = faults(tmp_path, f"id: a\nsteps:\n{use}{look}")
    assert fault == "3: uses `{{found}}`, which step 2 leaves; put that step before this one"


def test_a_check_and_a_rollback_may_use_what_their_own_step_leaves(tmp_path):
    step = (
        "action: exec\n    command: kubectl get pods\n    parse: {line: found}\n    rollback: kubectl get pod {{found}}"
    )
    assert of_step(tmp_path, step) == []
    itself = "action: exec\n    command: kubectl get pod {{found}}\n    parse: {line: found}"
    assert "which step 1 leaves" in of_step(tmp_path, itself)[0]


def test_secrets_enter_only_headers_and_body(tmp_path):
    assert "only in a header" in of_command(tmp_path, "kubectl get pods --token={{env.FLAGS_TOKEN}}")[0]
    in_url = 'action: http\n    url: "https://flags.internal/?t={{env.FLAGS_TOKEN}}"'
    assert "only in a header" in of_step(tmp_path, in_url)[0]
    in_header = 'action: http\n    url: https://flags.internal\n    headers: {X: "{{env.FLAGS_TOKEN}}"}'
    assert of_step(tmp_path, in_header) == []
    assert "OTHER_TOKEN in RUNBOOK_ENV" in of_step(tmp_path, in_header.replace("FLAGS", "OTHER"))[0]


@pytest.mark.parametrize(
    ("parameter", "word"),
    [
        ("{name: x, type: integer, default: many}", "the default of parameter"),
        ("{name: x, pattern: 'a|b', default: c}", "the default of parameter"),
        ("{name: x, type: number, default: '-rf'}", "the default of parameter"),
        ("{name: x, pattern: '(a'}", "not a pattern"),
        ("{name: x, type: intger, default: 5}", "intger"),
        ("{name: x, type: intger}", "intger"),
        ("{name: x, type: choice}", "choice"),
        ("{name: x, pattern: '.*'}", "may begin with `-`"),
        ("{name: x, pattern: '[a-z-]+'}", "may begin with `-`"),
    ],
)
def test_a_parameter_that_nothing_could_fit_is_found(tmp_path, parameter, word):
    text = f"id: a\nparameters: [{parameter}]\nsteps: [{{action: exec, command: 'kubectl get pod {{{{x}}}}'}}]"
    assert word in faults(tmp_path, text)[0]


def test_names_stand_once(tmp_path):
    step = "  - {name: look, action: exec, command: kubectl get pods}\n"
    assert "step 1 is called `look` already" in faults(tmp_path, f"id: a\nsteps:\n{step}{step}")[0]
    twice = "id: a\nparameters: [{name: x}, {name: x}]\nsteps: [{action: wait, for: 1s}]"
    assert "parameter `x` stands there twice" in faults(tmp_path, twice)[0]


# ── conditions, checks, risk ─────────────────────────────────────────────────────────────────────


def conditional(text):
    return f"action: conditional\n    condition: {text}\n    then: [{{action: exec, command: kubectl get pods}}]"


@pytest.mark.parametrize(
    "text", ["'{{x}} >'", "'{{x}} like a'", "x.__class__ == 1", "'__import__(\"os\")'", "'{{x y}} > 1'"]
)
def test_a_condition_that_cannot_be_translated_is_found(tmp_path, text):
    assert of_step(tmp_path, conditional(text))[0].startswith("3: condition: ")


@pytest.mark.parametrize("text", ["'{{cpu}} > 5 and {{cpu}} < 90%'", "'{{env}} == \"production\"'"])
def test_a_condition_in_a_known_spelling_is_none(tmp_path, text):
    assert of_step(tmp_path, conditional(text)) == []


def test_rows_are_those_of_a_table_before(tmp_path):
    item = "{action: exec, command: 'kubectl get pod {{pod}}'}"
    rows = f"  - {{action: conditional, condition: 'any(q.age > 5)', then: [{item}]}}"
    assert "no step before it leaves one" in faults(tmp_path, f"id: a\nsteps:\n{rows}")[0]
    for look in (
        "{action: exec, command: \"psql -c 'SELECT 1'\"}",
        "{action: exec, command: kubectl top pods, parse: table}",
    ):
        assert faults(tmp_path, f"id: a\nsteps:\n  - {look}\n{rows}") == []
    other = "{action: exec, command: kubectl top pods, parse: {table: pods}}"
    assert "the last table is called `pods`" in faults(tmp_path, f"id: a\nsteps:\n  - {other}\n{rows}")[0]


@pytest.mark.parametrize(
    ("check", "word"),
    [
        ("{command: kubectl get pods, expect: exit == 0}", ""),
        ("{command: kubectl get pods, expect: \"output.contains('Running')\"}", ""),
        ("{query: up, expect: value > 0}", ""),
        ("{url: https://flags.internal, expect: status == 200}", ""),
        ("{query: up, expect: status == 200}", "`value` and `output`"),
        ("{query: up, expect: 'value >'}", "expect: "),
        ("{query: up, expect: any(x.y > 5)}", "`value` and `output`"),
        ("{command: kubectl delete pod x}", "a check only looks"),
        ("{url: https://flags.internal, method: POST}", "a check only looks"),
    ],
)
def test_a_check_looks_and_expects_what_it_can_see(tmp_path, check, word):
    found = of_step(tmp_path, f"action: promql\n    query: up\n    verify: {check}")
    assert (word in found[0]) if word else found == []


@pytest.mark.parametrize(
    ("step", "low"),
    [
        ("{action: exec, command: kubectl get pods, risk: low}", True),
        ("{action: exec, command: \"psql -c 'SELECT 1'\", risk: low}", True),
        ("{action: promql, query: up, risk: low}", True),
        ("{action: http, url: https://flags.internal, risk: low}", True),
        ("{action: exec, command: kubectl delete pod a, risk: low}", False),
        ("{action: exec, command: \"psql -c 'DELETE FROM x'\", risk: low}", False),
        ("{action: http, url: https://flags.internal, method: PUT, risk: low}", False),
        ("{action: copy, from: 'a:/b', to: 's3://bucket/d', risk: low}", False),
        (
            "{action: conditional, condition: 1 > 0, risk: low, then: [{action: exec, command: kubectl delete pod a}]}",
            False,
        ),
    ],
)
def test_only_a_read_calls_itself_low(tmp_path, step, low):
    found = of_step(tmp_path, step)
    assert found == [] if low else "`risk: low`" in found[0]


def test_a_whole_runbook_that_calls_itself_low_only_reads(tmp_path):
    steps = "steps:\n  - {action: exec, command: kubectl get pods}\n  - {action: exec, command: kubectl delete pod a}"
    assert [fault[:2] for fault in faults(tmp_path, f"id: a\nrisk: low\n{steps}")] == ["5:"]


# ── the house ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("step", "word"),
    [
        ("{action: exec, command: rm -r /}", "RUNBOOK_ALLOWED_PROGRAMS"),
        ("{action: promql, query: up, rollback: rm x}", "RUNBOOK_ALLOWED_PROGRAMS"),
        ("{action: http, url: https://elsewhere.example}", "RUNBOOK_ALLOWED_HOSTS"),
        ("{action: http, url: https://flags.internal:8443}", "RUNBOOK_ALLOWED_HOSTS"),
        ("{action: http, url: 'https://flags.internal@elsewhere.example'}", "names its host itself"),
        ("{action: http, url: 'https://{{host}}/x'}", "names its host itself"),
        ("{action: http, url: 'https://[flags.internal'}", "names its host itself"),
        ("{action: http, url: ftp://flags.internal}", "names its host itself"),
    ],
)
def test_what_is_not_allowed_here_is_found(tmp_path, step, word):
    assert word in of_step(tmp_path, step)[0]


def test_what_only_this_house_forbids_keeps_no_runbook_from_being_shown(tmp_path):
    assert of_step(tmp_path, "{action: exec, command: helm rollback a}")
    assert len(load(tmp_path).runbooks) == 1


def test_a_program_that_many_steps_start_is_asked_for_once(tmp_path):
    asked = []
    house = House(lambda name: (asked.append(name), Program(name, ""))[1])
    of_step(
        tmp_path, "{action: exec, command: kubectl get pods}\n  - {action: exec, command: kubectl get nodes}", house
    )
    assert asked == ["kubectl"]


def test_everything_is_found_in_one_pass(tmp_path):
    found = faults(
        tmp_path,
        """id: a
risk: low
oops: 1
steps:
  - action: exec
    command: kubectl get pods | grep x
  - action: exec
    command: rm {{a b}}
    timeout: 10m
  - action: conditional
    condition: "{{x}} =>"
    then:
      - action: exec
        command: sh -c id
""",
    )
    assert [int(fault.partition(":")[0]) for fault in found] == [3, 5, 7, 7, 7, 10, 13, 13]
