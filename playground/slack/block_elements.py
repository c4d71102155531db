"""Block Kit's rules for texts and interactive elements. Source: the Block Kit reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MESSAGE_ELEMENTS = frozenset(
    {
        "button",
        "static_select",
        "multi_static_select",
        "users_select",
        "conversations_select",
        "channels_select",
        "overflow",
        "datepicker",
        "timepicker",
        "checkboxes",
        "radio_buttons",
        "workflow_button",
    }
)
INPUT_ELEMENTS = (MESSAGE_ELEMENTS - {"button", "overflow", "workflow_button"}) | {
    "plain_text_input",
    "multi_users_select",
    "number_input",
    "email_text_input",
    "url_text_input",
}
_SHARED_KEYS = {"type", "action_id", "confirm", "focus_on_load", "placeholder"}
_ELEMENT_KEYS: Mapping[str, set[str]] = {
    "button": {"type", "action_id", "confirm", "text", "value", "url", "style", "accessibility_label"},
    "plain_text_input": _SHARED_KEYS
    | {"initial_value", "multiline", "min_length", "max_length", "dispatch_action_config"},
    "static_select": _SHARED_KEYS | {"options", "option_groups", "initial_option"},
    "multi_static_select": _SHARED_KEYS | {"options", "option_groups", "initial_options", "max_selected_items"},
    "overflow": {"type", "action_id", "confirm", "options"},
    "checkboxes": _SHARED_KEYS - {"placeholder"} | {"options", "initial_options"},
    "radio_buttons": _SHARED_KEYS - {"placeholder"} | {"options", "initial_option"},
}
_OPTIONS: Mapping[str, int] = {
    "static_select": 100,
    "multi_static_select": 100,
    "overflow": 5,
    "checkboxes": 10,
    "radio_buttons": 10,
}


@dataclass(slots=True)
class Problems:
    """What is wrong with some blocks, each with a JSON pointer to the place."""

    found: list[str] = field(default_factory=list)

    def say(self, what: str, where: str) -> None:
        self.found.append(f"{what} [json-pointer:{where}]")

    def keys(self, thing: Mapping[str, Any], where: str, allowed: set[str], required: tuple[str, ...] = ()) -> None:
        for name in thing:
            if name not in allowed:
                self.say(f"invalid additional property: {name}", where)
        for name in required:
            if name not in thing:
                self.say(f"missing required field: {name}", where)

    def string(self, value: object, where: str, most: int) -> None:
        """A string of 1 to `most` characters."""
        if not isinstance(value, str):
            self.say("must be a string", where)
        elif not value:
            self.say("must be more than 0 characters", where)
        elif len(value) > most:
            self.say(f"must be less than {most + 1} characters", where)

    def items(self, value: object, where: str, most: int) -> list[Any]:
        """The items of a list of 1 to `most`; an empty list after a complaint."""
        if not isinstance(value, list):
            self.say("must be an array", where)
            return []
        if not value:
            self.say("must have at least 1 items", where)
        if len(value) > most:
            self.say(f"no more than {most} items allowed", where)
        return value


def text(problems: Problems, value: object, where: str, most: int, kinds: tuple[str, ...]) -> None:
    """A text object: `plain_text` or `mrkdwn`, as `kinds` allow, of 1 to `most` characters."""
    if not isinstance(value, dict):
        problems.say("must be an object", where)
        return
    if value.get("type") not in kinds:
        problems.say(f"must be one of: {', '.join(kinds)}", f"{where}/type")
        return
    own = "emoji" if value["type"] == "plain_text" else "verbatim"
    problems.keys(value, where, {"type", "text", own}, ("text",))
    if "text" in value:
        problems.string(value["text"], f"{where}/text", most)


def image(problems: Problems, value: Mapping[str, Any], where: str) -> None:
    """What image blocks and image elements share: a source and a text for those who cannot see it."""
    if "alt_text" in value:
        problems.string(value["alt_text"], f"{where}/alt_text", 2000)
    if "image_url" in value:
        problems.string(value["image_url"], f"{where}/image_url", 3000)
    elif "slack_file" not in value:
        problems.say("missing required field: image_url", where)


def element(problems: Problems, value: object, where: str, allowed: frozenset[str]) -> None:
    """An interactive element of one of the `allowed` types."""
    if not isinstance(value, dict):
        problems.say("must be an object", where)
        return
    kind = value.get("type")
    if kind == "image" and "image" in allowed:
        problems.keys(value, where, {"type", "image_url", "slack_file", "alt_text"}, ("alt_text",))
        image(problems, value, where)
        return
    if not isinstance(kind, str) or kind not in allowed:
        problems.say(f"unsupported type: {kind}", f"{where}/type")
        return
    _interactive(problems, value, where, kind)


def _interactive(problems: Problems, value: Mapping[str, Any], where: str, kind: str) -> None:
    if kind in _ELEMENT_KEYS:
        problems.keys(value, where, _ELEMENT_KEYS[kind])
    if "action_id" in value:
        problems.string(value["action_id"], f"{where}/action_id", 255)
    if "placeholder" in value:
        text(problems, value["placeholder"], f"{where}/placeholder", 150, ("plain_text",))
    if "confirm" in value:
        _confirm(problems, value["confirm"], f"{where}/confirm")
    if kind == "plain_text_input":
        _text_input(problems, value, where)
    if kind == "button":
        _button(problems, value, where)
    if kind in _OPTIONS:
        _options(problems, value, where, _OPTIONS[kind])


def _text_input(problems: Problems, value: Mapping[str, Any], where: str) -> None:
    if "initial_value" in value:
        problems.string(value["initial_value"], f"{where}/initial_value", 3000)
    for name, least in (("min_length", 0), ("max_length", 1)):
        length = value.get(name, least)
        if not isinstance(length, int) or not least <= length <= 3000:
            problems.say(f"must be between {least} and 3000", f"{where}/{name}")


def _button(problems: Problems, value: Mapping[str, Any], where: str) -> None:
    text(problems, value.get("text"), f"{where}/text", 75, ("plain_text",))
    if "value" in value:
        problems.string(value["value"], f"{where}/value", 2000)
    if "url" in value:
        problems.string(value["url"], f"{where}/url", 3000)
    if value.get("style", "primary") not in ("primary", "danger"):
        problems.say("must be one of: primary, danger", f"{where}/style")


def _options(problems: Problems, value: Mapping[str, Any], where: str, most: int) -> None:
    if "option_groups" in value:
        return
    for i, option in enumerate(problems.items(value.get("options"), f"{where}/options", most)):
        at = f"{where}/options/{i}"
        if not isinstance(option, dict):
            problems.say("must be an object", at)
            continue
        problems.keys(option, at, {"text", "value", "description", "url"}, ("value",))
        text(problems, option.get("text"), f"{at}/text", 75, ("plain_text", "mrkdwn"))
        if "value" in option:
            problems.string(option["value"], f"{at}/value", 150)


def _confirm(problems: Problems, value: object, where: str) -> None:
    if not isinstance(value, dict):
        problems.say("must be an object", where)
        return
    problems.keys(value, where, {"title", "text", "confirm", "deny", "style"}, ("title", "text", "confirm", "deny"))
    for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        if name in value:
            kinds = ("plain_text", "mrkdwn") if name == "text" else ("plain_text",)
            text(problems, value[name], f"{where}/{name}", most, kinds)
