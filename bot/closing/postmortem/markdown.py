"""A postmortem as Markdown: for a file in Slack, a terminal, and GitHub (pure).

What comes from outside can neither ping nor link nor format, nor forge a citation or a line: characters that would
become look-alikes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote, urlsplit

from bot.domain.postmortem import Chapter, Key, Postmortem
from bot.domain.question import Source
from bot.domain.text import LONGEST_URL, clean, cut
from bot.domain.words import clock

TITLES: dict[Key, str] = {
    "summary": "Executive summary",
    "impact": "Impact",
    "timeline": "Timeline (UTC)",
    "cause": "Root cause analysis",
    "resolution": "Resolution",
    "actions": "Action items",
    "lessons": "Lessons learned",
}
QUESTION = "> ❓ "
LONGEST = 1_000
"""Characters of one sentence."""
LONGEST_HEADING = 250
_LOOKALIKES = str.maketrans(
    {
        "*": "∗",
        "[": "［",
        "]": "］",
        "<": "‹",
        ">": "›",
        "&": "＆",
        "@": "＠",
        "|": "∣",
        "\\": "＼",
        "~": "∼",
        "!": "！",
    }
)
_OUTER_UNDERSCORE = re.compile(r"(?<!\w)_+|_+(?!\w)")
_REFERENCE = re.compile(r"#(?=\d)|(?i:(?<=\bGH)-)(?=\d)")
"""What GitHub takes for another issue: `#12`, `owner/name#12`, `GH-12`."""
_NO_REFERENCE = {"#": "＃", "-": "‑"}
_CODE_SPAN = re.compile(r"`([^`\n]+)`")
_IN_CODE = str.maketrans({"[": "［", "]": "］", "@": "＠"})
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|javascript|data):(?=\S)|\b(www)\.(?=\S)")


def markdown(written: Postmortem, at: datetime) -> str:
    """The whole text, ending with a line break. The same postmortem at the same time gives the same text."""
    parts = [f"# Postmortem: {plain(written.title)}", _preamble(written, at)]
    for chapter in written.chapters:
        parts += [f"## {TITLES[chapter.key]}", "\n".join(_lines(chapter))]
        parts += [f"{QUESTION}{plain(asked.text)}" for asked in chapter.asked]
    parts += ["## Sources", "\n".join(map(_source, written.sources))]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """Words from outside as one line of Markdown that says just that; `code` in them stays code."""
    parts = _CODE_SPAN.split(cut(clean(text), LONGEST))
    return "".join(f"`{_code(part)}`" if index % 2 else _prose(part) for index, part in enumerate(parts)).strip()


def heading(text: str) -> str:
    """Words from outside for a place that is one short line, such as the title of a pull request or a commit: there
    GitHub reads `fixes #12` as an order. It takes 256 characters, and shows no code."""
    return cut(_prose(clean(text)), LONGEST_HEADING)


def _prose(text: str) -> str:
    text = _ADDRESS.sub(lambda found: f"{found[1] or found[2]}{'∶' if found[1] else '․'}", text)
    text = _REFERENCE.sub(lambda found: _NO_REFERENCE[found[0]], text.translate(_LOOKALIKES).replace("`", "ˋ"))
    return _OUTER_UNDERSCORE.sub(lambda found: "ˍ" * len(found[0]), text)


def _code(text: str) -> str:
    """Nothing pings or links in code; a citation would still read as one."""
    return text.translate(_IN_CODE)


def _preamble(written: Postmortem, at: datetime) -> str:
    named = "It names people." if written.named else "Roles stand for people."
    worded = f" Worded in part by {plain(written.model)}, checked against the record." if written.model else ""
    when = f"{at:%Y-%m-%d} at {clock(at, at)} UTC"
    return (
        f"_Draft of {written.incident_id}, version {written.opening}, written {when} from the record."
        f" Each sentence cites its source; ❓ is for people to fill in. {named}{worded}_"
    )


def _lines(chapter: Chapter) -> Iterator[str]:
    for said in chapter.said:
        lead = f"**{plain(said.lead)}** " if said.lead else ""
        mark = "" if chapter.key == "summary" else "- "
        yield f"{mark}{lead}{plain(said.text)} {' '.join(f'[{number}]' for number in said.cites)}"


def _source(source: Source) -> str:
    return f"- [{source.id}] {plain(source.label)}{_link(source.url)}"


def _link(url: str | None) -> str:
    """In angle brackets, which every reader of Markdown takes as an address."""
    if not url or len(url) > LONGEST_URL:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return f" <{quote(url, safe='%/:?#@!$&()*+,;=~-._', errors='replace')}>"
