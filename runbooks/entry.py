"""One mapping of a runbook's file, read key by key; whatever is wrong with it is noted, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

from runbooks import spans
from runbooks.written import Written, Wrong


class Entry:
    """A mapping, and the list on which all entries of one runbook note what is wrong.

    Each look gives a value that can be worked with, whatever stands there: so every fault is found in one pass.
    """

    def __init__(self, found: Written, faults: list[Wrong]) -> None:
        self._found = found
        self.faults = faults
        self.line = found.line

    def __contains__(self, key: str) -> bool:
        return self._found.get(key) is not None

    def get(self, key: str) -> Any:
        """What stands there, as YAML read it."""
        return self._found.get(key)

    def line_of(self, key: str) -> int:
        """Where the key stands; without it, where the mapping begins."""
        return self._found.lines.get(key, self.line)

    def wrong(self, key: str, message: str) -> None:
        """Notes a fault, on the line of the key where there is one."""
        self.faults.append(Wrong(self.line_of(key), message))

    def only(self, keys: Sequence[str]) -> None:
        """Notes every other key, with the nearest that there is, and those that stand there twice."""
        for key in self._found:
            if key not in keys:
                near = get_close_matches(str(key), keys, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(keys)}"
                self.wrong(key, f"unknown key `{key}`; {hint}")
        for key, line in self._found.twice.items():
            self.faults.append(Wrong(line, f"`{key}` stands there twice; leave one out"))

    def text(self, key: str) -> str:
        """The text, letter by letter as written; empty where there is none."""
        value = self._found.get(key)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, (bool, int, float, date)):
            return self._found.words[key]
        self.wrong(key, f"`{key}` must be text" + _QUOTES * ("{" in str(value)))
        return ""

    def one_of(self, key: str, options: Sequence[str], otherwise: str) -> str:
        """One of these words."""
        if key not in self:
            return otherwise
        word = self.text(key)
        if word in options:
            return word
        near = get_close_matches(word, options, 1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        self.wrong(key, f"`{key}` is one of {', '.join(filter(None, options))}, not {_short(self.get(key))}{hint}")
        return otherwise

    def truth(self, key: str) -> bool:
        """`true` or `false`; false where it is left out."""
        value = self.get(key)
        if value is not None and not isinstance(value, bool):
            self.wrong(key, f"`{key}` is `true` or `false`, not {_short(value)}")
        return value is True

    def seconds(self, key: str, otherwise: float) -> float:
        """A length of time above zero, in seconds."""
        if key not in self:
            return otherwise
        found = _seconds(self.text(key))
        if found is None:
            self.wrong(
                key, f"`{key}` is a time such as `30s`, `5m` or a number of seconds, not {_short(self.get(key))}"
            )
        return found or otherwise

    def whole(self, key: str, otherwise: int) -> int:
        """A whole number from 1."""
        value = self.get(key)
        if value is None:
            return otherwise
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self.wrong(key, f"`{key}` must be a whole number from 1, not {_short(value)}")
        return otherwise

    def inner(self, key: str, holds: str) -> Entry | None:
        """The mapping there; None where there is none. `holds`: what should stand in it."""
        value = self.get(key)
        if isinstance(value, Written):
            return Entry(value, self.faults)
        if value is not None:
            self.wrong(key, f"`{key}` must be a mapping with {holds}")
        return None

    def each(self, key: str, holds: str) -> tuple[Entry, ...]:
        """The mappings of a list; empty where there is none."""
        value = self.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(key, f"`{key}` must be a list of mappings with {holds}")
            return ()
        for number, item in enumerate(value, 1):
            if not isinstance(item, Written):
                self.wrong(key, f"number {number} of `{key}` must be a mapping with {holds}, not {_short(item)}")
        return tuple(Entry(item, self.faults) for item in value if isinstance(item, Written))

    def texts(self, key: str) -> tuple[str, ...]:
        """One text, or a list of them."""
        value = self.get(key)
        if not isinstance(value, list):
            return (self.text(key),) if key in self else ()
        if not all(isinstance(item, str) for item in value):
            self.wrong(key, f"`{key}` must be a text or a list of texts")
        return tuple(item for item in value if isinstance(item, str))

    def pairs(self, key: str) -> dict[str, str]:
        """A mapping of texts."""
        found = self.inner(key, "texts")
        return {str(name): found.text(name) for name in found._found} if found else {}


_QUOTES = "; put one that begins with `{{` in quotes"


def _seconds(text: str) -> float | None:
    number = re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text.strip())
    found = float(number[0]) if number else spans.seconds(text)
    return found if found and found > 0 else None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
