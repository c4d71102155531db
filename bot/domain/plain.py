"""A briefing as plain text, for a terminal: Slack's marks taken out, its links kept only where they say more."""

from __future__ import annotations

import re

from bot.domain.briefing import Briefing

_CHANNEL = re.compile(r"<#(\w+)(?:\|([^<>|]*))?>")
_DATE = re.compile(r"<!date\^[^<>|]*\|([^<>]*)>")
_LINK = re.compile(r"<([^<>|!#@]+)\|([^<>]*)>")
_BOLD = re.compile(r"(?<![\w*])\*(\S|\S[^*\n]*\S)\*(?![\w*])")
_CODE = re.compile(r"(`[^`\n]*`)")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def as_text(briefing: Briefing) -> str:
    """Headline, sections and footer, a blank line between them; nothing is cut."""
    parts = [briefing.headline, *("\n".join(section.text) for section in briefing.sections), briefing.footer or ""]
    return "\n\n".join(_plain(part) for part in parts if part.strip())


def _plain(mrkdwn: str) -> str:
    text = _CHANNEL.sub(lambda found: f"#{found[2] or found[1]}", mrkdwn)
    text = _LINK.sub(r"\2", _DATE.sub(r"\1", text))
    text = text.replace("```\n", "").replace("\n```", "")
    text = "".join(part if _CODE.fullmatch(part) else _BOLD.sub(r"\1", part) for part in _CODE.split(text))
    for entity, char in _ENTITIES:
        text = text.replace(entity, char)
    return text
