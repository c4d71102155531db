"""Whoever copies from the page on runbooks copies what works, and the page says what there is."""

import re
from typing import get_args

import pytest

from runbooks.commands import Program
from runbooks.lint import lint
from runbooks.loader import _KEYS, load
from runbooks.model import Action, Risk
from runbooks.prepare import LONGEST_WAIT_S, House
from runbooks.rules import MOST_RUNNING_S
from runbooks.steps import _BEHIND, _EVERY, MUST, TIMEOUT_S
from runbooks.variables import BUILT_IN, DEFAULT, SIGNALS, TYPES
from tests.pages import section, snippets, text_of

PAGE = "docs/runbooks.md"
HOUSE = House(lambda name: Program(name, ""), ("flags.internal",), ("FLAGS_TOKEN",))
EXAMPLES = snippets(PAGE, "yaml")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[0])
def test_every_example_has_no_fault(tmp_path, example):
    (tmp_path / "a.yaml").write_text(example)
    assert lint(tmp_path, HOUSE) == ()
    assert len(load(tmp_path).runbooks) == 1


def words(heading):
    prose = re.sub(r"^```.*?^```", "", section(PAGE, heading), flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", prose))


def test_the_page_names_every_key_action_type_and_risk():
    assert {*_KEYS, *_EVERY, *_BEHIND} <= words("The first one")
    assert {*get_args(Action), *(key for keys in MUST.values() for key in keys)} <= words("Actions")
    assert set(get_args(Risk)) <= words("Risk")
    aliases = {"string", "integer", "float", "boolean"}
    assert set(TYPES) - aliases <= words("Variables")
    assert set(BUILT_IN) <= words("Variables")
    assert DEFAULT in words("Variables")


def test_the_signals_that_the_page_names_are_measured():
    named = re.search(r"the briefing measured \(([^)]*)\)", text_of(PAGE).replace("\n", " "))
    assert set(re.findall(r"`(\w+)`", named[1])) <= set(SIGNALS)


def test_the_limits_of_the_page_are_kept():
    text = text_of(PAGE)
    assert f"is {TIMEOUT_S:g} s unless" in text
    assert f"{MOST_RUNNING_S:g} s, people" in text.replace("\n", " ")
    assert f"at most `{LONGEST_WAIT_S / 60:g}m`" in text
