"""Text from outside says just that; numbers and times read as people read them."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import words
from bot.domain.text import bare, clean, code, cut, link, prose, safe

NOW = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain words", "plain words"),
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("&amp;", "&amp;amp;"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("*b* ~s~ `c`", "∗b∗ ∼s∼ ˋcˋ"),
        ("snake_case _i_ __x__", "snake_case ˍiˍ ˍˍxˍˍ"),
        ("> quoted", "› quoted"),
        (":fire: at 12:30:45", "∶fire∶ at 12:30:45"),
        ("one\n two\t\u2028three", "one two three"),
        ("\u202eab\u200bc\ufeff", "abc"),
        ("\ud83d", "\ufffd"),
        ("Z" + "\u0301" * 90, "Z" + "\u0301" * 5),
        ("  ", ""),
    ],
)
def test_text_is_shown_as_what_it_is(raw: str, shown: str) -> None:
    assert safe(raw) == shown


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_safe_text_has_nothing_left_to_format_or_ping_with(raw: str) -> None:
    shown = safe(raw)
    assert not set(shown) & set("<>*~`\n\r")
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in shown)
    assert clean(clean(raw)) == clean(raw)


@given(st.text(max_size=300), st.integers(min_value=1, max_value=50))
@settings(max_examples=200, deadline=None)
def test_a_cut_text_is_short_enough_and_a_beginning(raw: str, limit: int) -> None:
    shorter = cut(raw, limit)
    assert len(shorter) <= max(limit, 2)
    assert shorter == raw or raw.startswith(shorter[:-1])


def test_cutting_keeps_words_and_letters_whole() -> None:
    assert cut("one two three four", 15) == "one two three…"
    assert cut("e\u0301" * 10, 6) == "e\u0301e\u0301…"
    assert cut("👩🏽" * 5, 4) == "👩🏽…"


def test_code_in_a_sentence_stays_code() -> None:
    assert prose("It changed `a<b*`, not *that*. `odd") == "It changed `a&lt;b*`, not ∗that∗. ˋodd"
    assert code(" a  b`c\n") == "`a  bˋc`"
    assert code(" ") == ""


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.example/?a=1&b=2", "<https://x.example/?a=1&amp;b=2|[1]>"),
        ("https://x.example/a|b>c<d e", "<https://x.example/a%7Cb%3Ec%3Cd%20e|[1]>"),
        ("javascript:alert(1)", "[1]"),
        ("http://[broken", "[1]"),
        ("https://x.example/" + "y" * 3_000, "[1]"),
        ("", "[1]"),
        (None, "[1]"),
    ],
)
def test_only_addresses_become_links(url: str | None, shown: str) -> None:
    assert link(url, "[1]") == shown


def test_a_topic_has_no_escapes() -> None:
    assert bare("<!here> a & *b*") == "‹!here› a ＆ ∗b∗"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (23.4, "%", "23.4 %"),
        (0.3, "%", "0.3 %"),
        (0.0123, "%", "0.012 %"),
        (99.97, "%", "99.97 %"),
        (100, "%", "100 %"),
        (2.34, "s", "2,340 ms"),
        (0.18, "s", "180 ms"),
        (0.0004, "s", "0.4 ms"),
        (12.34, "s", "12.3 s"),
        (410.4, "/s", "410/s"),
        (4.25, "/s", "4.2/s"),
        (350.2, "m", "350m"),
        (1204.3, "MiB", "1,204 MiB"),
        (20480, "MiB", "20 GiB"),
        (1_200_000, "B/s", "1.2 MB/s"),
        (3, "", "3"),
        (0, "%", "0 %"),
        (-0.4, "%", "-0.4 %"),
        (float("nan"), "%", "?"),
        (float("inf"), "s", "?"),
    ],
)
def test_a_quantity_is_as_exact_as_a_person_wants_it(value: float, unit: str, shown: str) -> None:
    assert words.quantity(value, unit) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (40, "40 s"),
        (-40, "40 s"),
        (900, "15 min"),
        (3_599, "1 h"),
        (4_800, "1 h 20 min"),
        (86_399, "1 d"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_span_is_told_in_two_units_at_most(seconds: float, shown: str) -> None:
    assert words.span(seconds) == shown


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(seconds=30), "30 s ago"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=12), "12 days ago"),
        (timedelta(days=92), "3 months ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(days=-1), "0 s ago"),
    ],
)
def test_the_past_is_told_in_one_unit(passed: timedelta, shown: str) -> None:
    assert words.ago(NOW - passed, NOW) == shown


def test_a_clock_names_the_day_when_it_is_not_today() -> None:
    assert words.clock(NOW, NOW) == "03:42"
    assert words.clock(NOW - timedelta(days=1), NOW) == "20 Nov 03:42"
    assert words.clock(NOW - timedelta(days=400), NOW) == "17 Oct 2025 03:42"


@pytest.mark.parametrize(("number", "shown"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (22, "22nd")])
def test_ordinals(number: int, shown: str) -> None:
    assert words.ordinal(number) == shown
