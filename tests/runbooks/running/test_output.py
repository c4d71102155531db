"""What is shown is what can be seen, and what is kept is bounded."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbooks.running.output import Kept, plain
from runbooks.running.references import mask


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\x1b[1;31mred\x1b[0m \x1b]0;title\x07bar\x1b[2K", "red bar"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("bell\x07 null\x00 del\x7f c1\x9b", "bell\ufffd null\ufffd del\ufffd c1\ufffd"),
        ("pay\u202efdp.exe zero\u200bwidth tag\U000e0041", "pay\ufffdfdp.exe zero\ufffdwidth tag\ufffd"),
        ("naïve 🚨 日本", "naïve 🚨 日本"),
    ],
)
def test_text_shows_as_it_is(raw, shown):
    assert plain(raw) == shown


@given(st.text(max_size=200))
def test_nothing_unseen_is_left_of_any_text(text):
    shown = plain(text)
    assert plain(shown) == shown
    for character in shown:
        assert character in "\t\n" or unicodedata.category(character) not in ("Cc", "Zl", "Zp")
        assert unicodedata.bidirectional(character) not in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )


@given(st.lists(st.binary(max_size=20)), st.integers(0, 60))
def test_the_first_bytes_are_kept_and_all_are_counted(pieces, most):
    kept = Kept(most)
    for piece in pieces:
        kept.add(piece)
    whole = b"".join(pieces)
    assert kept.total == len(whole)
    assert kept.cut is (len(whole) > most)
    assert len(kept.text.encode("utf-8", "replace")) <= 3 * most
    if not kept.cut:
        assert kept.text == whole.decode("utf-8", "replace")


def test_a_character_that_the_limit_halves_is_left_out():
    kept = Kept(4)
    kept.add("abcé".encode())
    assert kept.text == "abc"


@given(st.text('abAB=/" ', min_size=4, max_size=12), st.text('abAB=/" ', max_size=40))
def test_a_value_never_stands_in_a_masked_text(value, around):
    assert value not in mask(f"{around}{value}{around}", {"T": value}).replace("{{env.T}}", "\n")


def test_of_two_secrets_the_longer_is_masked_whole():
    assert mask("secret-long", {"A": "secret", "B": "secret-long"}) == "{{env.B}}"
