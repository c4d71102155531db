"""One pass after another over a text until no secret is left in it: how `bot.guard.redact` masks.

Pure. What secrets look like stands in `secret_kinds` and `secret_vendors`, where they stand in `secret_places`,
`secret_words` and `secret_commands`; whether one stands there is for `worth_masking` to say.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import cache

from bot.guard.second_look import second_look
from bot.guard.secret_commands import COMMANDS
from bot.guard.secret_kinds import FORMATS, SIGNS, Kind
from bot.guard.secret_places import ATTRIBUTES, COOKIES, PAIR, PLACES
from bot.guard.secret_vendors import VENDORS
from bot.guard.secret_words import CARD, EMAIL, WORDS
from bot.guard.worth_masking import worth_masking

SHAPES = (*FORMATS, *VENDORS)
STANDING = (*COMMANDS, *WORDS, *PLACES)
MARKED = re.compile(r"\[redacted: (?P<kind>[a-z ]{1,30})\]")
MOST_TURNS = 5
RUN = re.compile(r"[a-z0-9_.$/~+-]{13,}+")
"""A key or token is one, from its hint to its end. To look for a hundred hints in these alone is what keeps it fast."""
_IN_RUNS = frozenset(hint for kind in SHAPES if not kind.scattered for hint in kind.hints)
_GROUPS = ("secret", "slashed", "escaped", "double", "single", "tick", "bare")
_ESCAPES = re.compile(r"(?:\\[nrtbf\"']|%[0-9A-Fa-f]{2}|\\u[0-9a-fA-F]{4}|\x1b\[[0-9;]{0,8}m)\Z")
"""An encoded character ends in a letter or digit, and yet stands apart from what follows."""
_SIGN = re.compile(f"[{SIGNS}]{{2}}")
_NAMES = (*dict.fromkeys(kind.name for kind in (*SHAPES, EMAIL, CARD, *STANDING)), "cookie")
_FIRST = 0xFDD0


@dataclass(frozen=True, slots=True)
class Masker:
    """What is looked for: always all of our own kinds, and those of `optional` that are asked for."""

    standing: tuple[Kind, ...]
    hints: frozenset[str]
    """Those that are looked for in the whole text; of most formats, in its runs alone."""

    @classmethod
    def of(cls, *optional: Kind) -> Masker:
        standing = (*optional, *STANDING)
        whole = (*(kind for kind in SHAPES if kind.scattered), *standing)
        return cls(standing, frozenset(hint for kind in whole for hint in kind.hints) | {"cookie"})

    def masked(self, text: str) -> str:
        """The text with its secrets masked and with as many line breaks as before."""
        told = self.by_our_own(text)
        return second_look(told, told.lower())

    def by_our_own(self, text: str) -> str:
        """As `masked`, but without the second look.

        Again until nothing changes, as one secret may have hidden the end of its neighbour; each turn masks more.
        """
        for _ in range(MOST_TURNS):
            told = self._once(text)
            if told == text:
                break
            text = told
        return text

    def _once(self, text: str) -> str:
        lowered = text.lower()
        runs = "\n".join(RUN.findall(lowered))
        here = {hint for hint in self.hints if hint in lowered}
        here |= {hint for hint in _IN_RUNS if hint in runs}
        return _look(text, here, self.standing) if here else text


def _look(text: str, here: Set[str], standing: tuple[Kind, ...]) -> str:
    names = list(_NAMES)
    told = MARKED.sub(lambda found: _sign(found["kind"], names), _without_signs(text))
    for kind in SHAPES:
        if not here.isdisjoint(kind.hints):
            told = kind.pattern.sub(lambda found, kind=kind: _format(found, kind), told)  # type: ignore[misc]
    if "cookie" in here:
        told = COOKIES.sub(_cookies, told)
    for kind in standing:
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
