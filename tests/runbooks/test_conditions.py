"""Conditions as teams write them: what they come to, over which rows, and what is said where they make no sense."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbooks.conditions import ANY_NAME, ConditionError, condition, expected, holds
from runbooks.spans import seconds

VALUES = {
    "m": "96.2", "n": "12", "nine": "9", "ten": "10", "s": "x", "flag": "true", "env": "production",
    "limit": "10 minutes", "version": "1.10", "empty": "",
}  # fmt: skip
ROWS = (
    {"pid": "1", "duration": "00:12:33.1", "query": "SELECT 1", "n": "5"},
    {"pid": "2", "duration": "-00:00:01", "query": "any", "n": "50"},
    {"pid": "3", "duration": "", "query": "x\ny", "n": ""},
    {"pid": "4", "duration": "1 day 02:03:04", "query": "it's", "n": "500"},
)

YES_OR_NO = [
    ("{{m}} > 95", True),
    ("{{ m }}>95", True),
    ("m > 95", True),
    ("95 < {{m}}", True),
    ("{{m}} > 97", False),
    ("{{m}} > 95%", True),
    ("{{m}} > 95 and {{n}} > 10", True),
    ("{{m}} > 97 or {{n}} = 12", True),
    ("not {{m}} > 97", True),
    ("not {{m}} > 95 and n > 1", False),
    ("not flag or not m > 97", True),
    ("not ({{m}} > 97)", True),
    ("{{m}} > 95 AND {{n}} <> 3", True),
    ("{{m}} > 95 && n != 12", False),
    ("'{{env}}' == 'production'", True),
    ('env == "staging"', False),
    ("{{env}} in ['staging', 'production']", True),
    ("n in [1, 12]", True),
    ("nine < ten", True),
    ("s == n", False),
    ("flag", True),
    ("not flag", False),
    ("flag == true", True),
    ("version == '1.10'", True),
    ("version == 1.1", True),
    ("m + n > 108", True),
    ("-m < 0", True),
    ("limit >= 10m", True),
    ("limit > interval '1 hour'", False),
    ("limit == duration('600s')", True),
    ("limit < 1 day", True),
    ("size(s) == 1", True),
    ("env.startsWith('prod')", True),
    ("s.matches('^[a-z]$')", True),
    ("empty == ''", True),
    ("((m > 1) and (n > 1)) or s == 'y'", True),
]


@pytest.mark.parametrize(("text", "holds_"), YES_OR_NO)
def test_a_condition_holds_or_not(text, holds_):
    assert holds(condition(text), VALUES).holds is holds_


OVER_ROWS = [
    ("any(query.duration > '10 minutes')", ["1", "4"]),
    ("any(q.duration > 10m)", ["1", "4"]),
    ("any(q.duration > 10 minutes)", ["1", "4"]),
    ("any('10 minutes' < q.duration)", ["1", "4"]),
    ("any(q.duration > duration('12h'))", ["4"]),
    ("any(q.duration > {{limit}})", ["1", "4"]),
    ("any(q.duration < '1 minute')", ["2"]),
    ("any(not (q.duration > '10 minutes'))", ["2"]),
    ("any(q.duration > '10 minutes' and q.query != 'SELECT 1')", ["4"]),
    ("any(q.n > 40)", ["2", "4"]),
    ("any(q.n > 40) and {{m}} > 95", ["2", "4"]),
    ("{{m}} > 95 and any(q.n > 40)", ["2", "4"]),
    ("any(q.n > 40) and {{m}} > 99", []),
    ("any(q.query == 'any')", ["2"]),
    ("any(q.query.contains('SELECT'))", ["1"]),
    ("any(q.pid in [1, 3])", ["1", "3"]),
    ("any(q.duration > 600)", []),
    ("any(q.n > 1000)", []),
]


@pytest.mark.parametrize(("text", "pids"), OVER_ROWS)
def test_any_holds_for_the_rows_that_match(text, pids):
    held = holds(condition(text), VALUES, ROWS, ANY_NAME)

    assert [row["pid"] for row in held.rows] == pids
    assert held.holds is bool(pids)


NONSENSE = [
    ("", "empty"),
    ("m >", "lacks a side"),
    ("> 95", "cannot be read"),
    ("(m > 1", "cannot be read"),
    ("m > 95 m > 3", "two comparisons"),
    ("1 < m < 3", "two comparisons"),
    ("m > 95 n", "cannot be read"),
    ("m ~ 'x'", "matches"),
    ("m is null", "== ''"),
    ("s like 'x'", "contains"),
    ("m between 1 and 2", ">="),
    ("m === 95", "`==`"),
    ("s.contain('x')", "`contains`"),
    ("lower(s) == 'x'", "no function"),
    ("__import__('os').system('x')", "no function"),
    ("m.__class__", "no function"),
    ("rows.exists(r, r.x > 1)", "any"),
    ("[1, 2].all(x, x > 0)", "`in`"),
    ("m ? 1 : 2", "two steps"),
    ("m % 2 == 0", "remainder"),
    ("not any(a.b > 1)", "stands once"),
    ("any(a.b > 1) or m > 3", "stands once"),
    ("(any(a.b > 1))", "stands once"),
    ("any(a.b > 1) and any(a.b > 2)", "stands once"),
    ("any()", "empty"),
    ("any(x > 3)", "names a row"),
    ("any(a.b > 1", "not closed"),
    ("'a {{s}} b' == 'x'", "inside"),
    ("m > 'x", "cannot read"),
    ("m > 1 " + "and m > 1 " * 80, "at most"),
    ("(" * 30 + "m > 1" + ")" * 30, "parentheses"),
    ("m > 1; n", "cannot stand"),
    ("m\u2028> 1", "cannot read"),
]


@pytest.mark.parametrize(("text", "words"), NONSENSE)
def test_what_cannot_be_understood_is_an_error_with_a_suggestion(text, words):
    with pytest.raises(ConditionError, match=words):
        condition(text)


UNKNOWN = [
    ("{{nope}} > 1", "`nope` is not known"),
    ("m > 1 or nope > 1", "`nope` is not known"),
    ("s > 1", "`s` is «x», which is no number"),
    ("empty > 1", "`empty` is «», which is no number"),
    ("s < n", "not of the same kind"),
    ("m > '10 minutes'", "no unit"),
    ("s", "neither true nor false"),
    ("any(a.nope > 1)", "no column `nope`; it has pid, duration, query, n"),
    ("any(a.n > {{s}}) and s > 1", "no number"),
    ("any(a.n > {{nope}})", "`nope` is not known"),
]


@pytest.mark.parametrize(("text", "words"), UNKNOWN)
def test_what_cannot_be_told_names_what_is_wrong(text, words):
    with pytest.raises(ConditionError, match=words):
        holds(condition(text), VALUES, ROWS, ANY_NAME)


def test_rows_need_a_table_and_a_named_one_by_its_name():
    asked = condition("any(query.n > 40)")

    assert holds(asked, {}, ROWS, "query").holds
    with pytest.raises(ConditionError, match="the last table is called `pods`"):
        holds(asked, {}, ROWS, "pods")
    with pytest.raises(ConditionError, match="no step has left a table"):
        holds(asked, {})
    assert not holds(asked, {}, (), ANY_NAME).holds


def test_the_reason_is_in_words_with_the_values():
    assert holds(condition("{{m}} > 97"), VALUES).why == "m is 96.2: `{{m}} > 97` does not hold"
    assert holds(condition("any(q.n > 1000)"), {}, ROWS, ANY_NAME).why == "no row of 4 matches `any(q.n > 1000)`"
    assert "«00:12:33.1», which is no number" in holds(condition("any(q.duration > 600)"), {}, ROWS, ANY_NAME).why


def test_names_and_columns_are_kept_apart():
    asked = condition("any(q.duration > {{limit}} and q.n > 3) and env == 'production'")

    assert (asked.names, asked.row, asked.columns) == (("env", "limit"), "q", ("duration", "n"))


HOSTILE = st.text(max_size=30) | st.sampled_from(
    ["' || true || '", '" || true || "', "1) || (true", "{{s}}", "true", "\x00"]
)


@given(HOSTILE)
@settings(max_examples=200, deadline=None)
def test_a_value_is_only_ever_compared(text):
    held = holds(condition("env == 'production' and s != 'production'"), {"env": text, "s": text})

    assert held.holds is False


@given(st.text(max_size=60) | st.text(alphabet="m&|!=<>()[]'\"0 .,any{}in%-+*/\n", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_condition_or_an_error_of_ours(text):
    with suppress(ConditionError):
        holds(condition(text), VALUES, ROWS, ANY_NAME)


SPANS = [
    ("00:12:33.1", 753.1),
    ("1 day 02:03:04", 93_784.0),
    ("-00:00:01", -1.0),
    ("-1 days +02:03:04", -79_016.0),
    ("2 mons", 5_184_000.0),
    ("@ 1 day 2 hours ago", -93_600.0),
    ("P1DT2H", 93_600.0),
    ("PT0.5S", 0.5),
    ("1 2:03:04", 93_784.0),
    ("1h2m3.5s", 3_723.5),
    ("-1h30m", -5_400.0),
    ("10 minutes", 600.0),
    ("1.5 hours", 5_400.0),
    ("300", None),
    ("", None),
    ("P", None),
    ("PT", None),
    ("10 parsecs", None),
    ("12:99", None),
    ("10 minutes; DROP", None),
    ("１ day", None),
]


@pytest.mark.parametrize(("text", "figure"), SPANS)
def test_spans_as_databases_and_people_write_them(text, figure):
    assert seconds(text) == figure


CHECKS = [
    ("exit == 0", {"exit": 0}, True),
    ("exit == 0", {"exit": 3}, False),
    ("status >= 200 and status < 300", {"status": 204}, True),
    ("output.contains('ready')", {"output": "all ready\n"}, True),
    ("output == 'true'", {"output": "true\n"}, True),
    ("output == 0", {"output": " 0\n"}, True),
    ("value < 1", {"value": 0.4}, True),
    ("value < 1", {"value": 1e-9}, True),
    ("value < 1", {"value": None}, False),
    ("value < 1", {}, False),
]


@pytest.mark.parametrize(("text", "found", "good"), CHECKS)
def test_what_a_check_expects(text, found, good):
    assert expected(text, found) is good


@pytest.mark.parametrize("text", ["nope == 1", "any(a.b > 1)", "output", "exit >"])
def test_what_a_check_cannot_expect(text):
    with pytest.raises(ConditionError):
        expected(text, {"exit": 0, "output": "x"})
