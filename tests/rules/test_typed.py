"""What a person typed, in plain words that call nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.life.typed import options, person, words


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("<@U1|dana> and <@U2>", "@dana and @U2"),
        ("see <#C1|incidents> and <#C2>", "see #incidents and #C2"),
        ("<!channel> <!subteam^S1|@payments> <!here|here>", "@channel @payments @here"),
        ("at <https://x.example/a?b=1&amp;c=2|here> and <mailto:a@b.example|a@b.example>",
         "at https://x.example/a?b=1&c=2 and mailto:a@b.example"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("  plain  ", "plain"),
    ],
)  # fmt: skip
def test_slacks_forms_become_plain_words(typed, plain):
    assert words(typed) == plain


@pytest.mark.parametrize(
    ("typed", "who", "rest"),
    [
        ("<@U1|dana>", "U1", ""),
        ("<@W1> you know it", "W1", "you know it"),
        ("over to <@U1>, please", "U1", "over to please"),
        ("dana", "", "dana"),
        ("<@U1> then <@U2>", "U1", "then <@U2>"),
    ],
)
def test_the_first_person_named_is_meant(typed, who, rest):
    assert person(typed) == (who, rest)


@pytest.mark.parametrize(
    ("typed", "rest", "given"),
    [
        ("it fails service=a severity=SEV1", "it fails", {"service": "a", "severity": "SEV1"}),
        ("Service=“two words” it fails", "it fails", {"service": "two words"}),
        ("it fails service=", "it fails", {"service": ""}),
        ("x=1 it fails myservice=a", "x=1 it fails myservice=a", {}),
    ],
)
def test_pairs_are_taken_out_wherever_they_stand(typed, rest, given):
    assert options(typed, ("service", "severity")) == (rest, given)


@given(st.text())
def test_no_text_is_a_mention_once_it_was_read_from_slacks_form(text):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert words(escaped) == text.strip()
