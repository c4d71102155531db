"""A form as Slack's modal, and what came back in it.

Limits as in Slack's view reference: titles and buttons 24 characters, 100 blocks, labels and hints 2,000, what stands
in a box at first 3,000, `private_metadata` 3,000.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.said import Field, Form
from bot.slack.cutting import PIECE, pack
from bot.slack.words import sendable, short, size

TITLE = 24
LABEL = 200
HINT = 500
BOX = 3_000
METADATA = 3_000
BLOCKS = 100
LINES = 20
"""At most so many blocks of text above the fields."""
WRONG = 200
_NAME = 240

View = dict[str, Any]


def modal(form: Form, channel_id: str, mask: Callable[[str], str]) -> View | None:
    """The view that `views.open` takes; None where it would not come back as it was asked.

    That is so where its value or a field's name is too long for Slack, where there are too many fields, or two of one
    name. Whatever the texts hold, they fit; a value to begin with that is too long or would be masked is left out.
    """
    blocks = [*_above(form.lines, mask), *(_input(n, field, mask) for n, field in enumerate(form.fields))]
    metadata = f"{channel_id} {form.value}"
    names = {
        field.name for field in form.fields if 0 < size(field.name) <= _NAME and sendable(field.name) == field.name
    }
    if size(metadata) > METADATA or sendable(metadata) != metadata or len(blocks) > BLOCKS or not blocks:
        return None
    if len(names) < len(form.fields) or not 0 < size(form.does) <= _NAME:
        return None
    return {
        "type": "modal",
        "callback_id": form.does,
        "private_metadata": metadata,
        "title": _plain(mask(form.title), TITLE),
        "submit": _plain(mask(form.button), TITLE),
        "close": _plain("Cancel", TITLE),
        "blocks": blocks,
    }


def opened_with(metadata: str) -> tuple[str, str]:
    """The channel that a form belongs to, and its value."""
    channel_id, _, value = metadata.partition(" ")
    return channel_id, value


def texts(view: Mapping[str, Any]) -> dict[str, str]:
    """Field → what was filled in, empty for nothing."""
    values: Mapping[str, Any] = (view.get("state") or {}).get("values") or {}
    return {
        name_of(block_id): str(element.get("value") or "")
        for block_id, elements in values.items()
        for element in elements.values()
    }


def wrong(view: Mapping[str, Any], said: Mapping[str, str], mask: Callable[[str], str]) -> dict[str, str]:
    """What is wrong with which field, as Slack takes it; what belongs to no field stands at the first."""
    ids = [str(block["block_id"]) for block in view.get("blocks") or () if block.get("type") == "input"]
    places = {name_of(block_id): block_id for block_id in ids}
    found: dict[str, list[str]] = {}
    for name, what in said.items():
        if place := places.get(name) or next(iter(ids), None):
            found.setdefault(place, []).append(what)
    return {place: short(mask(" ".join(all_of_it)), WRONG) for place, all_of_it in found.items()}


def name_of(block_id: str) -> str:
    return block_id.partition(":")[2]


def _above(lines: tuple[str, ...], mask: Callable[[str], str]) -> list[View]:
    pieces = list(pack(map(mask, lines), PIECE))[:LINES]
    return [{"type": "section", "text": {"type": "mrkdwn", "text": piece, "verbatim": True}} for piece in pieces]


def _input(number: int, field: Field, mask: Callable[[str], str]) -> View:
    """The number before the name makes the id unique. A box of one line loses the line breaks of what is in it."""
    long = field.long or "\n" in field.value
    box: View = {"type": "plain_text_input", "action_id": "text", "max_length": BOX, "multiline": long}
    if field.value and size(field.value) <= BOX and mask(field.value) == field.value == sendable(field.value):
        box["initial_value"] = field.value
    block: View = {
        "type": "input",
        "block_id": f"{number}:{field.name}",
        "label": _plain(mask(field.label or field.name), LABEL),
        "element": box,
        "optional": not field.required,
    }
    if field.hint.strip():
        block["hint"] = _plain(mask(field.hint), HINT)
    return block


def _plain(text: str, limit: int) -> View:
    return {"type": "plain_text", "text": short(text, limit), "emoji": False}
