"""Buttons as Block Kit's actions blocks, and what a tapped one means.

Limits as in Slack's Block Kit reference: 25 elements a block, a label of 75 characters, a value of 2,000.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import structlog

from bot.domain.briefing import Button
from bot.slack.words import sendable, short, size

log = structlog.get_logger(__name__)

A_BLOCK = 25
LABEL = 75
VALUE = 2_000
DOES = 200
_OURS = re.compile(r"(.+)#\d+", re.DOTALL)


def rows(buttons: Iterable[Button]) -> list[dict[str, Any]]:
    """Actions blocks with all of them, 25 in each.

    A value is never changed: a button whose value or meaning Slack cannot carry is left out, and logged.
    """
    kept = [button for button in buttons if _carried(button)]
    elements = [_element(button, number) for number, button in enumerate(kept)]
    return [
        {"type": "actions", "elements": elements[start : start + A_BLOCK]} for start in range(0, len(elements), A_BLOCK)
    ]


def does_of(action_id: str) -> str | None:
    """What the button with this id does; None: it is none of ours."""
    found = _OURS.fullmatch(action_id)
    return found[1] if found else None


def _element(button: Button, number: int) -> dict[str, Any]:
    """The number behind the meaning makes the id unique in its block, as Slack asks."""
    element: dict[str, Any] = {
        "type": "button",
        "action_id": f"{button.does}#{number}",
        "text": {"type": "plain_text", "text": short(button.label, LABEL), "emoji": False},
    }
    if button.value:
        element["value"] = button.value
    if button.look != "plain":
        element["style"] = button.look
    return element


def _carried(button: Button) -> bool:
    fits = 0 < size(button.does) <= DOES and size(button.value) <= VALUE
    if fits and sendable(button.does) == button.does and sendable(button.value) == button.value:
        return True
    log.error("a button was left out: its value or meaning is too long for Slack", does=button.does[:80])
    return False
