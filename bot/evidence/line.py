"""One log line: what it says, without what changes from line to line, and how badly.

Shippers often pass a line on as it was written: as JSON, as logfmt, or with its level in front of the words. Masked as
it stands it would lose what tells, because in JSON and logfmt the words are quoted, and everything in quotes is taken
to change from line to line. So such a line is read first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

Weight = Literal["error", "warning", "info"]

LEVELS = ("level", "severity", "lvl", "loglevel", "levelname", "log.level")
TEXTS = ("message", "msg", "event", "log", "text", "body")
REASONS = ("error", "err", "exception", "reason", "cause", "error.message")
"""Fields that say what went wrong: they belong to the text."""
LOOKED_AT = 20_000
"""Characters of a line that are read for fields: a stack trace of any length says no more."""
REMEMBERED = 2_000
"""Lines whose reading is kept: services repeat themselves."""
LONGEST = 600
"""Characters of a message that are looked at: what tells lines apart stands at their beginning."""
_PAIR = re.compile(r'(?<![\w."])([A-Za-z_][\w.]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
_STATED = re.compile(
    r"^.{0,80}?(?<![\w.-])(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|SEVERE|FATAL|CRITICAL|PANIC)(?![\w-])"
)

_KEPT = r"(?P<kept>(?<![\w.@/-])[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)+(?::\d{2,5})?(?![\w@]))"
_VARIABLE = "|".join(
    (
        r'"[^"]{0,200}"',
        r"(?<!\w)'[^']{0,200}'(?!\w)",
        r"\b[a-z][a-z0-9+.-]*://\S+",
        r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
        r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b",
        r"\b\d{4}-\d\d-\d\d[T ][\d:.,]+Z?",
        r"\b0x[0-9a-fA-F]+\b",
        r"\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}\b",
        r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b",
        r"(?<![\w/])(?:/[\w.@%+-]+){2,}/?",
        r"(?<![A-Za-z])[-+]?\d+(?:[.,:]\d+)*(?:[a-zA-Zµ%]{1,3}\b)?",
    )
)
_MASK = re.compile(f"{_KEPT}|(?:{_VARIABLE})")
_ERROR = re.compile(
    r"\b(?:errors?|exception|fatal|panic|fail(?:ed|ure|s)?|refused|unavailable|denied|timed? ?out|out of memory|"
    r"no space left|exhausted|deadlock|crash(?:ed)?|killed|unreachable|traceback)\b|(?:Error|Exception)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=REMEMBERED)
def read(message: str) -> tuple[str, str]:
    """The level that stands in the line's fields («» where there is none), and its words."""
    fields = _json(message) or _logfmt(message)
    if not fields:
        return "", message
    level = _first(fields, LEVELS)
    inner, text = read(_first(fields, TEXTS))  # shorter than the line, so this ends
    words = " ".join(dict.fromkeys(part for part in (text, _first(fields, REASONS)) if part))
    return level or inner, words or message


def stated(words: str) -> str:
    """The level that stands in front of the words; «» where none does."""
    found = _STATED.match(words)
    return found.group(1) if found else ""


def _json(message: str) -> dict[str, str]:
    if message.lstrip()[:1] != "{" or len(message) > LOOKED_AT:
        return {}
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    return {str(key).lower(): value for key, value in found.items() if isinstance(value, str) and value}


def _logfmt(message: str) -> dict[str, str]:
    """Only where both a level and a text are given: else an equals sign is just a part of the words."""
    if "=" not in message or not any(f"{name}=" in message for name in LEVELS):
        return {}
    pairs = _PAIR.findall(message[: 4 * LONGEST])
    found = {key.lower(): quoted or bare for key, quoted, bare in pairs}
    return found if _first(found, LEVELS) and _first(found, TEXTS) else {}


def _first(fields: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def masked(message: str) -> str:
    """The message with everything that changes from line to line as `<*>`; names of hosts and classes stay."""
    return _MASK.sub(_hide, message[:LONGEST])


def _hide(match: re.Match[str]) -> str:
    return match.group() if match.lastgroup == "kept" else "<*>"


def weight_of(level: str, message: str) -> Weight:
    """How much a line matters: by its level, the one that it states itself, or by its words where it has none."""
    inside, words = read(message) if not level else ("", message)
    word = (level or inside or stated(words)).strip().lower()
    if word in ("error", "err", "fatal", "critical", "crit", "severe", "panic", "emerg", "alert", "e", "f"):
        return "error"
    if word in ("warn", "warning", "w"):
        return "warning"
    if word or not _ERROR.search(words[:LONGEST]):
        return "info"
    return "error"
