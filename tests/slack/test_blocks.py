"""Whatever a briefing holds, its messages keep Slack's limits and lose nothing."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.briefing import Briefing, Button, Section
from bot.slack.blocks import MORE, Message, render
from bot.slack.buttons import does_of
from bot.slack.cutting import PIECE, pack
from playground.slack.block_kit import checked
from playground.slack.errors import SlackError

LETTERS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80)
MARKUP = st.sampled_from(
    ["`", "```", "<", ">", "&amp;", "*", " ", "\n", "<https://a.b/c|[1]>", "👩‍💻", "e\u0301", "\r\n"]
)
LINE = st.builds(
    lambda pieces, times: "".join(pieces) * times,
    st.lists(LETTERS | MARKUP, max_size=6),
    st.sampled_from([1, 1, 1, 2, 40, 400]),
)
BUTTON = st.builds(
    Button,
    label=LINE,
    does=st.sampled_from(["run", "choose.again", "a#1"]),
    value=st.sampled_from(["", "rollback", "x" * 2_000]) | LETTERS.filter(str.isprintable),
    look=st.sampled_from(["plain", "primary", "danger"]),
)
SECTION = st.builds(
    Section,
    lines=st.lists(LINE, max_size=8).map(tuple),
    title=st.none() | LETTERS,
    aside=st.just("") | LINE,
    buttons=st.lists(BUTTON, max_size=30).map(tuple),
)
BRIEFING = st.builds(
    Briefing,
    plain=LINE,
    headline=LINE,
    sections=st.lists(SECTION, max_size=6).map(tuple),
    footer=st.none() | LINE,
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def texts(message: Message) -> list[str]:
    return [
        text["text"]
        for block in message.blocks
        if block["type"] != "actions"
        for text in ([block["text"]] if block["type"] == "section" else block["elements"])
    ]


def broken_limits(message: Message) -> list[str]:
    """What Slack would refuse, in its reference's own figures."""
    faults = []
    if not 1 <= len(message.blocks) <= 50:
        faults.append(f"{len(message.blocks)} blocks")
    if not message.text.strip() or units(message.text) > 4_000:
        faults.append("fallback text")
    faults += [f"text of {units(text)}" for text in texts(message) if not text.strip() or units(text) > 3_000]
    faults += [
        "context elements" for b in message.blocks if b["type"] == "context" and not 1 <= len(b["elements"]) <= 10
    ]
    if sum(map(units, texts(message))) > 13_000:
        faults.append("message too long")
    for text in (message.text, *texts(message)):
        text.encode()
    try:
        checked(list(message.blocks))
    except SlackError as refusal:
        faults.append(f"{refusal.code} {refusal.fields}")
    return faults


