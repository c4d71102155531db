"""Block Kit's rules for whole blocks, messages and modals. Source: the Block Kit reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playground.slack import block_elements as elements
from playground.slack.block_elements import Problems
from playground.slack.errors import SlackError, invalid_arguments
from playground.slack.model import Json

BLOCKS_A_MESSAGE = 50
BLOCKS_A_MODAL = 100
TEXT_OF_ALL_BLOCKS = 10_000
"""Characters of all texts in a message's blocks, above which Slack answers `msg_blocks_too_long`.

Not documented; people measured 9,597 accepted and 11,341 refused (slackapi/bolt-js issue 2867). The
stand-in refuses a little early rather than late.
"""
_VIEW_KEYS = {"type", "title", "blocks", "submit", "close", "private_metadata", "callback_id", "external_id"} | {
    "clear_on_close",
    "notify_on_close",
    "submit_disabled",
}
_BOTH = ("plain_text", "mrkdwn")
_Check = Callable[[Problems, Mapping[str, Any], str], None]


def checked(blocks: object) -> list[Json]:
    """The blocks of a message, if Slack takes them. Raises SlackError `invalid_blocks…`."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackError("invalid_blocks_format")
    problems = Problems()
    if len(blocks) > BLOCKS_A_MESSAGE:
        problems.say(f"no more than {BLOCKS_A_MESSAGE} items allowed", "/blocks")
    _blocks(problems, blocks, "/blocks")
    if problems.found:
        messages = [f"[ERROR] {problem}" for problem in problems.found]
        raise SlackError("invalid_blocks", errors=problems.found, response_metadata={"messages": messages})
    if sum(len(text) for text in texts(blocks)) > TEXT_OF_ALL_BLOCKS:
        raise SlackError("msg_blocks_too_long")
    return _with_ids(blocks)


def checked_view(view: object) -> Json:
    """A modal, if Slack takes it. Raises SlackError `invalid_arguments`."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        raise invalid_arguments("failed to match exactly one allowed schema [json-pointer:/view]")
    problems = Problems()
    blocks = problems.items(view.get("blocks"), "/view/blocks", BLOCKS_A_MODAL)
    problems.keys(view, "/view", _VIEW_KEYS, ("blocks",))
    for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(str(view.get(name) or "")) > most:
            problems.say(f"must be less than {most + 1} characters", f"/view/{name}")
    if view["type"] == "modal":
        for name in ("title", "submit", "close"):
            if name in view or name == "title":
                elements.text(problems, view.get(name), f"/view/{name}", 24, ("plain_text",))
    if any(isinstance(b, dict) and b.get("type") == "input" for b in blocks) and "submit" not in view:
        problems.say("missing required field: submit", "/view")
    _blocks(problems, blocks, "/view/blocks")
    if problems.found:
        raise invalid_arguments(*problems.found)
    return view | {"blocks": _with_ids(blocks)}


def texts(value: object) -> Iterator[str]:
    """Every string that stands under a `text` key, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def _with_ids(blocks: list[Json]) -> list[Json]:
    """Slack gives every block and every interactive element an id, where the app gave none."""
    return [{"block_id": f"b{i}", **_with_action_ids(block)} for i, block in enumerate(blocks)]


def _with_action_ids(block: Json) -> Json:
    named = dict(block)
    if block["type"] == "actions":
        named["elements"] = [{"action_id": f"a{i}", **element} for i, element in enumerate(block["elements"])]
    if isinstance(block.get("accessory"), dict) and block["accessory"].get("type") != "image":
        named["accessory"] = {"action_id": "a", **block["accessory"]}
    return named


def _blocks(problems: Problems, blocks: list[Any], where: str) -> None:
    seen: set[str] = set()
    for i, block in enumerate(blocks):
        at = f"{where}/{i}"
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(kind, str) or kind not in _RULES:
            problems.say(f"unsupported type: {kind}", f"{at}/type")
            continue
        keys, required, check = _RULES[kind]
        problems.keys(block, at, keys | {"type", "block_id"}, required)
        _block_id(problems, block, at, seen)
        check(problems, block, at)


