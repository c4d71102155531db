"""Slack messages as plain text, for a terminal: what `make demo ONCE=1` prints."""

from __future__ import annotations

import html
import re
from typing import Any

from playground.slack.model import Message

_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]+)>")
_BARE = re.compile(r"<(https?://[^|>]+)>")
_DATE = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]+)>")
_BOLD = re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)")


def as_text(message: Message) -> str:
    """The message's blocks as lines; its text where it has none."""
    if not message.blocks:
        return plain(message.text)
    return "\n\n".join(part for block in message.blocks if (part := _block(block)))


def _block(block: dict[str, Any]) -> str:
    match block.get("type"):
        case "section" | "header":
            texts = [block.get("text", {}), *block.get("fields", [])]
            return "\n".join(plain(text.get("text", "")) for text in texts if text)
        case "context":
            return " ".join(plain(element.get("text", "")) for element in block.get("elements", []))
        case "divider":
            return "—" * 40
        case _:
            return ""


def plain(mrkdwn: str) -> str:
    """Slack's mrkdwn without its marks; links keep their words."""
    text = _DATE.sub(r"\1", mrkdwn)
    text = _LINK.sub(r"\2", text)
    text = _BARE.sub(r"\1", text)
    return html.unescape(_BOLD.sub(r"\1", text))
