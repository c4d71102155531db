"""Characters that nobody sees taken out of a text of several lines: a model reads them, a person does not.

Pure. The set is Unicode's Default_Ignorable_Code_Point (zero-width, bidi, variation selectors, the tags block), and
what else has no picture: controls, annotations, noncharacters, half surrogates.
"""

from __future__ import annotations

import re

_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_ESCAPE = re.compile("\x1b(?:\\[[0-9;:?]{0,32}[ -/]?[@-~]|\\][^\x07\x1b\n]{0,500}(?:\x07|\x1b\\\\))")
"""What tells a terminal to colour, to hide, to name its window."""
_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def without_unseen(text: str) -> str:
    """The text with its lines and tabs as they are, and nothing else in it that cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    seen = _CONTROL.sub(" ", _BREAK.sub("\n", _IGNORABLE.sub("", _ESCAPE.sub("", text))))
    return _NO_CHARACTER.sub("\ufffd", seen)
