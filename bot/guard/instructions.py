"""Lines of data that speak to an assistant, so that the reader is told: «this log line addresses the assistant».

Pure. A warning, not the wall: what keeps such a line harmless is the fence, tools that only read, and the checks on
what the model says. A line is looked at as it stands and with its encodings (base64, hex, percent, entities) undone.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

from bot.guard.instruction_languages import FOREIGN
from bot.guard.instruction_signs import SIGNS
from bot.guard.unseen import without_unseen

_LATIN_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_TWINS = str.maketrans("асеорхуіјѕԁɡοανικρτ", "aceopxyijsdgoavikpt")
"""Letters of other alphabets that pass for Latin ones."""
_MIXED = re.compile(r"[a-z][асеорхуіјѕԁɡοανικρτ]|[асеорхуіјѕԁɡοανικρτ][a-z]")
_SPELT = re.compile(r"(?:(?<!\w)\w[ ._-]{1,3}){6,}\w(?!\w)")
_BLOB = re.compile(r"[A-Za-z0-9+/_-]{24,}+={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){16,}+")
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_PRINTABLE = 0.9
"""Of what a blob decodes to: else it is no text."""
_REMEMBERED = 500
"""Texts. A message is composed anew with each change, of the same lines as before; to look takes a millisecond."""


@lru_cache(_REMEMBERED)
def addresses_the_assistant(text: str) -> tuple[str, ...]:
    """The lines that look like words to an assistant, as they stand but for what nobody can see.

    Also where it takes two lines to say so; then it is both of them.
    """
    lines = [line for line in without_unseen(text).split("\n") if line.strip()]
    flagged = [_addresses(line) for line in lines]
    for at, pair in enumerate(pairwise(lines)):
        if not any(flagged[at : at + 2]) and _addresses(" ".join(pair)):
            flagged[at : at + 2] = [True, True]
    return tuple(line for line, told in zip(lines, flagged, strict=True) if told)


def _addresses(line: str) -> bool:
    return any(_speaks(_folded(reading)) for reading in _readings(line))


def _readings(line: str) -> Iterator[str]:
    """The line, and what it says once its encodings are undone."""
    yield line
    if "%" in line:
        yield unquote(line)
    if "&" in line:
        yield html.unescape(line)
    if "\\u" in line:
        yield _UNICODE.sub(lambda found: chr(int(found[1], 16)), line)
    for blob in _BLOB.findall(line):
        yield from _decoded(blob)


def _decoded(blob: str) -> Iterator[str]:
    attempts = [base64.b64decode(blob.rstrip("=") + "==", altchars=b"-_")] if _is_base64(blob) else []
    if _HEX.fullmatch(blob):
        attempts.append(binascii.unhexlify(blob))
    for raw in attempts:
        told = raw.decode(errors="replace")
        if sum(char.isprintable() and char != "\ufffd" for char in told) >= _PRINTABLE * len(told):
            yield told


def _is_base64(blob: str) -> bool:
    return len(blob.rstrip("=")) % 4 != 1


def _folded(text: str) -> str:
    """As patterns see it: lower case, no accents on Latin letters, one space, letters written apart joined."""
    if text.isascii():
        told = text.lower()
    else:
        apart = unicodedata.normalize("NFKD", text.casefold())
        told = unicodedata.normalize("NFC", _LATIN_MARKS.sub("", apart)).translate({0x2019: "'"})
        if _MIXED.search(told):
            told = told.translate(_TWINS)
    told = " ".join(told.split())
    return _SPELT.sub(lambda found: re.sub(r"[ ._-]", "", found[0]), told)


def _speaks(folded: str) -> bool:
    return any(
        any(hint in folded for hint in sign.hints) and sign.pattern.search(folded) for sign in (*SIGNS, *FOREIGN)
    )
