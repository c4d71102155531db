"""A command's text becomes a list of arguments, never through a shell."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from runbooks.launchers import launcher
from runbooks.showing import escaped, shown

__all__ = ["CommandError", "Mistake", "NotAllowedError", "Program", "launcher", "shell_syntax", "shown", "split"]

LONGEST = 8_000
"""Characters of one command."""
MOST = 256
"""Arguments of one command."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is started for a name."""

    path: str
    """Real path, links resolved."""
    digest: str
    """SHA-256 (hex) of the file there."""


class NotAllowedError(Exception):
    """A program or host that no setting allows; says which setting to look at."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CommandError(Exception):
    """A command that cannot be split; says what to write instead."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something in a command that only a shell would understand."""

    found: str
    suggestion: str
    is_: str = "is shell syntax, and there is no shell"

    def __str__(self) -> str:
        return f"`{self.found}` {self.is_}: {self.suggestion}"


_QUOTE_IT = "put it in quotes if the program itself is to read it"
_PARAMETER = "declare a parameter and write `{{name}}`, or name the variable in RUNBOOK_ENV"
_LINE = "a step runs one command; write one step for each, or end the line with `\\`"
_SYNTAX: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), suggestion)
    for pattern, suggestion in (
        (r"\r|\n", _LINE),
        (
            r"[0-9]*(?:>>|>\||>&|&>|<<<|<<|<&|<>|>|<)(?![(])[0-9-]*",
            "the whole output is kept with the run; leave it out",
        ),
        (r"[<>]\(", "write the first command as a step of its own and `parse` its output"),
        (r"\|\||&&", "write two steps; a step that fails ends the run, or has `continue_on_failure: true`"),
        (r"\|&?", "write a step for each command and `parse` the first one's output"),
        (r";+|&", "write one step for each command"),
        (r"\$\(|`", "write it as a step of its own, `parse` its output and use the variable"),
        (r"\$\{[^}]*\}?|\$[A-Za-z_][A-Za-z0-9_]*|\$[0-9@*#?$!-]", _PARAMETER),
        (r"\$['\"]", "write plain quotes"),
        (r"\*+|\?|\[", f"no file names are put in for it; {_QUOTE_IT}"),
        (r"\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}", f"write each of them out; {_QUOTE_IT}"),
        (r"[()]", f"there are no subshells; {_QUOTE_IT}"),
    )
)
_AT_WORD: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"~[A-Za-z0-9_-]*(?=/|\s|$)"), "write the folder's whole path"),
    (re.compile(r"#\S*"), f"a comment goes into the YAML, behind a `#` outside the command; {_QUOTE_IT}"),
)
_AT_START: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[A-Za-z_][A-Za-z0-9_]*=\S*"), "name the variable in RUNBOOK_ENV, or pass an option of the program"),
    (re.compile(r"!(?=\s)"), "say in `verify` with `expect` what counts as good"),
)
_IN_DOUBLE = re.compile(r"\\[$`]|\$\(|`|\$\{[^}]*\}?|\$[A-Za-z_][A-Za-z0-9_]*")
_ONLY_LOOKS_SO = re.compile(
    "[\u00a0\u2000-\u200f\u2010-\u2015\u2018-\u201f\u2028-\u202f\u2032-\u2037\u2060-\u206f\u3000\uff01-\uff5e]"
)
_VARIABLE = re.compile(r"\{\{\s*([^{}\s]*)\s*\}\}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def split(text: str) -> tuple[str, ...]:
    """The arguments of a command as POSIX quoting has it; `{{variables}}` stay whole.

    Raises CommandError for shell syntax, quotes that do not close, and what is too long.
    """
    if len(text) > LONGEST:
        raise CommandError(f"a command has at most {LONGEST} characters, this one {len(text)}")
    mistakes = shell_syntax(text)
    if mistakes:
        raise CommandError("; ".join(map(str, mistakes)))
    if found := _CONTROL.search(text):
        raise CommandError(f"a control character (U+{ord(found[0]):04X}) stands in the command; take it out")
    try:
        argv = tuple(shlex.split(_tidy(text), posix=True))
    except ValueError as error:
        raise CommandError(f"{_said(error)}; a quote itself is written inside the other kind of quotes") from error
    if not argv or not argv[0]:
        raise CommandError("the command is empty; write a program and its arguments")
    if "{{" in argv[0]:
        raise CommandError("the program itself cannot be a variable; write its name")
    if len(argv) > MOST:
        raise CommandError(f"a command has at most {MOST} arguments, this one {len(argv)}")
    return argv


def shell_syntax(text: str) -> tuple[Mistake, ...]:
    """Everything that only a shell would understand, in the order of the text.

    Outside quotes it is all of a shell's syntax; in double quotes, where a shell goes on to read, `$` and backticks.
    """
    scan = _Scan(_tidy(text).strip())
    while scan.place < len(scan.text):
        scan.step()
    return tuple(dict.fromkeys(scan.found))


@dataclass(slots=True)
class _Scan:
    """A walk through a command, quotes kept in mind."""

    text: str
    place: int = 0
    quote: str = ""
    """The one that is open."""
    word: str = ""
    """What stands there of the present word; whether it is empty is what counts."""
    found: list[Mistake] = field(default_factory=list)

    def step(self) -> None:
        char = self.text[self.place]
        if self.quote == "'":
            self._over(1, quote="" if char == "'" else "'")
        elif self.quote:
            self._in_double(char)
        elif char in "'\"":
            self._over(1, quote=char)
        elif char == "\\":
            self._over(2)
        elif variable := _VARIABLE.match(self.text, self.place):
            self._over(len(variable[0]))
        elif mistake := _wrong_at(self.text, self.place, self.word):
            self.found.append(mistake)
            self._over(len(mistake.found) if self.text.startswith(mistake.found, self.place) else 1)
        elif char.isspace():
            self.place, self.word = self.place + 1, ""
        else:
            self._over(1)

    def _in_double(self, char: str) -> None:
        if found := _IN_DOUBLE.match(self.text, self.place):
            self.found.append(Mistake(found[0], "put the text in single quotes if that is meant, or use `{{name}}`"))
            self._over(len(found[0]), quote='"')
        elif char == "\\":
            self._over(2, quote='"')
        else:
            self._over(1, quote="" if char == '"' else '"')

    def _over(self, length: int, quote: str = "") -> None:
        self.word += self.text[self.place : self.place + length]
        self.place, self.quote = self.place + length, quote


def _wrong_at(text: str, place: int, word: str) -> Mistake | None:
    if alike := _ONLY_LOOKS_SO.match(text, place):
        return Mistake(escaped(alike[0]), "write the plain one", "only looks like a plain character")
    tests = _SYNTAX if word else (*_SYNTAX, *_AT_WORD, *(() if text[:place].strip() else _AT_START))
    for pattern, suggestion in tests:
        if found := pattern.match(text, place):
            # the digit before `>` is the shell's only where a word begins: `a2>b` is `a2` and `>`
            if word and found[0][0].isdigit():
                continue
            return Mistake(found[0] if found[0].strip() else "\\n", suggestion)
    return None


def _tidy(text: str) -> str:
    """Variables without their inner spaces, so that they stay whole; continued lines joined, as POSIX has it."""
    return _VARIABLE.sub(lambda found: "{{" + found[1] + "}}", _joined(text))


def _joined(text: str) -> str:
    parts, quote, place = [], "", 0
    while place < len(text):
        char = text[place]
        if char == "\\" and quote != "'":
            pair = text[place : place + 2]
            parts += [] if pair == "\\\n" else [pair]
            place += 2
            continue
        if char in "'\"" and quote in ("", char):
            quote = "" if quote else char
        parts.append(char)
        place += 1
    return "".join(parts)


def _said(error: ValueError) -> str:
    return {
        "No closing quotation": "a quote is opened and not closed",
        "No escaped character": "a `\\` stands last",
    }.get(str(error), str(error))
