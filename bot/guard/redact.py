"""Secrets are masked, and only they: the line around one stays readable, with the kind of what was taken out.

Pure and idempotent. A masked secret reads `[redacted: aws key]`. What secrets look like stands in `secret_kinds`, where
they stand in `secret_places`. Git hashes, UUIDs and plain words such as «password reset ok» stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import repeat
from typing import Any, TypeVar

from bot.guard.secret_commands import COMMANDS
from bot.guard.secret_kinds import FORMATS, SIGNS, Kind
from bot.guard.secret_places import ATTRIBUTES, COOKIES, PAIR, PLACES
from bot.guard.worth_masking import worth_masking
from integrations.contract import LogLine

T = TypeVar("T")

STANDING = (*COMMANDS, *PLACES)
TOGETHER = 50
"""Lines that are looked at in one pass: most passes then need no pattern at all."""
MOST_TURNS = 5
_HINTS = frozenset(hint for kind in (*FORMATS, *STANDING) for hint in kind.hints) | {"cookie"}
_MARKED = re.compile(r"\[redacted: [a-z ]{1,30}\]")
_KEY_LINES = re.compile(r"\[redacted: private key\](?:\n\[redacted: private key\])+")
_GROUPS = ("secret", "slashed", "escaped", "double", "single", "tick", "bare")
_ESCAPES = re.compile(r"(?:\\[nrtbf\"']|%[0-9A-Fa-f]{2}|\\u[0-9a-fA-F]{4}|\x1b\[[0-9;]{0,8}m)\Z")
"""An encoded character ends in a letter or digit, and yet stands apart from what follows."""
_SIGN = re.compile(f"[{SIGNS}]{{2}}")
_NAMES = (*dict.fromkeys(kind.name for kind in (*FORMATS, *STANDING)), "cookie")
_FIRST = 0xFDD0


def redact(text: str) -> str:
    """The text with every secret that is recognised masked by its kind."""
    return _KEY_LINES.sub("[redacted: private key]", _masked(text))


def redact_lines(lines: Sequence[str]) -> list[str]:
    """Each line as `redact` would leave it, in the same order; of a private key over several lines, each is masked."""
    spread = any("PRIVATE KEY" in line for line in lines)
    step = max(len(lines), 1) if spread else TOGETHER
    return [line for at in range(0, len(lines), step) for line in _pass(lines[at : at + step])]


def redact_finding(finding: T) -> T:
    """The same finding with every text in it masked, however deep it lies; values of telling keys are masked whole."""
    return _redacted(finding)  # type: ignore[no-any-return]


def _masked(text: str) -> str:
    """As `redact`, but with as many line breaks as before.

    Again until nothing changes, as one secret may have hidden the end of its neighbour; each turn masks more.
    """
    for _ in range(MOST_TURNS):
        told = _once(text)
        if told == text:
            break
        text = told
    return text


def _once(text: str) -> str:
    lowered = text.lower()
    here = {hint for hint in _HINTS if hint in lowered}
    if not here:
        return text
    names = list(_NAMES)
    told = _MARKED.sub(lambda found: _sign(found.group()[11:-1], names), _without_signs(text))
    for kind in FORMATS:
        if not here.isdisjoint(kind.hints):
            told = kind.pattern.sub(lambda found, kind=kind: _format(found, kind), told)  # type: ignore[misc]
    if "cookie" in here:
        told = COOKIES.sub(_cookies, told)
    for kind in STANDING:
        if not here.isdisjoint(kind.hints):
            told = kind.pattern.sub(lambda found, name=kind.name: _place(found, name), told)  # type: ignore[misc]
    return _SIGN.sub(lambda found: f"[redacted: {names[_number(found.group())]}]", told)


def _without_signs(text: str) -> str:
    return text if text.isascii() else re.sub(f"[{SIGNS}]", "\ufffd", text)


def _sign(name: str, names: list[str]) -> str:
    """What stands for a marker while the text is looked at: no space in it, no bracket, and part of no secret."""
    if name not in names:
        names.append(name)
    high, low = divmod(min(names.index(name), 1023), 32)
    return chr(_FIRST + high) + chr(_FIRST + low)


def _number(sign: str) -> int:
    return (ord(sign[0]) - _FIRST) * 32 + ord(sign[1]) - _FIRST


@cache
def _mark(name: str) -> str:
    return _sign(name, list(_NAMES))


def _format(found: re.Match[str], kind: Kind) -> str:
    whole, marker = found.group(), _mark(kind.name)
    if kind.apart and not _stands_apart(found):
        return whole
    if "secret" in found.re.groupindex:
        return whole[: found.start("secret") - found.start()] + marker
    return "\n".join([marker] * (whole.count("\n") + 1))


def _stands_apart(found: re.Match[str]) -> bool:
    before = found.string[max(0, found.start() - 12) : found.start()]
    return not before[-1:].isalnum() or _ESCAPES.search(before) is not None


def _cookies(found: re.Match[str]) -> str:
    return found.group()[: found.start("pairs") - found.start()] + PAIR.sub(_cookie, found["pairs"])


def _cookie(found: re.Match[str]) -> str:
    if found["name"].lower() in ATTRIBUTES or _SIGN.fullmatch(found["secret"]):
        return found.group()
    return f"{found['name']}={_mark('cookie')}"


def _place(found: re.Match[str], name: str) -> str:
    """The match with its secret masked; brackets and full stops that close the sentence around it stay."""
    group = next(group for group in _GROUPS if group in found.re.groupindex and found[group] is not None)
    whole, start, end = found.group(), found.start(group) - found.start(), found.end(group) - found.start()
    secret = whole[start:end]
    if group == "bare":
        secret = secret.rstrip(")]}.,;!?")
    if not secret or not worth_masking(found, name, secret):
        return whole
    return f"{whole[:start]}{_mark(name)}{whole[start + len(secret) :]}"


def _pass(lines: Sequence[str]) -> list[str]:
    told = "\n".join(lines)
    masked = _masked(told)
    if masked == told:
        return list(lines)
    apart = iter(masked.split("\n"))
    whole = ("\n".join(next(apart) for _ in range(line.count("\n") + 1)) for line in lines)
    return [_KEY_LINES.sub("[redacted: private key]", line) for line in whole]


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return value if _is_clean(value) else {_redacted(key): _of_key(key, item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return _sequence(value)
    if is_dataclass(value) and not isinstance(value, type):
        told = {f.name: getattr(value, f.name) for f in fields(value)}
        changed = {name: new for name, old in told.items() if (new := _redacted(old)) is not old and new != old}
        return replace(value, **changed) if changed else value
    return value


def _is_clean(pairs: Mapping[Any, Any]) -> bool:
    """One look over all keys and values, each by itself and both together: most labels hold no secret."""
    if not all(isinstance(text, str) for pair in pairs.items() for text in pair):
        return False
    told = "\n".join((*pairs, *pairs.values(), *(_beside(key, item) for key, item in pairs.items())))
    return _masked(told) == told


def _of_key(key: Any, item: Any) -> Any:
    """A value beside its key: `password` tells what `hunter2` is."""
    if not isinstance(key, str) or not isinstance(item, str) or not item or "\n" in item:
        return _redacted(item)
    head, told = f'{key}: "', redact(_beside(key, item))
    marked = _MARKED.fullmatch(told, len(head), len(told) - 1) if told.startswith(head) else None
    return marked.group() if marked else redact(item)


def _beside(key: str, item: str) -> str:
    return f'{key}: "' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _sequence(values: Any) -> Any:
    """Numbers are left alone at once: a series has thousands. Log lines go through together."""
    if not values or isinstance(values[0], (int, float)):
        return values
    if isinstance(values[0], LogLine):
        return _log_lines(values)
    return type(values)(_redacted(value) for value in values)


def _log_lines(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """Messages in one pass; of services, levels and instances there are few, so each is looked at once."""
    messages = redact_lines([line.message for line in lines])
    labels = {(line.service, line.level, line.instance) for line in lines}
    masked = {label: told for label in labels if (told := tuple(map(redact, label))) != label}
    return tuple(map(_log_line, lines, messages, repeat(masked)))


def _log_line(line: LogLine, message: str, masked: Mapping[tuple[str, str, str], tuple[str, ...]]) -> LogLine:
    label = (line.service, line.level, line.instance)
    if label in masked:
        service, level, instance = masked[label]
        return replace(line, message=message, service=service, level=level, instance=instance)
    return line if message == line.message else replace(line, message=message)
