"""The words and signs of a condition, as teams write them, made CEL's: `and`, `=`, `90%`, `10 minutes`, `not a > 5`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from runbooks.spans import seconds

LONGEST = 500
"""Characters of one condition."""
COMPARE = ("==", "!=", "<", ">", "<=", ">=")


class ConditionError(Exception):
    """A condition that cannot be understood or evaluated; says what to write instead."""


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<variable>\{\{\s*[A-Za-z_]\w{0,63}\s*\}\}) |
      (?P<string>'[^'\\\n]*'|"[^"\\\n]*") |
      (?P<number>\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,3})?) |
      (?P<word>[A-Za-z_]\w{0,63}) |
      (?P<sign>===?|!==?|<>|<=|>=|=~|!~|&&|\|\||[-+*/%<>=!()\[\],.&|?:~^;\#$@{}])
    )""",
    re.VERBOSE | re.ASCII,
)
_WORDS = {"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!", "True": "true", "False": "false",
          "TRUE": "true", "FALSE": "false", "IN": "in"}  # fmt: skip
_SIGNS = {"=": "==", "<>": "!="}


@dataclass(frozen=True, slots=True)
class Token:
    kind: Literal["variable", "string", "number", "span", "word", "sign"]
    text: str


def tokens(text: str) -> list[Token]:
    """The words and signs of a condition, teams' spellings made CEL's. Raises ConditionError."""
    if len(text) > LONGEST:
        raise ConditionError(f"a condition has at most {LONGEST} characters; write two steps")
    found: list[Token] = []
    place, text = 0, text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ConditionError(f"cannot read `{text[place : place + 20]}` in the condition `{text}`")
        found.append(_token(str(match.lastgroup), match[match.lastgroup or 0]))
        place = match.end()
    if not found:
        raise ConditionError("the condition is empty; write one such as `{{memory_percent}} > 95`")
    return _negated(_without_units(found))


def _token(kind: str, text: str) -> Token:
    match kind:
        case "variable":
            return Token("variable", text.strip("{} \t"))
        case "string":
            inner = re.fullmatch(r"\{\{\s*(\w+)\s*\}\}", text[1:-1])
            if inner is None and ("{{" in text or "}}" in text):
                raise ConditionError(f"a variable stands inside {text}; compare it alone, as in `{{{{name}}}} == 'a'`")
            return Token("variable", inner[1]) if inner else Token("string", text[1:-1])
        case "number":
            return Token("number", text)
        case "word":
            said = _WORDS.get(text, text)
            return Token("sign" if said in ("&&", "||", "!") else "word", said)
        case _:
            return Token("sign", _SIGNS.get(text, text))


def _without_units(found: list[Token]) -> list[Token]:
    """`90%` is 90; `10m`, `10 minutes`, `interval '10 minutes'` and `duration('10m')` are spans."""
    out: list[Token] = []
    place = 0
    while place < len(found):
        here, after = found[place], found[place + 1 : place + 4]
        texts = [token.text for token in after]
        if here.kind == "number" and after and after[0].kind == "word" and seconds(here.text + texts[0]) is not None:
            out, place = [*out, Token("span", here.text + texts[0])], place + 2
        elif here.kind == "number" and texts[:1] == ["%"] and (len(texts) < 2 or after[1].kind == "sign"):
            out, place = [*out, here], place + 2
        elif here == Token("word", "interval") and after and after[0].kind == "string":
            out, place = [*out, Token("span", texts[0])], place + 2
        elif here == Token("word", "duration") and len(after) == 3 and texts[0] + texts[2] == "()":
            out, place = [*out, Token("span", texts[1])], place + 4
        else:
            out, place = [*out, here], place + 1
    return out


def _negated(found: list[Token]) -> list[Token]:
    """`not a > 5` is not (a > 5), as people mean it; a comparison of a comparison is refused."""
    out: list[Token] = []
    for place, token in enumerate(found):
        out.append(token)
        if token == Token("sign", "!"):
            end = place + 1 + _comparison(found[place + 1 :])
            if any(inner.text in COMPARE and inner.kind == "sign" for inner in found[place + 1 : end]):
                inside = _negated(found[place + 1 : end])
                return [*out, Token("sign", "("), *inside, Token("sign", ")"), *_negated(found[end:])]
        elif token.kind == "sign" and token.text in COMPARE:
            rest = found[place + 1 :]
            if any(later.kind == "sign" and later.text in COMPARE for later in rest[: _comparison(rest)]):
                raise ConditionError("two comparisons in a row; write `1 < {{a}} and {{a}} < 9`")
    return out


def _comparison(found: list[Token]) -> int:
    """How many tokens there are up to the next `&&` or `||`, or the end of the parenthesis."""
    depth = 0
    for place, token in enumerate(found):
        if token.kind != "sign":
            continue
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth < 0 or (depth == 0 and token.text in ("&&", "||")):
            return place
    return len(found)