def buttons(message: Message) -> list[tuple[str | None, str, str]]:
    return [
        (does_of(element["action_id"]), element.get("value", ""), element.get("style", "plain"))
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def everything(rendered: Message) -> str:
    return "\n".join(text for message in (rendered, *rendered.more) for text in texts(message))


def bare(text: str) -> str:
    """Without what cutting may add or move: spaces, backticks, and the words of a cut."""
    return re.sub(r"[\s`\ufffd\x00-\x1f\x7f]+", "", text.replace(MORE, ""))


@given(BRIEFING)
@settings(max_examples=40, deadline=None)
def test_no_limit_is_broken_and_no_line_is_lost(briefing: Briefing) -> None:
    rendered = render(briefing)
    assert [fault for message in (rendered, *rendered.more) for fault in broken_limits(message)] == []
    said = [text for message in (rendered, *rendered.more) for text in texts(message)]
    for lines in ((briefing.headline,), *(section.text for section in briefing.sections), (briefing.footer or "",)):
        for piece in pack(lines, PIECE):
            assert any(piece in text for text in said)
    shown = [button for message in (rendered, *rendered.more) for button in buttons(message)]
    assert sorted(shown, key=str) == sorted(
        ((button.does, button.value, button.look) for section in briefing.sections for button in section.buttons),
        key=str,
    )


@given(st.lists(LINE, max_size=5), st.integers(min_value=60, max_value=400))
@settings(max_examples=60, deadline=None)
def test_packed_texts_hold_the_same_letters_in_the_same_order(lines: list[str], limit: int) -> None:
    packed = list(pack(lines, limit))
    assert all(units(text) <= limit for text in packed)
    assert bare("".join(packed)) == bare("".join(lines))


def big(lines: int, title: str = "Log") -> Section:
    return Section(tuple(f"line {number} " + "x" * 90 for number in range(lines)), title=title)


def test_buttons_stand_below_their_section_25_in_a_row() -> None:
    many = tuple(Button(f"{number}", "run", f"book-{number}") for number in range(30))
    rendered = render(Briefing("p", "head", (Section(("a",), buttons=many), Section(("b",))), "foot"))
    kinds = [block["type"] for block in rendered.blocks]
    assert kinds == ["section", "section", "actions", "actions", "section", "context"]
    assert [len(block["elements"]) for block in rendered.blocks if block["type"] == "actions"] == [25, 5]
    assert buttons(rendered) == [("run", f"book-{number}", "plain") for number in range(30)]


def test_buttons_go_into_the_thread_with_the_section_they_belong_to() -> None:
    full = tuple(big(25, f"S{number}") for number in range(4))
    last = Section(tuple(f"line {n} " + "y" * 90 for n in range(25)), buttons=(Button("Run", "run", "x"),))
    rendered = render(Briefing("p", "head", (*full, last), "foot"))
    assert buttons(rendered) == []
    assert [button for message in rendered.more for button in buttons(message)] == [("run", "x", "plain")]
    assert rendered.more[-1].blocks[-1]["type"] == "actions"


def test_a_button_that_slack_cannot_carry_is_left_out_and_never_changed() -> None:
    unfit = (Button("a", "run", "v" * 2_001), Button("b", "", "v"), Button("c", "run", "\ud800"))
    rendered = render(Briefing("p", "head", (Section(("a",), buttons=(*unfit, Button("\n" * 90, "run", "v"))),)))
    assert buttons(rendered) == [("run", "v", "plain")]
    assert broken_limits(rendered) == []


def test_labels_are_masked_and_values_are_not() -> None:
    briefing = Briefing("p", "h", (Section((), buttons=(Button("hunter2", "run", "hunter2"),)),))
    (section,) = briefing.mapped(lambda text: text.replace("hunter2", "•")).sections
    assert section.buttons == (Button("•", "run", "hunter2"),)


def test_a_small_briefing_is_one_message() -> None:
    rendered = render(Briefing("plain", "head\nsecond", (Section(("a",), title="T", aside="b"),), "foot"))
    assert texts(rendered) == ["head\nsecond", "*T* · b\na", "foot"]
    assert rendered.text == "plain"
    assert rendered.more == ()


def test_a_long_section_is_cut_between_lines_and_goes_on_in_the_thread_under_its_title() -> None:
    section = big(60)
    rendered = render(Briefing("p", "head", (section, Section(("kept",))), "foot"))
    assert "kept" in texts(rendered)
    assert texts(rendered)[1].endswith(f"\n{MORE}")
    assert texts(rendered.more[0])[0].startswith("*Log*, continued\nline ")
    for line in section.lines:
        assert line in everything(rendered).split("\n")


def test_head_and_foot_stand_and_what_is_too_much_follows_whole() -> None:
    rendered = render(Briefing("p", "head", tuple(big(25, f"S{number}") for number in range(9)), "foot"))
    shown = texts(rendered)
    assert (shown[0], shown[-2:]) == ("head", ["foot", MORE])
    assert sum(map(units, shown)) < 11_000
    assert "*S8*\nline 0" in everything(rendered)


def test_more_than_fifty_sections_are_no_more_than_fifty_blocks() -> None:
    rendered = render(Briefing("p", "head", tuple(Section((f"s{number}",)) for number in range(120)), "foot"))
    assert broken_limits(rendered) == []
    assert {f"s{number}" for number in range(120)} <= set(everything(rendered).split("\n"))


def test_a_code_span_is_closed_before_a_cut_and_opened_behind_it() -> None:
    words = " ".join(f"word{number}" for number in range(300))
    pieces = list(pack((f"run `{words}` now",), 500))
    assert len(pieces) > 1
    assert all("word" not in re.sub(r"`[^`]*`", "", piece) for piece in pieces)
    assert "".join(pieces).replace("`", "").replace(" ", "") == f"run{words}now".replace(" ", "")


def test_a_fence_is_closed_before_a_cut_and_opened_behind_it() -> None:
    code = tuple(f"kubectl get pod {number}" for number in range(100))
    pieces = list(pack(("1. Look:", "```", *code, "```", "after"), 600))
    assert all(piece.count("```") % 2 == 0 for piece in pieces)
    assert all(units(piece) <= 600 for piece in pieces)
    assert [line for piece in pieces for line in piece.split("\n") if line.startswith("kubectl")] == list(code)
    assert not any("```\n```" in piece for piece in pieces)


def test_a_link_and_an_entity_are_not_cut_open() -> None:
    line = "a &amp; b <https://example.com/a/b/c|[1]> " * 50
    for piece in pack((line,), 120):
        assert piece.count("<") == piece.count(">")
        assert re.sub(r"&amp;|https://example.com/a/b/c|\[1\]|[ab<>| ]", "", piece) == ""


def test_marks_stay_with_their_letter() -> None:
    for piece in pack(("e\u0301" * 400,), 100):
        assert not piece.startswith("\u0301")


def test_what_json_cannot_carry_is_shown_as_missing() -> None:
    rendered = render(Briefing("\ud800", "a\x00b\rc", (), None))
    assert texts(rendered) == ["a\ufffdb\nc"]
    assert broken_limits(rendered) == []


def test_nothing_at_all_is_still_a_message() -> None:
    assert broken_limits(render(Briefing("", "", (), None))) == []
