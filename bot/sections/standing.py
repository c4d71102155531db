"""Where an incident stands, in one line: who has it, who leads, what was last said of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from bot.domain.entry import BOT, Entry
from bot.domain.text import safe
from bot.domain.words import clock
from bot.life.lifecycle import Standing

_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_PAGERDUTY = "pagerduty:"


def standing(now: Standing, at: datetime, *, over: bool = False) -> str:
    """«acknowledged by @dana 03:44 · lead @lee · identified 03:50: … · next update by 04:20 UTC»; empty for nothing.

    Once it is `over` no next update is promised any more.
    """
    parts = []
    if now.acknowledged:
        parts.append(f"acknowledged by {who(now.acknowledged.who)} {clock(now.acknowledged.at, at)}")
    if now.taken and now.taken is not now.acknowledged:
        how = "call answered by" if now.reached else "and again by"
        parts.append(f"{how} {who(now.taken.who)} {clock(now.taken.at, at)}")
    if now.lead:
        parts.append(f"lead {who(now.lead.value)}")
    if now.severity:
        parts.append(f"{safe(now.severity.value, 10)} by {who(now.severity.who)}")
    if now.status:
        parts.append(_status(replace(now.status, due=None) if over else now.status, at))
    return " · ".join(parts)


def _status(status: Entry, at: datetime) -> str:
    said = f"*{safe(status.value, 20)}* {clock(status.at, at)}: {safe(status.text, 160)}"
    return f"{said} · next update by {clock(status.due, at)} UTC" if status.due else said


def who(name: str) -> str:
    """Whoever an entry names, as mrkdwn: a mention, a name in PagerDuty, or the bot itself."""
    if _USER.fullmatch(name):
        return f"<@{name}>"
    if name.startswith(_PAGERDUTY):
        return f"{safe(name.removeprefix(_PAGERDUTY), 60) or 'somebody'} in PagerDuty"
    return "the bot" if name == BOT else safe(name, 60) or "nobody"
