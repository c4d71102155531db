"""Block Kit's limits: each is met on the last good size and refused one beyond, with the place in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.slack import block_kit
from playground.slack.errors import SlackError


def section(size: int) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * size}}


def fields(count: int, size: int = 1) -> dict[str, Any]:
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * size}] * count}


def header(size: int) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": "x" * size}}


def context(count: int) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * count}


def button(text: int = 1, value: int = 1, **more: Any) -> dict[str, Any]:
    label = {"type": "plain_text", "text": "x" * text}
    return {"type": "button", "text": label, "value": "x" * value, **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def image(**more: Any) -> dict[str, Any]:
    return {"type": "image", "image_url": "https://example.com/a.png", **more}


GOOD = {
    "50 blocks": [{"type": "divider"}] * 50,
    "section of 3000": [section(3000)],
    "10 fields of 900": [fields(10, 900)],
    "a field of 2000": [fields(1, 2000)],
    "header of 150": [header(150)],
    "10 context elements": [context(10)],
    "25 buttons": [actions(*[button()] * 25)],
    "button text of 75 and value of 2000": [actions(button(75, 2000))],
    "image with alt": [image(alt_text="a curve")],
    "accessory": [{**section(1), "accessory": button()}],
}
BAD = {
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "section of 3001": (
        [section(3001)],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "empty section": ([section(0)], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "section of nothing": ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
    "11 fields": ([fields(11)], "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    "a field of 2001": (
        [fields(1, 2001)],
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "header of 151": ([header(151)], "must be less than 151 characters [json-pointer:/blocks/0/text/text]"),
    "header in mrkdwn": (
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        "must be one of: plain_text [json-pointer:/blocks/0/text/type]",
    ),
    "11 context elements": ([context(11)], "no more than 10 items allowed [json-pointer:/blocks/0/elements]"),
    "26 buttons": ([actions(*[button()] * 26)], "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    "button text of 76": (
        [actions(button(76))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "button value of 2001": (
        [actions(button(1, 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "button style": (
        [actions(button(style="loud"))],
        "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    "the same action twice in a row": (
        [actions({**button(), "action_id": "a"}, {**button(), "action_id": "a"})],
        "`action_id` a already exists for another element [json-pointer:/blocks/0/elements/1]",
    ),
    "image without alt": ([image()], "missing required field: alt_text [json-pointer:/blocks/0]"),
    "image with empty alt": (
        [image(alt_text="")],
        "must be more than 0 characters [json-pointer:/blocks/0/alt_text]",
    ),
    "the same id twice": (
        [{**section(1), "block_id": "a"}, {**section(1), "block_id": "a"}],
        "`block_id` has to be unique: a [json-pointer:/blocks/1/block_id]",
    ),
    "unknown type": ([{"type": "banner"}], "unsupported type: banner [json-pointer:/blocks/0/type]"),
    "unknown key": (
        [{**section(1), "colour": "red"}],
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    "unknown key in a text": (
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}],
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    "unknown element": (
        [actions({"type": "lever"})],
        "unsupported type: lever [json-pointer:/blocks/0/elements/0/type]",
    ),
    "no elements": ([actions()], "must have at least 1 items [json-pointer:/blocks/0/elements]"),
}


@pytest.mark.parametrize("blocks", GOOD.values(), ids=GOOD.keys())
def test_what_is_within_the_limits_is_taken(blocks: list[dict[str, Any]]):
    assert len(block_kit.checked(blocks)) == len(blocks)


@pytest.mark.parametrize(("blocks", "problem"), BAD.values(), ids=BAD.keys())
def test_what_is_beyond_them_is_refused_with_the_place(blocks: list[dict[str, Any]], problem: str):
    with pytest.raises(SlackError) as caught:
        block_kit.checked(blocks)
    assert caught.value.code == "invalid_blocks"
    assert problem in caught.value.fields["errors"]
    assert f"[ERROR] {problem}" in caught.value.fields["response_metadata"]["messages"]


@pytest.mark.parametrize("blocks", ["text", {"type": "section"}, ["section"]])
def test_what_is_no_list_of_blocks_is_refused(blocks: object):
    with pytest.raises(SlackError, match="invalid_blocks_format"):
        block_kit.checked(blocks)


def test_all_texts_together_have_a_limit_too():
    block_kit.checked([section(2500)] * 4)
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        block_kit.checked([section(2501)] * 4)


def test_slack_names_the_blocks_and_buttons_that_have_no_name():
    shown = block_kit.checked([section(1), actions(button(), button(action_id="mine"))])
    assert [block["block_id"] for block in shown] == ["b0", "b1"]
    assert [element["action_id"] for element in shown[1]["elements"]] == ["a0", "mine"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "elements"]), inner),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from(["type", "text", "elements", "fields", "accessory"]), _JSON)))
def test_whatever_comes_is_taken_or_refused_but_never_breaks(blocks: list[dict[str, Any]]):
    kinds = ("section", "header", "context", "actions", "image", "input", "rich_text", "markdown")
    for block, kind in zip(blocks, kinds, strict=False):
        block["type"] = kind
    try:
        block_kit.checked(blocks)
    except SlackError as refused:
        assert refused.code in {"invalid_blocks", "msg_blocks_too_long"}


@pytest.mark.parametrize(
    "view",
    [
        None,
        {"type": "banner"},
        {"type": "modal", "blocks": [section(1)]},
        {"type": "modal", "title": {"type": "plain_text", "text": "x" * 25}, "blocks": [section(1)]},
        {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []},
        {
            "type": "modal",
            "title": {"type": "plain_text", "text": "x"},
            "blocks": [
                {
                    "type": "input",
                    "label": {"type": "plain_text", "text": "x"},
                    "element": {"type": "plain_text_input"},
                }
            ],
        },
    ],
)
def test_a_bad_modal_is_refused(view: object):
    with pytest.raises(SlackError, match="invalid_arguments"):
        block_kit.checked_view(view)
