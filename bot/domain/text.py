"""Text from outside made safe for Slack's mrkdwn: escaped, cleaned and cut.

What comes from outside can neither ping, nor format, nor forge a second line. Slack knows no escape for its
formatting characters, so those become look-alikes; `&`, `<` and `>` become entities, as Slack's documentation asks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import groupby
from urllib.parse import quote, urlsplit

LONGEST_INPUT = 20_000
"""Characters of one text that are looked at; nobody reads more of one label."""
LONGEST_URL = 2_000
"""A longer address is left out and only its label shown."""
_MARKS = 5
"""Combining marks kept on one character: enough for every living script, too few to paint over other lines."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LOOKALIKES = {"*": "∗", "~": "∼", "`": "ˋ"}
_NO_MARKUP = str.maketrans({"&": "＆", "<": "‹", ">": "›", **_LOOKALIKES})
_OUTER_UNDERSCORE = re.compile(r"(?<!\w)_+|_+(?!\w)")
_EMOJI = re.compile(r":(?=[\w+'-]*[A-Za-z_])([\w+'-]+):", re.ASCII)
_SENTENCE = re.compile(r"(?<=[^\s.])\.\s+(?=[A-Z0-9])|;\s")
"""Where one ends: a version or a time has its dots inside."""
_CODE_SPAN = re.compile(r"`([^`\n]+)`")


def visible(text: str) -> str:
    """The text on one line, without characters that cannot be seen (controls, bidi, zero-width, surrogates)."""
    kept = "".join(_seen(char) for char in text[:LONGEST_INPUT])
    runs = ("".join(run) for _, run in groupby(kept, key=lambda char: bool(unicodedata.combining(char))))
    return "".join(run[:_MARKS] if unicodedata.combining(run[0]) else run for run in runs)


def _seen(char: str) -> str:
    match unicodedata.category(char):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cf":
            return ""
        case "Cs":
            return "\ufffd"
        case _:
            return char


def clean(text: str) -> str:
    """`visible`, with every run of spaces made one and none at the ends."""
    return " ".join(visible(text).split())


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ended by «…» where something is missing; between words where it can be.

    Never between a character and the marks that belong to it.
    """
    if len(text) <= limit:
        return text
    at = boundary(text, limit - 1)
    return text[:at].rstrip() + "…"


def first_sentence(text: str) -> str:
    """Up to its first full stop before a new sentence, or its first semicolon; without either."""
    return _SENTENCE.split(text, maxsplit=1)[0].rstrip(". ")


def boundary(text: str, limit: int) -> int:
    """Where to cut so that at most `limit` characters come before: at a space in the last fifth, else between letters.

    At least 1, so that whoever cuts again and again comes to an end.
    """
    space = text.rfind(" ", limit - limit // 5, limit + 1)
    if space > 0:
        return space
    at = limit
    while at > max(1, limit - 32) and at < len(text) and _joined(text, at):
        at -= 1
    return max(1, at)


def _joined(text: str, at: int) -> bool:
    """Whether the characters around this index are one to the eye (marks, joiners, skin tones, flags)."""
    before, after = text[at - 1], text[at]
    return (
        unicodedata.category(after).startswith("M")
        or "\u200d" in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")
    )


def safe(text: str, limit: int = 300) -> str:
    """Text from outside as one line of mrkdwn that says just that, cut at `limit` characters before escaping."""
    line = cut(clean(text), limit)
    if line.startswith(">"):  # Slack quotes a line that begins with it, escaped or not
        line = "›" + line[1:]
    line = _EMOJI.sub(r"∶\1∶", line)
    line = _OUTER_UNDERSCORE.sub(lambda found: "ˍ" * len(found[0]), line)
    return "".join(_ENTITIES.get(char) or _LOOKALIKES.get(char, char) for char in line)


def bare(text: str, limit: int = 300) -> str:
    """Text from outside for places that know no markup and no escapes, such as a channel's topic."""
    return cut(clean(text), limit).translate(_NO_MARKUP)


def prose(text: str, limit: int = 1_200) -> str:
    """A sentence of our own that holds words from outside: `safe`, but `code` in it stays code."""
    line = cut(clean(text), limit)
    parts = _CODE_SPAN.split(line)
    return "".join(code(part, limit) if index % 2 else _spaced(part, limit) for index, part in enumerate(parts))


def _spaced(part: str, limit: int) -> str:
    """`safe` with the spaces at its ends kept."""
    inner = safe(part, limit)
    if not inner:
        return " " if part else ""
    return " " * part.startswith(" ") + inner + " " * part.endswith(" ")


def code(text: str, limit: int = 600) -> str:
    """Text from outside in a code span, its inner spaces kept so that it can be pasted; empty for nothing."""
    line = cut(visible(text).strip(), limit).replace("`", "ˋ")
    return f"`{''.join(_ENTITIES.get(char, char) for char in line)}`" if line else ""


def link(url: str | None, label: str) -> str:
    """A mrkdwn link; only the label where the address is missing, too long or not http(s). `label` is safe already."""
    if not url or len(url) > LONGEST_URL:
        return label
    try:
        parts = urlsplit(url)
    except ValueError:
        return label
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return label
    address = quote(url, safe="%/:?#[]@!$&'()+,;=~-._", errors="replace").replace("&", "&amp;")
    return f"<{address}|{label}>" if len(address) <= LONGEST_URL else label


def links(pairs: Iterable[tuple[str | None, str]], budget: int) -> list[str]:
    """Each label as a link, as long as all of them together stay within `budget` characters; then only labels.

    A query's address can have hundreds of characters, and ten of them would push everything else out of a message.
    """
    shown: list[str] = []
    for url, label in pairs:
        linked = link(url, label)
        budget -= len(linked)
        shown.append(linked if budget >= 0 else label)
    return shown
