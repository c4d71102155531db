"""What an output leaves: and that no text inside it makes a row, a column or a variable of its own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbooks.conditions import ANY_NAME
from runbooks.gleaning import Gleaned, GleanError, glean
from runbooks.model import Parse, Step
from runbooks.prepared import Outcome

PSQL = Step("exec", command="psql -c 'SELECT pid, query FROM x'")
KUBECTL = Step("exec", command="kubectl get pods")


def of(kind, name="", pattern="", command="kubectl get pods"):
    return Step("exec", command=command, parse=Parse(kind, name, pattern))


def done(text, **more):
    return Outcome("done", exit=0, output=text, **more)


def test_the_first_line():
    assert glean(of("line", "version"), done("\n  v1.2 \nx\n")) == Gleaned({"version": "v1.2"})


def test_the_first_line_of_psql_is_its_first_figure():
    step = of("line", "count", command="psql -c 'SELECT count(*) FROM x'")

    assert glean(step, done("count\n42\n")) == Gleaned({"count": "42"})
    assert glean(of("line", "count", command="psql -Atc 'SELECT 1'"), done("42\n")) == Gleaned({"count": "42"})


def test_json_leaves_plain_values_under_its_prefix():
    text = json.dumps({"image": "a:1", "replicas": 3, "paused": False, "none": None, "spec": {"x": 1}, "Ready At": 1.5})

    assert glean(of("json"), done(text)).values == {
        "image": "a:1", "replicas": "3", "paused": "false", "none": "", "ready_at": "1.5"
    }  # fmt: skip
    assert glean(of("json", "app"), done('{"image": "a"}')).values == {"app_image": "a"}


def test_a_json_list_of_objects_is_a_table():
    assert glean(of("json", "pods"), done('[{"name": "a", "n": 1}, {"name": "b"}]')) == Gleaned(
        {}, ({"name": "a", "n": "1"}, {"name": "b"}), "pods"
    )


KUBECTL_TABLE = """NAME                     READY   STATUS             RESTARTS       AGE
payments-5d9c-x2v        1/1     Running            0              3d
payments-5d9c-q8k        0/1     CrashLoopBackOff   12 (2m ago)    3d
"""


def test_a_table_by_its_header_even_where_a_cell_holds_spaces():
    found = glean(of("table", "pods"), done(KUBECTL_TABLE))

    assert found.table == "pods"
    assert [row["restarts"] for row in found.rows] == ["0", "12 (2m ago)"]
    assert found.rows[1]["name"] == "payments-5d9c-q8k"


def test_a_table_that_is_not_aligned_is_split_at_spaces():
    text = "NAME CPU(cores) MEMORY% \na 1m 90%\nbcdefgh 250m 7%\n"

    assert glean(of("table"), done(text)).rows == (
        {"name": "a", "cpu_cores": "1m", "memory_percent": "90%"},
        {"name": "bcdefgh", "cpu_cores": "250m", "memory_percent": "7%"},
    )


def test_a_pattern_leaves_its_groups_from_the_first_line_that_matches():
    step = of("regex", pattern=r"revision (?P<revision>\d+) by (?P<who>\S+)")

    assert glean(step, done("x\nrevision 7 by dana\nrevision 8 by eve\n")).values == {"revision": "7", "who": "dana"}


def test_psql_leaves_its_rows_unasked_and_kubectl_nothing():
    assert glean(PSQL, done("pid,query\n1,a\n")) == Gleaned({}, ({"pid": "1", "query": "a"},), ANY_NAME)
    assert glean(PSQL, done("pid,query\n")) == Gleaned({}, (), ANY_NAME)
    assert glean(KUBECTL, done("a b\nc d\n")) == Gleaned()
    assert glean(PSQL, done('pid,query\n1,"a')) == Gleaned()
    assert glean(Step("exec", command="psql -At -c 'SELECT 1'"), done("1\n")) == Gleaned()


def test_a_step_that_failed_leaves_nothing():
    assert glean(of("line", "x"), Outcome("failed", exit=1, output="oops")) == Gleaned()


WRONG = [
    (of("line", "x"), done(" \n"), "empty"),
    (of("line", "x", command="psql -c 'SELECT 1'"), done("count\n"), "no row"),
    (of("json"), done("not json"), "not JSON"),
    (of("json"), done("[1, 2]"), "neither"),
    (of("json"), done("[" * 100_000), "not JSON"),
    (of("json"), done('{"a": NaN}'), "not JSON"),
    (of("json"), done('{"a": ' + "9" * 5_000 + "}"), "not JSON"),
    (of("json"), done("{}", cut=True), "cut"),
    (of("table"), done(""), "empty"),
    (of("table"), done("a b\n1 2 3\n"), "columns"),
    (of("table", command="psql -c 'x'"), done("a,a\n1,2\n"), "two columns"),
    (of("table", command="psql -c 'x'"), done("a,b\n1\n"), "columns"),
    (of("table", command="psql -c 'x'"), done('a,b\n1,"x"y\n'), "not CSV"),
    (of("table", command="psql -c 'x'"), done("a\n" + "1\n" * 1_001), "more than 1000 rows"),
    (of("table", command="psql -c 'x'"), done("a\n1\n", cut=True), "cut"),
    (of("line", "x"), done("x" * 1_000_001), "1000000"),
    (of("regex", pattern="(?P<a>x)"), done("y"), "no line"),
    (of("regex", pattern="(?P<a>(x+)+)"), done("x"), "repeats"),
    (of("regex", pattern="(?P<a>x)(?=y)"), done("xy"), "not a pattern"),
]


@pytest.mark.parametrize(("step", "outcome", "words"), WRONG)
def test_an_output_that_is_not_what_it_should_be_is_named(step, outcome, words):
    with pytest.raises(GleanError, match=words):
        glean(step, outcome)


ANYTHING = st.characters(exclude_characters="\x00", exclude_categories=("Cs",))
HOSTILE = st.text(alphabet=ANYTHING, max_size=30) | st.sampled_from(
    ['x"\n99,evil,"', "x\n99,evil\n", '","', "\r\n1,2", "'; DROP TABLE t; --", "$(reboot)", "pid,query", '"', "\u2028"]
)  # fmt: skip


def as_psql_prints(field):
    """As `csv_print_field` of PostgreSQL's print.c does."""
    if any(char in field for char in ',"\r\n') or field == "\\.":
        return '"' + field.replace('"', '""') + '"'
    return field


@given(st.lists(st.tuples(st.integers(1, 99_999).map(str), HOSTILE), max_size=5))
@settings(max_examples=200, deadline=None)
def test_whatever_a_row_holds_it_stays_one_row(rows):
    lines = ["pid,query", *(f"{pid},{as_psql_prints(query)}" for pid, query in rows)]

    found = glean(PSQL, done("\n".join(lines) + "\n"))

    assert [(row["pid"], row["query"]) for row in found.rows] == rows


@given(st.text(max_size=200), st.sampled_from(["line", "json", "table"]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_output_is_read_or_named(text, kind, sql):
    step = of(kind, "x", command="psql -c 'x'" if sql else "kubectl get pods")
    try:
        found = glean(step, done(text))
    except GleanError as error:
        assert error.reason
    else:
        assert all(isinstance(value, str) for row in found.rows for value in row.values())
