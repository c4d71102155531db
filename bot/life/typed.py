"""What a person typed behind a slash command, or wrote in a message, read at the door (pure).

Slack sends people, channels and addresses in forms of its own: `<@U1|dana>`, `<#C1|incidents>`, `<https://…|here>`
(docs.slack.dev, «Formatting message text» and «Slash commands», with `should_escape`).
"""

from __future__ import annotations

import re
from collections.abc import Collection

_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|([^<>]*))?>")
_CHANNEL = re.compile(r"<#([CG][A-Z0-9]+)(?:\|([^<>]*))?>")
_CALL = re.compile(r"<!(?:subteam\^)?([\w^-]+)(?:\|([^<>]*))?>")
_ADDRESS = re.compile(r"<((?:https?|mailto):[^<>|]+)(?:\|[^<>]*)?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_QUOTES = str.maketrans("“”„‘’", '"""\'\'')
"""Phones make quotes of these kinds."""


def words(text: str) -> str:
    """The same in plain words that call nobody: names instead of mentions, addresses bare."""
    text = _PERSON.sub(lambda found: f"@{found[2] or found[1]}", text)
    text = _CHANNEL.sub(lambda found: f"#{found[2] or found[1]}", text)
    text = _CALL.sub(lambda found: f"@{(found[2] or found[1]).lstrip('@')}", text)
    text = _ADDRESS.sub(r"\1", text)
    for entity, char in _ENTITIES:
        text = text.replace(entity, char)
    return text.strip()


def person(text: str) -> tuple[str, str]:
    """The user id of the first person who is mentioned, empty where nobody is, and the text without that mention."""
    found = _PERSON.search(text)
    if found is None:
        return "", text.strip()
    rest = f"{text[: found.start()].rstrip()} {text[found.end() :].lstrip(' ,:')}"
    return found[1], rest.strip()


def options(text: str, names: Collection[str]) -> tuple[str, dict[str, str]]:
    """The text without its `name=value` pairs of these names, and the pairs; a value with blanks stands in quotes."""
    pair = re.compile(rf"(?<!\S)({'|'.join(names)})=(\"[^\"]*\"|'[^']*'|\S*)", re.IGNORECASE)
    text = text.translate(_QUOTES)
    given = {found[1].lower(): found[2].strip("\"'").strip() for found in pair.finditer(text)}
    return " ".join(pair.sub(" ", text).split()), given
