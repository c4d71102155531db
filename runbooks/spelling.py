"""The spellings that teams write in conditions, as CEL: `{{name}}`, `and`, `=`, `'10 minutes'`, `any(row.column > 5)`.

A variable's value is text. What it is read as (a number, a span of time, text, true or false) follows from what it is
compared with. Each use of a variable becomes a name of its own in the CEL: `v0`, `v1`, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from runbooks.spans import seconds
from runbooks.tokens import COMPARE, ConditionError, Token

_DEEPEST = 20
Kind = Literal["number", "seconds", "text", "truth", "alike"]
"""How a value is read. `alike`: as whatever it and the other side both are."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a variable, or a column of a row, is used."""

    bound: str
    """Its name in the CEL."""
    name: str
    kind: Kind
    column: bool = False
    other: str = ""
    """With `alike`: the bound name of the other side."""
    ordered: bool = False
    """Whether it is compared by `<` or `>`, which text cannot be."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """One expression in CEL."""

    cel: str
    uses: tuple[Use, ...]


_ORDER = ("<", ">", "<=", ">=")
_ARITHMETIC = ("+", "-", "*", "/")
_METHODS = ("contains", "startsWith", "endsWith", "matches", "size")
_FUNCTIONS = ("size", "double", "int", "string")
_INSTEAD = {
    "like": "`{{name}}.contains('part')`", "ilike": "`{{name}}.contains('part')`", "~": "`{{name}}.matches('pattern')`",
    "=~": "`{{name}}.matches('pattern')`", "!~": "`not {{name}}.matches('pattern')`", "===": "`==`", "!==": "`!=`",
    "between": "`{{name}} >= 1 and {{name}} <= 9`", "is": "`{{name}} == ''`", "null": "`''`", "NULL": "`''`",
    "&": "`and`", "|": "`or`", "?": "two steps", ":": "two steps", "all": "`any(row.column > 5)`",
    "exists": "`any(row.column > 5)`", "count": "`any(row.column > 5)`", "rows": "`any(row.column > 5)`",
    "len": "`size({{name}})`", "none": "`any(row.column > 5)`", "{": "`{{name}}`", "}": "`{{name}}`",
    "%": "no remainder; there is + - * /",
    "$": "`{{name}}`", "contains": "`{{name}}.contains('part')`", "matches": "`{{name}}.matches('pattern')`",
}  # fmt: skip


def spelled(found: list[Token], row: str) -> Spelled:
    """The expression in CEL. `row`: what a row is called in it; empty: it speaks of no row. Raises ConditionError."""
    return _Spelling(found, row).done()


@dataclass(slots=True)
class _Spelling:
    found: list[Token]
    row: str
    out: list[str] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    at: dict[int, int] = field(default_factory=dict)
    """Where an operand stands among the tokens, to its place among the uses."""
    spans: dict[int, float] = field(default_factory=dict)
    """Where a text is a span."""

    def done(self) -> Spelled:
        place = depth = 0
        while place < len(self.found):
            depth += {"(": 1, ")": -1}.get(self.found[place].text, 0) if self.found[place].kind == "sign" else 0
            if depth > _DEEPEST:
                raise ConditionError("the condition has too many parentheses; write two steps")
            place += self._operand(place) or self._other(place)
        for spot, figure in self.spans.items():
            self.out[spot] = repr(figure)
        return Spelled(" ".join(part for part in self.out if part), tuple(self._paired()))

    def _text(self, place: int) -> str:
        here = self.found[place] if 0 <= place < len(self.found) else None
        return here.text if here and here.kind in ("sign", "word") else ""

    def _operand(self, place: int) -> int:
        """How many tokens the variable or column here has; 0: here is none."""
        here = self.found[place]
        column = here == Token("word", self.row) and self._text(place + 1) == "."
        if column:
            name, length = self._column(place), 3
        elif here.kind == "variable":
            name, length = here.text, 1
        elif here.kind == "word" and self._is_name(place):
            if here.text in _INSTEAD and here.text not in ("count", "rows", "contains", "matches"):
                raise ConditionError(f"`{here.text}` cannot stand in a condition; write {_INSTEAD[here.text]}")
            name, length = here.text, 1
        else:
            return 0
        kind, ordered = self._kind(place, place + length)
        self.at[place] = self.at[place + length - 1] = len(self.uses)
        self.uses.append(Use(f"v{len(self.uses)}", name, kind, column, "", ordered))
        self.out += [self.uses[-1].bound, *[""] * (length - 1)]
        return length

    def _is_name(self, place: int) -> bool:
        around = (self._text(place - 1), self._text(place + 1))
        return self.found[place].text not in ("true", "false", "in") and around[0] != "." and around[1] != "("

    def _column(self, place: int) -> str:
        word = self.found[place + 2] if place + 2 < len(self.found) else None
        if word is None or word.kind != "word" or self._text(place + 3) == "(":
            raise ConditionError(
                f"a column stands behind `{self.row}.`, as in `any({self.row}.duration > '10 minutes')`"
            )
        return word.text

    def _kind(self, start: int, end: int) -> tuple[Kind, bool]:
        before, after = self._text(start - 1), self._text(end)
        if after == "." or (before == "(" and self._text(start - 2) in (*_FUNCTIONS, *_METHODS)) or before == ",":
            return "text", False
        if before in _ARITHMETIC or after in _ARITHMETIC:
            return "number", False
        if after in COMPARE:
            return self._beside(end + 1), after in _ORDER
        if before in COMPARE:
            return self._beside(start - 2), before in _ORDER
        if after == "in":
            return self._beside(end + 2), False
        return "truth", False

    def _beside(self, place: int) -> Kind:
        """How a value is read that is compared with what stands here."""
        if not 0 <= place < len(self.found):
            raise ConditionError("a comparison lacks a side; write one such as `{{memory_percent}} > 95`")
        other = self.found[place]
        if other.kind == "span" or (other.kind == "string" and seconds(other.text) is not None):
            self.spans[place] = _span(other)
            return "seconds"
        if other.kind == "string":
            return "text"
        if other.kind == "number" or other.text in ("-", ")", "(", *_FUNCTIONS):
            return "number"
        return "truth" if other.text in ("true", "false") else "alike"

    def _other(self, place: int) -> int:
        here = self.found[place]
        match here.kind:
            case "number":
                self.out.append(here.text)
            case "string":
                self.out.append('"' + here.text.replace('"', '\\"') + '"')
            case "span":
                self.out.append(repr(_span(here)))
            case _:
                self._allowed(place)
                self.out.append(here.text)
        return 1

    def _allowed(self, place: int) -> None:
        text = self.found[place].text
        if self.found[place].kind == "word" and text not in ("true", "false", "in"):
            names = _METHODS if self._text(place - 1) == "." else _FUNCTIONS
            if text in names:
                return
            near = get_close_matches(text, names, 1)
            instead = _INSTEAD.get(text) or (f"`{near[0]}`" if near else "one of " + ", ".join((*names, "any")))
            raise ConditionError(f"`{text}` is no function that a condition knows; write {instead}")
        if text == "[" and self._text(place - 1) != "in":
            raise ConditionError("`[` begins a list and stands behind `in`, as in `{{env}} in ['production']`")
        if text in _INSTEAD or text in (";", "#", "^", "@"):
            raise ConditionError(f"`{text}` cannot stand in a condition; write {_INSTEAD.get(text, 'a comparison')}")

    def _paired(self) -> list[Use]:
        """Two variables that are compared know of each other, so that both are read alike."""
        other: dict[int, int] = {}
        for place in range(1, len(self.found) - 1):
            if self._text(place) in COMPARE and place - 1 in self.at and place + 1 in self.at:
                left, right = self.at[place - 1], self.at[place + 1]
                other |= {left: right, right: left}
        pairs = [(use, other.get(spot)) for spot, use in enumerate(self.uses)]
        return [
            Use(use.bound, use.name, use.kind, use.column, "" if mate is None else f"v{mate}", use.ordered)
            for use, mate in pairs
        ]


def _span(token: Token) -> float:
    told = seconds(token.text)
    if told is None:
        raise ConditionError(f"'{token.text}' is no span of time; write one such as '10 minutes'")
    return told
