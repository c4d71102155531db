"""What is known and a step become exactly what will run: no other program, no other argument, no other host."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbooks.commands import NotAllowedError, Program, shown, split
from runbooks.conditions import ANY_NAME
from runbooks.gleaning import glean
from runbooks.loader import load
from runbooks.model import Parameter, Parse, Runbook, Step, Verify
from runbooks.prepare import House, Known, Missing, Refuse, Skip, prepare, step_at
from runbooks.prepared import Exec, Http, Outcome, Prepared, Promql, Say, Value, Wait, digest
from runbooks.psql import READ_ONLY

PROGRAMS = ("kubectl", "psql", "aws", "df", "find", "sh")


def program(name):
    if name not in PROGRAMS:
        raise NotAllowedError(f"`{name}` is not allowed; see RUNBOOK_ALLOWED_PROGRAMS")
    return Program(f"/usr/bin/{name}", "d" * 64)


HOUSE = House(program, ("flags.internal", "api.internal:8443", "169.254.169.254", "[::1]:80"), ("TOKEN",))
GIVEN = {"pod": "pay-1", "namespace": "prod", "service": "payments", "incident_id": "INC-7", "n": "3", "m": "96"}


def values(**more):
    return {name: Value(text, "a label") for name, text in {**GIVEN, **more}.items()}


def step(command="", action="exec", **more):
    return Step(action, command=command, **more)


def of(*steps, known=None, path="1", house=HOUSE, **book):
    seen = known or Known(values())
    return prepare(Runbook("x", "x", steps, **book), path, seen, house)


def test_an_exec_is_its_arguments_its_real_program_and_what_went_in():
    found = of(step("kubectl scale deployment/{{service}} --replicas={{n}}", name="scale", timeout_s=9.0))

    assert found == Prepared(
        path="1",
        name="scale",
        deeds=(Exec(("kubectl", "scale", "deployment/payments", "--replicas=3"), "/usr/bin/kubectl", "d" * 64, 9.0),),
        risk="medium",
        reads=False,
        asks=False,
        values={"service": Value("payments", "a label"), "n": Value("3", "a label")},
    )


NASTY = (
    st.text(max_size=40)
    | st.text(alphabet="'\"\\ \n\t-;|&$(){}a{{n}}=", max_size=30)
    | st.sampled_from(
        ["-rf", "--kubeconfig=/x", "a b", "'", "\n", "$(reboot)", "x; y", "{{n}}", "{{env.TOKEN}}", "а", "x\x00"]
    )
)
COMMANDS = ["kubectl get {{v}} -n {{v}}", "kubectl label pod {{v}} a={{v}}", "psql -c \"SELECT '{{v}}', {{v}}\"",
            "kubectl exec {{v}} -- cat '/x {{v}}'", "psql -h {{v}} -c 'SELECT 1'", "find /x -name {{v}}"]  # fmt: skip


@given(NASTY, st.sampled_from(COMMANDS), st.sampled_from(["", "[^x]*", "(?s).*", "[ -~]+"]))
@settings(max_examples=400, deadline=None)
def test_no_value_changes_the_program_or_the_number_of_arguments(text, command, pattern):
    found = of(step(command), known=Known(values(v=text)), parameters=(Parameter("v", pattern=pattern),))

    if isinstance(found, Prepared):
        (deed,) = found.deeds
        added = 4 if "psql" in command else 0
        written = split(command)
        assert deed.argv[0] == written[0]
        assert len(deed.argv) == len(written) + added
        for told, came in zip(written[1:], deed.argv[1 + added :], strict=True):
            assert came == told.replace("{{v}}", text)
            assert not came.startswith("-") or told.startswith("-")
    else:
        assert isinstance(found, Refuse)


@given(NASTY)
@settings(max_examples=200, deadline=None)
def test_no_value_changes_the_host_or_the_shape_of_a_request(text):
    details = {
        "url": "https://flags.internal/a/{{v}}/b?c={{v}}", "method": "PUT", "headers": {"X-A": "{{v}}"},
        "body": {"a": "{{v}}", "b": ["{{v}}"]},
    }  # fmt: skip
    found = of(
        step(action="http", details=details),
        known=Known(values(v=text)),
        parameters=(Parameter("v", pattern="(?s).*"),),
    )

    if isinstance(found, Prepared):
        (deed,) = found.deeds
        assert re.fullmatch(r"https://flags\.internal/a/[^/?#]*/b\?c=[^/?#&=]*", deed.url)
        assert json.loads(deed.body) == {"a": text, "b": [text]}
        assert "{{" not in deed.body + deed.headers["X-A"]


REFUSED = [
    (step("kubectl get {{bad}}"), "`bad` must be letters, digits"),
    (step("kubectl get pods | head"), "shell syntax"),
    (step("rm -rf /x"), "RUNBOOK_ALLOWED_PROGRAMS"),
    (step("sh -c 'echo x'"), "unsafe: reason"),
    (step("find /x -exec rm {} \\;"), "unsafe: reason"),
    (step("kubectl exec p -- sh -c x"), "unsafe: reason"),
    (step("kubectl get {{a-b}}"), "no variable"),
    (step("kubectl get {{env.TOKEN}}"), "env.TOKEN"),
    (step("psql -f x.sql"), "not shown"),
    (step("psql -c '\\d'"), "backslash commands"),
    (step("psql"), "waits for somebody to type"),
    (step("psql -c 'SELECT {{service}}'"), "must be a number"),
    (step("psql -c 'SELECT /* x */ {{n}}'"), "comments"),
    (step("{{service}} x"), "cannot be a variable"),
    (step(action="http", details={"url": "https://{{service}}/x"}), "without variables"),
    (step(action="http", details={"url": "https://{{service}}.internal/x"}), "without variables"),
    (step(action="http", details={"url": "https://flags.internal@evil.com/x"}), "without variables or a user"),
    (step(action="http", details={"url": "https://evil.com/x"}), "RUNBOOK_ALLOWED_HOSTS"),
    (step(action="http", details={"url": "https://flags.internal:8443/x"}), "RUNBOOK_ALLOWED_HOSTS"),
    (step(action="http", details={"url": "https://flags.internal.evil.com/x"}), "RUNBOOK_ALLOWED_HOSTS"),
    (step(action="http", details={"url": "http://169.254.169.254/latest"}), "link-local"),
    (step(action="http", details={"url": "https://flags.internal/a/../b"}), "climb"),
    (step(action="http", details={"url": "https://flags.internal/a/%2e%2e/b"}), "climb"),
    (step(action="http", details={"url": "https://flags.internal/{{env.TOKEN}}"}), "may stand only in a header"),
    (step(action="http", details={"url": "https://flags.internal/a b"}), "without spaces"),
    (step(action="http", details={"url": "ftp://flags.internal/"}), "names its host"),
    (step(action="http", details={"url": "https://flags.internal/", "headers": {"X": "{{env.OTHER}}"}}), "RUNBOOK_ENV"),
    (step(action="http", details={"url": "https://flags.internal/", "headers": {"X": "a\nY: b"}}), "one line"),
    (step(action="http", details={"url": "https://flags.internal/", "headers": {"Host": "x"}}), "no header that"),
    (step(action="http", details={"url": "https://flags.internal/", "method": "TRACE"}), "`method`"),
    (step(action="copy", details={"from": "/etc/passwd", "to": "s3://bucket/x"}), "nothing that `copy` knows"),
    (step(action="copy", details={"from": "{{pod}}:/a/../b", "to": "s3://bucket/x"}), "no `..`"),
    (step(action="copy", details={"from": "{{pod}}:/a/", "to": "s3://bucket/x"}), "one file"),
    (step(action="copy", details={"from": "{{pod}}:/a", "to": "s3://Bad_Bucket/x"}), "no name of a bucket"),
    (step(action="copy", details={"from": "{{slash}}:/a", "to": "s3://bucket/x"}), "no name of a pod"),
    (step(action="wait", details={"seconds": 901.0}), "at most 900"),
    (step(action="wait", details={"seconds": 0}), "more than 0"),
    (step(action="wait"), "more than 0"),
    (step(action="message", details={"text": "{{env.TOKEN}}"}), "may stand only"),
    (step(action="promql", details={"query": "up{a={{slash}}}"}), "without quotes"),
    (step(action="conditional", condition="{{n}} >", then=(step("df"),)), "lacks a side"),
    (step(action="conditional", condition="any(a.b > 1)", then=(step("df"),)), "no step has left a table"),
    (step("kubectl get pods", verify=Verify(step("rm x"))), "RUNBOOK_ALLOWED_PROGRAMS"),
    (step("kubectl get pods", verify=Verify(step("df"), expect="nope == 1")), "`nope`"),
]  # fmt: skip


@pytest.mark.parametrize(("refused", "words"), REFUSED)
def test_what_must_not_run_is_refused_in_words(refused, words):
    found = of(refused, known=Known(values(bad="-rf", slash="a/b")))

    assert isinstance(found, Refuse)
    assert words in found.reason


def test_the_refusal_of_a_value_says_where_it_came_from():
    assert of(step("kubectl get {{n}}"), known=Known({"n": Value("a b", "label pod of the alert")})).reason == (
        "`n` must be letters, digits and . _ : / -, beginning with a letter or a digit; it came from: label pod of the "
        "alert. Give it another value, or mend its source"
    )


def test_only_what_the_step_really_uses_is_missing():
    asked = step(action="conditional", condition="{{load}} > 3", then=(step("kubectl get {{other}}"),))

    assert of(asked) == Missing((Parameter("load"),))
    assert of(asked, known=Known(values(load="1"))) == Skip("load is 1: `{{load}} > 3` does not hold")
    assert of(asked, known=Known(values(load="9"))) == Missing((Parameter("other"),))
    assert isinstance(of(asked, known=Known(values(load="9", other="x"))), Prepared)


def test_a_default_is_a_value_that_says_so():
    book = {"parameters": (Parameter("days", "int", default="7"),)}

    assert of(step("find /x -mtime +{{days}}"), **book).values == {"days": Value("7", "default of the runbook")}


RISKS = [
    (step("kubectl get pods"), "low", "low"),
    (step("kubectl get pods"), "high", "high"),
    (step("kubectl get pods", risk="low"), "high", "low"),
    (step("kubectl delete pod x"), "low", "medium"),
    (step("kubectl delete pod x", risk="low"), "high", "high"),
    (step("kubectl delete pod x", risk="critical"), "low", "critical"),
    (step("kubectl exec p -- cat x", risk="low"), "low", "medium"),
    (step("sh -c x", unsafe="because"), "low", "critical"),
    (step("kubectl get pods", unsafe="because"), "low", "critical"),
]


@pytest.mark.parametrize(("asked", "book", "risk"), RISKS)
def test_the_file_raises_a_risk_and_never_lowers_it_below_what_is_no_read(asked, book, risk):
    assert of(asked, risk=book).risk == risk


def test_psql_is_told_to_print_csv_and_a_look_is_held_to_read_only():
    look, change = of(step("psql -c 'SELECT 1'")), of(step("kubectl exec {{pod}} -- psql -c 'DELETE FROM t'"))

    assert look.deeds[0].argv == ("psql", "--csv", "-X", "-v", "ON_ERROR_STOP=1", "-c", "SELECT 1")
    assert look.deeds[0].env == READ_ONLY
    assert look.reads
    assert change.deeds[0].argv[:6] == ("kubectl", "exec", "pay-1", "--", "psql", "--csv")
    assert (change.reads, change.deeds[0].env) == (False, {})
    assert of(step("psql -Atc 'SELECT 1'")).deeds[0].argv == ("psql", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", "SELECT 1")


def test_copy_is_kubectl_cp_and_aws_s3_cp():
    def said(source, target):
        return shown(of(step(action="copy", details={"from": source, "to": target})).deeds[0])

    assert said("{{pod}}:/tmp/h.hprof", "s3://bucket/{{incident_id}}/h.hprof") == (
        "kubectl cp pay-1:/tmp/h.hprof h.hprof\naws s3 cp --only-show-errors h.hprof s3://bucket/INC-7/h.hprof"
    )
    assert said("s3://bucket/a.conf", "{{namespace}}/{{pod}}:/etc/a.conf") == (
        "aws s3 cp --only-show-errors s3://bucket/a.conf a.conf\nkubectl cp a.conf prod/pay-1:/etc/a.conf"
    )
    assert said("s3://bucket/a", "s3://bucket/b") == "aws s3 cp --only-show-errors s3://bucket/a s3://bucket/b"


def test_a_request_keeps_references_and_brings_its_content_type():
    details = {
        "url": "https://Flags.Internal/f", "method": "put",
        "headers": {"Authorization": "Bearer {{env.TOKEN}}"}, "body": {"on": False, "why": "{{incident_id}}"},
    }  # fmt: skip
    found = of(step(action="http", details=details, timeout_s=5.0))

    assert found.deeds == (
        Http(
            "PUT",
            "https://flags.internal/f",
            {"Authorization": "Bearer {{env.TOKEN}}", "Content-Type": "application/json"},
            '{"on": false, "why": "INC-7"}',
            5.0,
        ),
    )


def test_values_in_a_query_stay_inside_their_quotes():
    query = "up{a=\"{{v}}\",b='{{v}}'}[{{n}}m]"
    found = of(
        step(action="promql", details={"query": query}),
        known=Known(values(v='x"} or y\\')),
        parameters=(Parameter("v", pattern="[ -~]*"),),
    )

    assert isinstance(found, Refuse)  # `}` is a brace, which no value carries
    found = of(
        step(action="promql", details={"query": query}),
        known=Known(values(v="x\" or y\\'")),
        parameters=(Parameter("v", pattern="[ -~]*"),),
    )
    assert found.deeds == (Promql("up{a=\"x\\\" or y\\\\'\",b='x\" or y\\\\\\''}[3m]", 60.0),)


def test_pauses_and_messages():
    found = of(step(action="wait", details={"seconds": 30.0}))

    assert (found.deeds, found.reads) == ((Wait(30.0),), True)
    assert of(step(action="message", details={"text": "look at {{pod}}"})).deeds == (Say("look at pay-1"),)


ROWS = (
    {"pid": "11", "duration": "00:12:33"},
    {"pid": "12", "duration": "00:00:01"},
    {"pid": "13", "duration": "1 day 00:00:00"},
)
KILL = step(
    action="conditional",
    condition="any(query.duration > '10 minutes')",
    approval=True,
    then=(step("psql -c 'SELECT pg_terminate_backend({{pid}})'"),),
)


def test_then_happens_for_each_row_that_matches_under_one_gate():
    found = of(KILL, known=Known(values(pid="1"), ROWS, ANY_NAME))

    assert [deed.argv[-1] for deed in found.deeds] == [
        "SELECT pg_terminate_backend(11)",
        "SELECT pg_terminate_backend(13)",
    ]
    assert found.values == {
        "pid[1]": Value("11", "row 1 of the last table"),
        "pid[3]": Value("13", "row 3 of the last table"),
    }
    assert (found.asks, found.reads, found.risk) == (True, False, "medium")


def test_no_row_no_deed_and_too_many_rows_are_refused():
    assert isinstance(of(KILL, known=Known({}, ROWS[1:2], ANY_NAME)), Skip)
    assert "at most 20" in of(KILL, known=Known({}, ROWS[:1] * 21, ANY_NAME)).reason


@given(NASTY)
@settings(max_examples=200, deadline=None)
def test_no_row_becomes_another_command(text):
    found = of(KILL, known=Known({}, ({"pid": text, "duration": "1 day"},), ANY_NAME))

    if isinstance(found, Prepared):
        assert re.fullmatch(r"SELECT pg_terminate_backend\(-?[0-9.]+\)", found.deeds[0].argv[-1])
    else:
        assert isinstance(found, Refuse)


UNDONE = step(
    "kubectl cordon {{pod}}",
    name="cordon",
    verify=Verify(step("kubectl get node {{pod}}"), 5.0, "exit == 0"),
    rollback=step("kubectl uncordon {{pod}}"),
)


def test_what_undoes_a_step_is_shown_with_it_and_asked_for_on_its_own():
    found, back = of(UNDONE), of(UNDONE, path="1.rollback")

    assert found.undo == "kubectl uncordon pay-1"
    assert shown(found.rollback[0]) == found.undo
    assert (shown(found.check.deed), found.check.wait_s, found.check.expect) == (
        "kubectl get node pay-1",
        5.0,
        "exit == 0",
    )
    assert (back.path, back.name, back.deeds, back.asks) == ("1.rollback", "undo cordon", found.rollback, True)


def test_what_cannot_be_undone_yet_is_said_in_words():
    later = step("kubectl scale x --replicas=1", rollback=step("kubectl scale x --replicas={{before}}"))
    never = step("kubectl cordon x", rollback=step("rm x"))

    assert of(later).undo == "kubectl scale x --replicas={{before}} (once it is known: before)"
    assert of(later).rollback == ()
    assert of(never).undo.startswith("rm x (the bot cannot run it: ")


@pytest.mark.parametrize("path", ["0", "3", "x", "1.rollback", "1.verify", "", "-1"])
def test_a_place_that_there_is_not(path):
    book = Runbook("x", "x", (step("df"), step("df")))

    with pytest.raises(KeyError):
        step_at(book, path)
    assert isinstance(prepare(book, path, Known(), HOUSE), Refuse)


def test_preparing_twice_binds_the_same_and_another_value_something_else():
    one, same, other = of(UNDONE), of(UNDONE), of(UNDONE, known=Known(values(pod="pay-2")))

    assert digest("R", one) == digest("R", same) != digest("R", other)


SQL_VALUES = ["x' OR '1'='1", "x'; DROP TABLE t; --", "\\", "$$", 'x"', "a;b"]


@pytest.mark.parametrize("text", SQL_VALUES)
@pytest.mark.parametrize("sql", ["SELECT '{{v}}'", 'SELECT \\"{{v}}\\"'])
def test_no_value_ends_the_quotes_that_it_stands_in(text, sql):
    book = {"parameters": (Parameter("v", pattern="[ -~]+"),)}

    assert isinstance(of(step(f'psql -c "{sql}"'), known=Known(values(v="two words")), **book), Prepared)
    assert "must not carry a quote" in of(step(f'psql -c "{sql}"'), known=Known(values(v=text)), **book).reason


def test_a_value_in_what_runs_other_commands_is_a_plain_word_whatever_its_pattern():
    asked = step("kubectl exec {{pod}} -- sh -c 'echo {{v}}'", unsafe="no other way")
    book = {"parameters": (Parameter("v", pattern="[ -~]+"),)}

    assert isinstance(of(asked, known=Known(values(v="ok-1")), **book), Prepared)
    assert "reads as code" in of(asked, known=Known(values(v="x; reboot")), **book).reason


TEAM = Path(__file__).parent / "as_a_team_writes.yaml"


def test_the_runbooks_of_a_team_are_prepared_as_they_stand(tmp_path):
    shutil.copy(TEAM, tmp_path)
    seen = Known(values(memory_growth_rate="12", memory_percent="97"), ROWS, ANY_NAME)
    for book in load(tmp_path).runbooks:
        for number in range(1, len(book.steps) + 1):
            assert isinstance(prepare(book, str(number), seen, HOUSE), Prepared), f"{book.id} {number}"


LIST = step(
    "psql -c \"SELECT pid, now() - query_start AS duration, query FROM pg_stat_activity WHERE state != 'idle' "
    "AND backend_type = 'client backend' ORDER BY duration DESC LIMIT 10\"",
    name="list",
)


@pytest.mark.needs("postgres")
def test_with_a_real_psql_hostile_text_stays_in_its_row_and_a_look_cannot_change(postgres_url):
    evil = "SELECT 1 AS \"x\n99999,'1 day',evil\" -- \"',\n1,2,3"
    plain = postgres_url.replace("+psycopg", "")

    def run(asked):
        deed = of(asked).deeds[0]
        argv = (*deed.argv, plain)
        return subprocess.run(argv, capture_output=True, text=True, env={**os.environ, **deed.env}, check=False)

    done = run(step("psql -c 'SELECT 7 AS pid, $$" + "x" + "$$ AS query'"))
    assert done.returncode == 0, done.stderr
    listed = run(LIST)
    found = glean(LIST, Outcome("done", exit=0, output=listed.stdout))
    assert {"pid", "duration", "query"} == set(found.rows[0])

    literal = evil.replace("'", "''")
    told = subprocess.run(
        ["psql", "--csv", "-X", plain, "-c", f"SELECT 1 AS pid, '{literal}' AS query, interval '1h' AS duration"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    rows = glean(LIST, Outcome("done", exit=0, output=told)).rows
    assert [(row["pid"], row["query"]) for row in rows] == [("1", evil)]

    look = of(step("psql -c 'SELECT count(*) FROM pg_stat_activity'")).deeds[0]
    refused = subprocess.run(
        ["psql", "-X", plain, "-c", "CREATE TABLE t (a int)"],
        capture_output=True, text=True, env={**os.environ, **look.env}, check=False,
    )  # fmt: skip
    assert "read-only transaction" in refused.stderr


def test_a_parse_is_not_a_deed():
    assert of(step("kubectl get pods", parse=Parse("table", "pods"))).reads
