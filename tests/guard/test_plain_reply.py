"""What a model writes reaches Slack as words: no ping, no link but to our sources, no secret, and still readable."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.guard.plain_reply import LONGEST_LINE, plain_reply, streamable
from tests.guard.made import JWT, KEYS, PASSWORD, pem

OURS = "https://prometheus.example.com/graph?g0.expr=up&g0.tab=0"
SAYS = {
    "Errors began at **03:27** [1][2].": ("Errors began at *03:27* [1][2].",),
    "# Cause\n\n\n\nv2.34.1 __did__ it": ("*Cause*", "", "v2.34.1 *did* it"),
    "## **Cause** of `x` ##": ("*Cause of `x`*",),
    "- one\n* two\n  + three\n2) four": ("• one", "• two", "    • three", "2. four"),
    "- **v2** by *alice* in `a_b`": ("• *v2* by _alice_ in `a_b`",),
    "see [the docs](https://evil.example/x?y=(1)) now": ("see the docs now",),
    "![a picture](http://evil.example/p.png)": ("a picture",),
    "![](http://evil.example/p.png) x": ("x",),
    "as [3](http://evil.example) says": ("as [3] says",),
    "[text][ref] and [1][2]\n\n[ref]: http://evil.example\n[2]: /x": ("text and [1][2]",),
    "at http://evil.example/a_b_c?d=*e*.": ("at `http://evil.example/a_b_c?d=*e`∗.",),
    "at www.evil.example, mailto:a@b.example": ("at `www.evil.example`, `mailto:a@b.example`",),
    "<https://evil.example|click me> <https://evil.example>": ("click me `https://evil.example`",),
    "<!channel> <!here|here> <@U123> <#C1|x> <!subteam^S1>": (
        "&lt;!channel&gt; &lt;!here|here&gt; &lt;＠U123&gt; &lt;#C1|x&gt; &lt;!subteam^S1&gt;",
    ),
    "@here, @channel and ops@example.com": ("＠here, ＠channel and ops＠example.com",),
    "`<!channel>` and `@here`": ("`&lt;!channel&gt;` and `＠here`",),
    "| svc | errors |\n|---|:--:|\n| pay | **23 %** |": ("svc · errors", "", "pay · *23 %*"),
    "<b>bold</b><br>Map<String>": ("&lt;b&gt;bold&lt;/b&gt; Map&lt;String&gt;",),
    "> quoted\n---\n***": ("› quoted",),
    "```yaml\na:\n  b: <c>\n```\nafter": ("```", "a:", "  b: &lt;c&gt;", "```", "after"),
    "```\nnever closed <!here>": ("```", "never closed &lt;!here&gt;", "```"),
    "```kubectl get pods -n a```": ("`kubectl get pods -n a`",),
    "a snake_case_name, 2*3*4, x_1 and __init__.py": ("a snake_case_name, 2∗3∗4, x_1 and *init*.py",),
    "a\\_b and \\*c\\*": ("a_b and ∗c∗",),
    ":rotating_light: ~~gone~~": ("∶rotating_light∶ ∼∼gone∼∼",),
    "": (),
    "  \n ": (),
}


@pytest.mark.parametrize("text", SAYS)
def test_markdown_becomes_lines_of_slack(text):
    assert plain_reply(text) == SAYS[text]


@pytest.mark.parametrize("text", [f"[up]({OURS})", f"<{OURS}|up>", f"[up](<{OURS}> 'title')"])
def test_a_link_to_a_source_of_ours_stays(text):
    linked = f"<{OURS.replace('&', '&amp;')}|up>"
    assert plain_reply(f"see {text}.", [OURS]) == (f"see {linked}.",)
    assert plain_reply(f"see {text}.", [OURS + "&x=1"]) == ("see up.",)


def test_a_bare_address_of_ours_stays_a_link():
    (line,) = plain_reply(f"see {OURS}.", [OURS])
    assert re.fullmatch(r"see <https://prometheus\.example\.com/[^<>|]+\|[^<>|]+>\.", line)


def test_a_long_answer_is_cut_where_a_line_ends_or_between_words():
    assert plain_reply("word " * 20, limit=22) == ("word word word word…",)
    assert plain_reply("first line of it\nsecond line", limit=20) == ("first line of it…",)
    lines = plain_reply("word " * 1_000)
    assert all(len(line) <= LONGEST_LINE for line in lines)
    assert " ".join(lines).split() == ["word"] * 1_000


PIECES = st.sampled_from(
    [
        *("**", "__", "*", "_", "`", "```", "\n```\n", "~~~\n", "[", "]", "(", ")", "](", "][", "]: ", "!", "|", "\n|"),
        *("<", ">", "&", "<!channel>", "<!here>", "<@U12345>", "<#C1|x>", "<!subteam^S1|@x>", "@here", "@everyone"),
        *("http://evil.example", "https://evil.example/a?b", "www.evil.example", "mailto:a@b.example", "evil.example"),
        *("[a](http://evil.example)", "<http://evil.example|a>", "\n[a]: http://evil.example\n", "[1]", "[2](x)"),
        *("# ", "- ", "\n", "\n\n", " ", "a", "é", "\u200b", "\u202e", "\ufe0f", "\\", "\x1b[0m", "\t", "\r", "\ud800"),
        *("<script>", "&lt;!channel&gt;", "&#60;!here&#62;", "：//", "＠here", OURS, f"[x]({OURS})", f"<{OURS}|x>"),
        *("password: |\n", "\n  ", f"password={PASSWORD}", KEYS["aws access key"][1], JWT, pem(), pem()[:90]),
    ]
)
SOUP = st.lists(PIECES | st.text(max_size=5), max_size=20).map("".join)
LINK = re.compile(f"<{re.escape(OURS.replace('&', '&amp;'))}" + r"\|[^<>]*>")


@given(text=SOUP)
@settings(max_examples=800, deadline=None)
@example("<" * 50 + "!channel>")
def test_no_bracket_stands_in_slack_that_we_did_not_write(text):
    for line in plain_reply(text, [OURS]):
        left = LINK.sub("", line)
        assert "<" not in left
        assert ">" not in left
        assert "\n" not in line
        assert not re.search(r"(?i)@(?:here|channel|everyone)\b", line)
    words = re.sub(r"`[^`]*`", "", "\n".join(plain_reply(text)).replace("```", "`"))
    assert "@" not in words
    assert not re.search(r"(?i)(?:https?://|www\.)\w", words)


@given(text=SOUP)
@settings(max_examples=300, deadline=None)
def test_no_secret_is_made_readable(text):
    told = "\n".join((*plain_reply(text), streamable(text + "\n")))
    for secret in (PASSWORD, KEYS["aws access key"][1], JWT):
        at = text.find(secret)
        if at >= 0 and (at == 0 or not text[at - 1].isalnum()) and f"password={secret}" in text:
            assert f"password={secret}" not in told


@given(text=SOUP, more=SOUP)
@settings(max_examples=800, deadline=None)
@example(f"a\n{pem()[:300]}", pem()[300:])
@example("password: |\n", f"  {PASSWORD}\n")
@example("see [it](http", "://evil.example)\n")
def test_what_was_shown_while_it_grew_stays_shown(text, more):
    assert streamable(text + more).startswith(streamable(text))


@given(text=SOUP)
@settings(max_examples=800, deadline=None)
def test_nothing_that_grows_links_or_pings(text):
    told = streamable(text + "\n")
    assert not re.search(r"[<>@&]|://|\]\(|\]:|(?i:www\.\w)|evil\.example", told)


def test_what_grows_is_shown_line_by_line():
    assert streamable("Errors began") == ""
    assert streamable("Errors began [1].\nThe") == "Errors began [1].\n"
    assert streamable("**a**\n- `b`\n\n1. c\n") == "**a**\n- `b`\n\n1. c\n"
    assert streamable("x 23.4 % of a.b.com\n") == "x 23.4 % of a․b․com\n"


def test_what_grows_is_masked_and_waits_for_the_end_of_a_key():
    assert streamable(f"password={PASSWORD}\nx") == "password=[redacted: password]\n"
    assert streamable(f"password: |\n  {PASSWORD}\nx") == "password: |\n  [redacted: password]\n"
    assert streamable(f"it is\n{pem()}\nand more\n") == "it is\n"
