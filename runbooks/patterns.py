"""Regular expressions that people write, matched in linear time whatever the text: no pattern can take for ever.

They are those of Rust's `regex` (through CEL): no look-around, no back-references. Python's own would take for ever on
some texts, and texts come from outside.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

LONGEST = 500
"""Characters of one pattern."""


class PatternError(Exception):
    """Not a usable pattern; says why."""


def check(pattern: str) -> None:
    """Raises PatternError where the pattern cannot be used."""
    if len(pattern) > LONGEST:
        raise PatternError(f"a pattern has at most {LONGEST} characters")
    matches(pattern, "")


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern matches the text from its first character to its last. Raises PatternError."""
    return _told(rf"^(?:{pattern})$", text)


def occurs(pattern: str, text: str) -> bool:
    """Whether the pattern matches anywhere in the text. Raises PatternError."""
    return _told(pattern, text)


def groups(pattern: str) -> tuple[str, ...]:
    """Names of its named groups. Raises PatternError."""
    check(pattern)
    return tuple(_python(pattern).groupindex)


def first(pattern: str, line: str) -> dict[str, str] | None:
    """The named groups of the first match in a line; None: it does not match. Raises PatternError.

    Python's engine, which knows groups, only ever sees a line that is known to match.
    """
    if not occurs(pattern, line):
        return None
    found = _python(pattern).search(line)
    return {name: text or "" for name, text in found.groupdict().items()} if found else None


def _told(pattern: str, text: str) -> bool:
    try:
        return bool(_matching().execute({"text": text, "pattern": pattern}))
    except (RuntimeError, ValueError, TypeError) as error:
        said = str(error).split("error: ")[-1].split(" Check function")[0].strip()
        raise PatternError(f"`{pattern}` is not a pattern that can be used: {said}") from error


@cache
def _matching() -> Any:
    import cel

    return cel.compile("text.matches(pattern)")


_NESTED = re.compile(r"[+*}]\??\s*\)\s*[+*{]|\|[^()]*\)\s*[+*{]")
_OPEN = re.compile(r"(?<!\\)[+*]|\{\d+,\}")
_MOST_OPEN = 8


@cache
def _python(pattern: str) -> re.Pattern[str]:
    if _NESTED.search(pattern):
        raise PatternError(f"`{pattern}` repeats a repetition; write it without a repetition around the other")
    if len(_OPEN.findall(pattern)) > _MOST_OPEN:
        raise PatternError(f"`{pattern}` has more than {_MOST_OPEN} open repetitions (`*`, `+`)")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise PatternError(f"`{pattern}` is not a pattern that can be used: {error}") from error
