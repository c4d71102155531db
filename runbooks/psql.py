"""psql's command line, as psql itself reads it: where its SQL stands, and whether its rows come as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runbooks.launchers import base

SAFE = ("--csv", "-X", "-v", "ON_ERROR_STOP=1")
"""Put in front of the arguments: rows as CSV, nobody's psqlrc, and the first error ends it."""
READ_ONLY = {"PGOPTIONS": "-c default_transaction_read_only=on"}
"""With it every transaction is a read-only one."""
_FLAGS = {
    "A": "no-align", "a": "echo-all", "b": "echo-errors", "e": "echo-queries", "E": "echo-hidden", "H": "html",
    "l": "list", "n": "no-readline", "q": "quiet", "s": "single-step", "S": "single-line", "t": "tuples-only",
    "x": "expanded", "X": "no-psqlrc", "w": "no-password", "W": "password", "z": "field-separator-zero",
    "0": "record-separator-zero", "1": "single-transaction", "V": "version", "": "csv", "?": "help",
}  # fmt: skip
_TAKES = {
    "c": "command", "d": "dbname", "f": "file", "F": "field-separator", "h": "host", "L": "log-file", "o": "output",
    "p": "port", "P": "pset", "R": "record-separator", "T": "table-attr", "U": "username", "v": "set",
}  # fmt: skip
_LONG = {**dict.fromkeys(_FLAGS.values(), False), **dict.fromkeys(_TAKES.values(), True), "variable": True}
_SHORT = {long: short for short, long in (_FLAGS | _TAKES).items() if short}
_OWN_FORM = frozenset({"no-align", "html", "tuples-only", "expanded", "field-separator", "record-separator", "pset",
                       "field-separator-zero", "record-separator-zero", "table-attr"})  # fmt: skip
_CLOSED = {
    "file": "SQL from a file is not shown to those who approve; write it as `-c '…'`",
    "output": "leave `-o` out: the output is kept with the run",
    "log-file": "leave `-L` out: the output is kept with the run",
    "single-step": "nobody sits at the terminal; leave `-s` out",
    "password": "nobody sits at the terminal; use RUNBOOK_ENV with PGPASSFILE",
}


class PsqlError(Exception):
    """A psql command that cannot be used; says what to write instead."""


@dataclass(frozen=True, slots=True)
class Psql:
    """A psql command, understood."""

    sql: tuple[tuple[int, str], ...]
    """Each `-c`: the place of its argument, and its SQL."""
    options: tuple[tuple[str, str], ...]
    """Long names and values, in order, `command` not among them."""
    positional: tuple[str, ...]
    """Database and user."""

    @property
    def as_csv(self) -> bool:
        """Whether rows come as CSV: not where the command asks for a form of its own."""
        return not any(name in _OWN_FORM for name, _ in self.options)


def place_of(argv: Sequence[str]) -> int | None:
    """Where psql stands: at the front, or behind the `--` of `kubectl exec`; None: there is none."""
    if base(argv[0]) == "psql":
        return 0
    if base(argv[0]) in ("kubectl", "oc") and "--" in argv[:-1]:
        place = list(argv).index("--") + 1
        return place if base(argv[place]) == "psql" else None
    return None


def understood(argv: Sequence[str]) -> Psql:
    """The command whose first argument is psql. Raises PsqlError for what cannot be shown or read whole."""
    sql: list[tuple[int, str]] = []
    options: list[tuple[str, str]] = []
    positional: list[str] = []
    place = 1
    while place < len(argv):
        arg = argv[place]
        if arg == "--":
            positional += argv[place + 1 :]
            break
        found, more = _options(arg, argv[place + 1] if place + 1 < len(argv) else None)
        sql += [(place + more, value) for name, value in found if name == "command"]
        options += [pair for pair in found if pair[0] != "command"]
        positional += [] if arg.startswith("-") and arg != "-" else [arg]
        place += 1 + more
    _check(sql, options)
    return Psql(tuple(sql), tuple(options), tuple(positional))


def _options(arg: str, after: str | None) -> tuple[list[tuple[str, str]], int]:
    """The options of one argument, and how many further arguments they take."""
    if arg.startswith("--"):
        name, equals, value = arg[2:].partition("=")
        if name not in _LONG:
            raise PsqlError(f"psql's `--{name}` is not known here; write the option's whole name")
        if equals or not _LONG[name]:
            return [(name, value)], 0
        return [(name, _there(arg, after))], 1
    found: list[tuple[str, str]] = []
    for place, letter in enumerate(arg[1:], 2) if arg.startswith("-") else ():
        if letter in _TAKES:
            attached = arg[place:]
            value = attached or _there(arg, after)
            return [*found, (_TAKES[letter], value)], 0 if attached else 1
        if letter not in _FLAGS:
            raise PsqlError(f"psql has no option `-{letter}` (in `{arg}`)")
        found.append((_FLAGS[letter], ""))
    return found, 0


def _there(arg: str, after: str | None) -> str:
    if after is None:
        raise PsqlError(f"psql's `{arg}` lacks its value")
    return after


def _check(sql: list[tuple[int, str]], options: list[tuple[str, str]]) -> None:
    for name, _ in options:
        if name in _CLOSED:
            raise PsqlError(f"psql `-{_SHORT[name]}`: {_CLOSED[name]}")
    names = {name for name, _ in options}
    if not sql and not names & {"list", "version", "help"}:
        raise PsqlError("psql without `-c` waits for somebody to type; write the SQL as `-c '…'`")
    if any(text.lstrip().startswith("\\") for _, text in sql):
        raise PsqlError("psql's backslash commands (`\\d`, `\\!`, `\\copy`) are not run; write SQL")


def safe(argv: Sequence[str], found: Psql) -> tuple[str, ...]:
    """With `--csv -X -v ON_ERROR_STOP=1` in front; without `--csv` where the command asks for a form of its own."""
    given = {name for name, _ in found.options}
    front: list[str] = []
    if found.as_csv and "csv" not in given:
        front.append("--csv")
    if "no-psqlrc" not in given:
        front.append("-X")
    return (argv[0], *front, *SAFE[2:], *argv[1:])
