"""What a model wrote, made safe for Slack: it can neither ping anybody nor link anywhere but to our own sources.

Pure. `plain_reply` is the finished answer, `streamable` what may be shown of one while it still grows. Secrets are
masked first: what is changed here could hide one from the mask at the door.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from bot.domain.text import boundary, code, link, safe, visible
from bot.guard.redact import redact
from bot.guard.unseen import without_unseen

LONGEST_REPLY = 12_000
"""Characters of one answer that are shown."""
LONGEST_LINE = 1_000
"""A longer paragraph goes on in the next line."""
_FENCE = re.compile(r"[ \t]*(?:```|~~~)[^`]*")
_TICKS = "```"
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:[-*+•]|(?P<number>\d{1,3})[.)])[ \t]+(?P<rest>.*)")
_DEFINITION = re.compile(r"[ \t]{0,3}\[[^\]\n]{1,200}\]:[ \t]*<?(?:\w+:|www\.|[/#])\S*.*", re.IGNORECASE)
"""`[name]: https://…`, to which a link elsewhere would point."""
_URL = r"(?:(?:[a-z][a-z0-9+.-]{1,20}://|mailto:|www\.)(?:\[redacted: [a-z ]{1,30}\]|[^\s<>`|\"])+)"
_INLINE = re.compile(
    r"\\(?P<escaped>[*_#\[\]`\\])"
    r"|(?P<ticks>`{1,3})(?P<code>[^`\n]+)(?P=ticks)"
    r"|!?\[(?P<label>[^\[\]\n]{0,500})\]\((?P<target>[^()\n]{0,900}(?:\([^()\n]{0,100}\)[^()\n]{0,900})?)\)"
    r"|!?\[(?P<named>(?!\d{1,4}\])[^\[\]\n]{1,500})\]\[(?!\d{1,4}\])[^\[\]\n]{0,200}\]"
    rf"|<(?P<angled>{_URL})(?:\|(?P<shown>[^<>\n]{{0,500}}))?>"
    rf"|(?P<url>{_URL})"
    r"|\*\*(?P<bold>[^\s*](?:[^*\n]{0,500}?[^\s*])?)\*\*"
    r"|(?<!\w)__(?P<strong>[^\s_](?:[^\n]{0,500}?[^\s_])?)__(?!\w)"
    r"|(?<![\w*])\*(?P<italic>[^\s*](?:[^*\n]{0,500}?[^\s*])?)\*(?![\w*])"
    r"|(?<!\w)_(?P<slanted>[^\s_](?:[^_\n]{0,500}?[^\s_])?)_(?!\w)"
    r"|(?P<newline><br ?/?>)",
    re.IGNORECASE,
)
_AFTER_URL = ".,;:!?)]}'*_~"
"""What closes the sentence around an address."""
_RULERS = ({"*"}, {"_"}, {"="})
_CELLS = re.compile(r"(?<!\\)\|")
BEFORE = 3
"""Lines before one that are looked at with it while an answer grows: a secret may stand below its name."""
_LOOKALIKES = str.maketrans({"@": "\uff20", "<": "‹", ">": "›", "&": "＆"})
_DOTS = re.compile(r"(?<=\w)\.(?=[^\W\d_])")
"""The dot of a name such as `example.com`, which Slack may make a link of."""
_SECRET_TO_COME = "PRIVATE KEY"  # noqa: S105 - what stands above one
_EVERYBODY = re.compile(r"@(?=(?:here|channel|everyone|group)\b)", re.IGNORECASE)
_WIDE_AT = "\uff20"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "ˋ"})


def plain_reply(
    text: str, allowed: Collection[str] = (), *, mask: Callable[[str], str] = redact, limit: int = LONGEST_REPLY
) -> tuple[str, ...]:
    """A finished answer as lines of mrkdwn, of at most `limit` characters before escaping.

    Bullets, bold, code and citations such as `[3]` stay. A link becomes its label and an address is shown as code,
    unless it is one of `allowed`: the addresses of the sources that we name ourselves.
    """
    whole = mask(without_unseen(text)).strip()
    if len(whole) > limit:
        whole = whole[: _end(whole, limit - 1)].rstrip() + "…"
    lines = list(_Reply(frozenset(allowed)).lines(whole.split("\n")))
    while lines and not lines[-1]:
        lines.pop()
    return tuple(line for before, line in pairwise(("", *lines)) if line or before)


def streamable(text: str, *, mask: Callable[[str], str] = redact) -> str:
    """As much of a growing answer as may be shown already: whole lines only.

    Of a text that grows, what was given before is always the beginning of what is given next. What begins a private
    key and all behind it is left for the end. Nothing in it is a link, a mention, HTML or an entity to Slack's own
    markdown; the finished answer has the links to our sources.
    """
    whole = without_unseen(text[: text.rfind("\n") + 1])
    lines = [visible(line.expandtabs(4)).rstrip() for line in whole.split("\n")[:-1]]
    known = next((at for at, line in enumerate(lines) if _SECRET_TO_COME in line), len(lines))
    shown = (mask("\n".join(lines[max(0, at - BEFORE) : at + 1])).split("\n")[-1] for at in range(known))
    return "".join(f"{_dead(line)}\n" for line in shown)


def _end(text: str, limit: int) -> int:
    """Where to cut: at a line's end in the last fifth, else between words."""
    line = text.rfind("\n", limit - limit // 5, limit + 1)
    return line if line > 0 else boundary(text, limit)


@dataclass(frozen=True, slots=True)
class _Reply:
    allowed: frozenset[str]

    def lines(self, lines: list[str]) -> Iterator[str]:
        fenced = False
        for line in lines:
            if _FENCE.fullmatch(line):
                fenced = not fenced
                yield _TICKS
            elif fenced:
                yield from map(_in_fence, _parts(line))
            else:
                yield from map(self._line, _parts(line))
        if fenced:
            yield _TICKS

    def _line(self, line: str) -> str:
        """A line outside of any code, its shape told first: heading, item, row, quotation, or just words."""
        stripped = line.strip()
        if _is_ruler(stripped) or _DEFINITION.fullmatch(line):
            return ""
        if stripped.startswith("#") and stripped.lstrip("#")[:1].isspace():
            title = self._inline(stripped.strip("# \t").replace("*", ""))
            return f"*{title}*" if title else ""
        if item := _ITEM.fullmatch(line):
            point = f"{item['number']}." if item["number"] else "•"
            level = min(len(item["indent"].expandtabs(4)) // 2, 4)
            return f"{'    ' * level}{point} {self._inline(item['rest'])}"
        if stripped.startswith("|") and stripped.count("|") > 1:
            cells = (self._inline(cell.strip()) for cell in _CELLS.split(stripped.strip("|")))
            return " · ".join(cell for cell in cells if cell)
        if stripped.startswith(">"):
            return f"› {self._inline(stripped.lstrip('> '))}"
        return self._inline(stripped)

    def _inline(self, text: str) -> str:
        told: list[str] = []
        at = 0
        for found in _INLINE.finditer(text):
            told += (_words(text[at : found.start()]), self._piece(found))
            at = found.end()
        return "".join((*told, _words(text[at:]))).strip()

    def _piece(self, found: re.Match[str]) -> str:
        given = {name: piece for name, piece in found.groupdict().items() if piece is not None}
        match given:
            case {"escaped": piece}:
                told = piece if piece == "_" else _words(piece)
            case {"code": piece}:
                told = _code(piece)
            case {"named": piece}:
                told = self._inline(piece)
            case {"bold": piece} | {"strong": piece}:
                told = _around("*", self._inline(piece))
            case {"italic": piece} | {"slanted": piece}:
                told = _around("_", self._inline(piece))
            case {"newline": _}:
                told = " "
            case _:
                told = self._address(given)
        return told

    def _address(self, given: Mapping[str, str]) -> str:
        if "target" in given:
            return self._link(given["label"], (given["target"].split() or [""])[0].strip("<>"))
        if "angled" in given:
            return self._link(given.get("shown", given["angled"]), given["angled"])
        address = given["url"].rstrip(_AFTER_URL)
        return self._link(address, address) + _words(given["url"][len(address) :])

    def _link(self, label: str, address: str) -> str:
        """A link only to what is ours; a number as label is a citation and stays one."""
        if address in self.allowed:
            return link(address, _words(label) or _words(address))
        if label == address:
            return _code(address)
        return f"[{label}]" if label.isdecimal() else self._inline(label)


def _parts(line: str) -> Iterator[str]:
    """A line that is too long as several, cut between words."""
    while len(line) > LONGEST_LINE:
        at = boundary(line, LONGEST_LINE)
        yield line[:at]
        line = line[at:]
    yield line


def _is_ruler(line: str) -> bool:
    """A ruler, or the line below a table's head."""
    signs = set(line) - {" ", "\t"}
    return len(line) > 2 and (signs in _RULERS or {"-"} <= signs <= {"|", ":", "-"})


def _words(text: str) -> str:
    """Words that can do nothing, the spaces at their ends kept."""
    inner = safe(text, len(text) + 1).replace("@", _WIDE_AT).replace("://", ":∕∕")
    if not inner:
        return " " if text else ""
    return " " * text[0].isspace() + inner + " " * text[-1].isspace()


def _code(text: str) -> str:
    return code(_EVERYBODY.sub(_WIDE_AT, text), LONGEST_LINE)


def _in_fence(line: str) -> str:
    """A line of a block of code, its indentation kept."""
    return _EVERYBODY.sub(_WIDE_AT, visible(line.expandtabs(4)).rstrip()).translate(_ENTITIES)


def _around(sign: str, inner: str) -> str:
    return f"{sign}{inner}{sign}" if inner else ""


def _dead(line: str) -> str:
    apart = line.translate(_LOOKALIKES).replace("](", "] (").replace("]:", "]∶").replace("://", ":∕∕")
    return _DOTS.sub("\u2024", apart)