def _block_id(problems: Problems, block: Mapping[str, Any], where: str, seen: set[str]) -> None:
    if "block_id" not in block:
        return
    problems.string(block["block_id"], f"{where}/block_id", 255)
    if str(block["block_id"]) in seen:
        problems.say(f"`block_id` has to be unique: {block['block_id']}", f"{where}/block_id")
    seen.add(str(block["block_id"]))


def _section(problems: Problems, block: Mapping[str, Any], where: str) -> None:
    if "text" not in block and "fields" not in block:
        problems.say("missing required field: text", where)
    if "text" in block:
        elements.text(problems, block["text"], f"{where}/text", 3000, _BOTH)
    if "fields" in block:
        for i, item in enumerate(problems.items(block["fields"], f"{where}/fields", 10)):
            elements.text(problems, item, f"{where}/fields/{i}", 2000, _BOTH)
    if "accessory" in block:
        allowed = elements.MESSAGE_ELEMENTS | {"image"}
        elements.element(problems, block["accessory"], f"{where}/accessory", allowed)


def _header(problems: Problems, block: Mapping[str, Any], where: str) -> None:
    if "text" in block:
        elements.text(problems, block["text"], f"{where}/text", 150, ("plain_text",))


def _context(problems: Problems, block: Mapping[str, Any], where: str) -> None:
    for i, item in enumerate(problems.items(block.get("elements"), f"{where}/elements", 10)):
        at = f"{where}/elements/{i}"
        if isinstance(item, dict) and item.get("type") == "image":
            elements.element(problems, item, at, frozenset({"image"}))
        else:
            elements.text(problems, item, at, 3000, _BOTH)


def _actions(problems: Problems, block: Mapping[str, Any], where: str) -> None:
    seen: set[str] = set()
    for i, item in enumerate(problems.items(block.get("elements"), f"{where}/elements", 25)):
        action_id = str(item.get("action_id", i)) if isinstance(item, dict) else ""
        if action_id in seen:
            problems.say(f"`action_id` {action_id} already exists for another element", f"{where}/elements/{i}")
        seen.add(action_id)
        elements.element(problems, item, f"{where}/elements/{i}", elements.MESSAGE_ELEMENTS)


def _image(problems: Problems, block: Mapping[str, Any], where: str) -> None:
    elements.image(problems, block, where)
    if "title" in block:
        elements.text(problems, block["title"], f"{where}/title", 2000, ("plain_text",))


def _input(problems: Problems, block: Mapping[str, Any], where: str) -> None:
    elements.text(problems, block.get("label"), f"{where}/label", 2000, ("plain_text",))
    elements.element(problems, block.get("element"), f"{where}/element", elements.INPUT_ELEMENTS)
    if "hint" in block:
        elements.text(problems, block["hint"], f"{where}/hint", 2000, ("plain_text",))


def _markdown(problems: Problems, block: Mapping[str, Any], where: str) -> None:
    problems.string(block.get("text"), f"{where}/text", 12_000)


def _rich_text(problems: Problems, block: Mapping[str, Any], where: str) -> None:
    allowed = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
    for i, item in enumerate(problems.items(block.get("elements"), f"{where}/elements", 10_000)):
        if not isinstance(item, dict) or item.get("type") not in allowed:
            problems.say(f"must be one of: {', '.join(sorted(allowed))}", f"{where}/elements/{i}/type")


def _nothing(problems: Problems, block: Mapping[str, Any], where: str) -> None:
    """Nothing more to check than the keys."""


_RULES: Mapping[str, tuple[set[str], tuple[str, ...], _Check]] = {
    "section": ({"text", "fields", "accessory", "expand"}, (), _section),
    "header": ({"text"}, ("text",), _header),
    "divider": (set(), (), _nothing),
    "context": ({"elements"}, ("elements",), _context),
    "actions": ({"elements"}, ("elements",), _actions),
    "image": ({"image_url", "slack_file", "alt_text", "title"}, ("alt_text",), _image),
    "input": (
        {"label", "element", "hint", "optional", "dispatch_action"},
        ("label", "element"),
        _input,
    ),
    "markdown": ({"text"}, ("text",), _markdown),
    "rich_text": ({"elements"}, ("elements",), _rich_text),
    "file": ({"external_id", "source"}, ("external_id",), _nothing),
}
