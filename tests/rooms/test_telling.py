"""A tool's answer is bounded, cut between words and between lines, and says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import TOOL_ANSWER_BYTES
from integrations.telling import MOST_BYTES, short, size, told

TEXT = st.text(st.characters(codec="utf-8"), max_size=300)


@given(text=TEXT, most=st.integers(8, 200))
def test_what_is_cut_is_short_enough_and_a_beginning(text, most):
    found = short(text, most)
    assert size(found) <= most or found == "…"
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))


@given(text=TEXT, most=st.integers(8, 200))
def test_no_half_of_a_word_is_left(text, most):
    found = short(text, most)
    if found != text:
        assert set(found[:-1].split()) <= set(text.split())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("password=hunter2 and more", "password=hunter2…"),
        ("key sk-0123456789abcdefghij", "key…"),
        ("sk-0123456789abcdefghijkl", "…"),
        ("one\ttwo-three-four-five-six", "one…"),
        ("short", "short"),
    ],
)
def test_a_secret_is_left_whole_or_not_at_all(text, found):
    assert short(text, 20) == found


@given(
    lines=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=2_000), max_size=80),
    newest=st.booleans(),
)
def test_whole_lines_within_the_bytes_and_the_count_of_them(lines, newest):
    found = told(("head",), lines, len(lines), "lines", newest=newest)
    assert size(found.text) <= TOOL_ANSWER_BYTES
    body = found.text.split("\n")[1:]
    kept = body[:-1] if found.cut else body
    assert kept == (lines[len(lines) - len(kept) :] if newest else lines[: len(kept)])
    assert bool(found.cut) is (len(kept) < len(lines))
    if found.cut:
        assert body[-1] == f"(cut: {found.cut})"
        assert found.cut.startswith(f"the {'newest' if newest else 'first'} {len(kept):,} of {len(lines):,}")


def test_lines_that_were_never_read_are_counted_too():
    assert told((), ["a", "b"], 1_204, "lines").cut == "the first 2 of 1,204 lines"


def test_a_line_longer_than_all_leaves_the_head():
    assert told(("head",), ["x" * MOST_BYTES], 1, "lines").text == "head\n(cut: the first 0 of 1 lines)"
