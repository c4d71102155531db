"""A whole timeline as a file for the team: plain lines in which people have their names (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bot.domain.entry import BOT
from bot.life.chronicle import Happened, told_to

_ID = re.compile(r"[UW](?=[A-Z]*\d)[A-Z0-9]{2,}")
_MENTION = re.compile(rf"<@({_ID.pattern})(?:\|[^<>]*)?>|(?<![\w@])@({_ID.pattern})(?!\w)")
"""As Slack writes it, or as a word that calls nobody."""
_PAGERDUTY = "pagerduty:"


def user_ids(happened: Iterable[Happened]) -> tuple[str, ...]:
    """Of everybody who did something, to whom it was done, or who is mentioned; each once."""
    found: dict[str, None] = {}
    for one in happened:
        found |= dict.fromkeys(id_ for id_ in (*one.who, one.to) if _ID.fullmatch(id_))
        found |= dict.fromkeys(mention[1] or mention[2] for mention in _MENTION.finditer(one.text))
    return tuple(found)


def in_plain_words(happened: Iterable[Happened], names: Mapping[str, str]) -> str:
    """One line of Markdown for each moment. Whoever is not in `names` (by user id) stays with the id."""
    return "".join(f"{_line(one, names)}\n" for one in happened)


def _line(one: Happened, names: Mapping[str, str]) -> str:
    who = " and ".join(dict.fromkeys(_who(id_, names) for id_ in one.who))
    text = _MENTION.sub(lambda found: f"@{_who(found[1] or found[2], names)}", one.text)
    said = " ".join(f"{who} {told_to(text, _who(one.to, names) if one.to else '')}".split())
    source = f"{one.source}: {one.link}" if one.link else one.source
    return f"- {one.at:%Y-%m-%d %H:%M:%S} {said[:1].upper()}{said[1:]} ({source})"


def _who(id_: str, names: Mapping[str, str]) -> str:
    if id_ == BOT:
        return "the bot"
    if id_.startswith(_PAGERDUTY):
        return f"{id_.removeprefix(_PAGERDUTY) or 'somebody'} in PagerDuty"
    return names.get(id_, id_)
