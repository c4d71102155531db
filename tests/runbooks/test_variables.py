"""What may be put into a step, which variables a runbook needs, and where values come from."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.signals import SIGNALS as KNOWN_SIGNALS
from runbooks import patterns
from runbooks.model import Parameter, Parse, Runbook, Step, Verify
from runbooks.variables import SIGNALS, TYPES, malformed_in, names_in, needed, references_in, wrong

FITS = [
    (Parameter("a"), ["payment-service", "v2.34.1", "10.0.0.1:80", "deployment/x", "A_b", "1"]),
    (Parameter("a", "int"), ["3", "-3", "0"]),
    (Parameter("a", "number"), ["3", "0.5", "-1.25"]),
    (Parameter("a", "name"), ["payment-service", "a", "a.b-c9"]),
    (Parameter("a", "path"), ["/var/log/app", "/", "/a_b/c.log"]),
    (Parameter("a", "duration"), ["30s", "5m", "1h30m", "100ms"]),
    (Parameter("a", "bool"), ["true", "false"]),
    (Parameter("a", "choice", "blue|green"), ["blue", "green"]),
    (Parameter("a", "text", "[a-z ]+"), ["two words"]),
]
FITS_NOT = [
    (Parameter("a"), ["", "-rf", "a b", "a'b", 'a"b', "a\nb", "a\n", "a;b", "$(a)", "`a`", "a|b", "a\x00b", "a" * 254,
                      "../x", "a/../b", "{{env.X}}", "a\\b", "а", "ａ", "a\u202eb", " a", "a "]),
    (Parameter("a", "int"), ["3.5", "x", "1e9", "３", "1\n", "0x1", "--3", "9" * 30]),
    (Parameter("a", "number"), ["nan", "inf", "1.", "."]),
    (Parameter("a", "name"), ["A", "a_b", "-a", "a-", "a/b"]),
    (Parameter("a", "path"), ["var", "/a/../b", "/a b", "/..", "/a/.."]),
    (Parameter("a", "duration"), ["5", "m", "5x", "-5m"]),
    (Parameter("a", "choice", "blue|green"), ["red", "blue\n", "bluegreen", "blue|green"]),
    (Parameter("a", "choice"), ["x"]),
    (Parameter("a", "colour"), ["red"]),
    (Parameter("a", "text", "[a-z ]+"), ["Two", "a\nb"]),
    (Parameter("a", "text", ".*"), ["a\nb", "é", "\x1b[2K", "{x}", "x" * 1_001, "a/../b"]),
    (Parameter("a", "text", "(unclosed"), ["x"]),
    (Parameter("a", "text", "(?=a)a"), ["a"]),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "texts"), FITS)
def test_a_value_that_matches_is_taken(parameter, texts):
    assert [wrong(parameter, text) for text in texts] == [""] * len(texts)


@pytest.mark.parametrize(("parameter", "texts"), FITS_NOT)
def test_a_value_that_does_not_is_refused_by_its_name(parameter, texts):
    for text in texts:
        assert wrong(parameter, text).startswith("`a` "), text


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        (Parameter("replicas", "int"), "`replicas` must be a whole number, such as 3"),
        (Parameter("colour", "choice", "blue|green"), "`colour` must be one of blue, green"),
        (Parameter("x", "text", "[A-Z]+"), "`x` must be text that matches `[A-Z]+` from end to end"),
        (Parameter("pod"), "`pod` must be letters, digits and . _ : / -, beginning with a letter or a digit"),
    ],
)
def test_the_refusal_says_what_it_must_be(parameter, said):
    assert wrong(parameter, "-") == said


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_whatever_fits_the_default_is_one_harmless_word(text):
    if wrong(Parameter("a"), text) == "":
        assert text.isascii()
        assert text[0].isalnum()
        assert not set(text) & set(" \t\r\n'\"\\`$;|&<>(){}[]*?~#!%^=+,@")


def test_no_pattern_takes_for_ever():
    began = time.process_time()

    assert wrong(Parameter("a", "text", "(a+)+b"), "a" * 1_000)
    assert wrong(Parameter("a", "text", "(a|a)*b"), "a" * 1_000)
    assert patterns.first("(?P<x>(?:[a-z]+))=1", "a" * 2_000) is None
    assert time.process_time() - began < 5


def test_names_in_texts_and_what_only_looks_like_one():
    text = "{{a}} {{ b }} {{a}} {{env.TOKEN}} {{c-d}} {{}} {{ $labels.pod }} {{e"

    assert names_in(text) == ("a", "b")
    assert references_in(text) == ("TOKEN",)
    assert malformed_in(text) == ("{{c-d}}", "{{}}", "{{ $labels.pod }}", "{{e")


def step(command="", **more):
    return Step(action=more.pop("action", "exec"), command=command, **more)


def names(*steps, parameters=()):
    return [parameter.name for parameter in needed(Runbook("x", "x", steps, parameters=parameters))]


NEEDED = [
    ([step("a {{b}} {{c}} {{b}}")], ["b", "c"]),
    ([step("a", parse=Parse("line", "b")), step("a {{b}}")], []),
    ([step("a {{b}}"), step("a", parse=Parse("line", "b"))], ["b"]),
    ([step("a", parse=Parse("regex", pattern="(?P<b>x) (?P<c>y)")), step("a {{b}} {{c}} {{d}}")], ["d"]),
    ([step("a", parse=Parse("json", "p")), step("a {{p_x}} {{q}}")], ["q"]),
    ([step("a", parse=Parse("json")), step("a {{anything}} {{service}}")], ["service"]),
    ([step(action="conditional", condition="{{m}} > 3 and n < 4", then=(step("a {{b}}"),))], ["m", "n", "b"]),
    (
        [step(action="conditional", condition="any(q.n > {{most}})", then=(step("a {{pid}} -n {{namespace}}"),))],
        ["most", "namespace"],
    ),
    ([step("a", verify=Verify(step("b {{c}}")), rollback=step("d {{e}}"))], ["c", "e"]),
    ([step(action="http", details={"url": "h/{{a}}", "headers": {"x": "{{b}} {{env.T}}"}, "body": {"c": ["{{d}}"]}})],
     ["a", "b", "d"]),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "expected"), NEEDED)
def test_a_runbook_needs_what_its_steps_use_and_do_not_leave(steps, expected):
    assert names(*steps) == expected


def test_a_declared_parameter_brings_its_pattern_and_an_undeclared_one_the_default():
    book = Runbook("x", "x", (step("a {{n}} {{b}}"),), parameters=(Parameter("n", "int", default="3"), Parameter("z")))

    assert needed(book) == (Parameter("n", "int", default="3"), Parameter("b"), Parameter("z"))


def test_the_names_that_teams_use_stand_for_signals_that_there_are():
    assert {measured.signal for measured in SIGNALS.values()} <= set(KNOWN_SIGNALS)
    assert {"memory_percent", "cpu_percent", "error_rate", "p99_ms", "disk_percent", "memory_growth_rate"} <= set(
        SIGNALS
    )
    assert SIGNALS["p99_ms"].times == 1_000
    assert SIGNALS["memory_growth_rate"].per_hour


def test_every_type_says_what_it_must_be():
    assert all(kind.must_be for kind in TYPES.values())
