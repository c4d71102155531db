"""Flags of a command line, read by a table of those that are known."""

from __future__ import annotations

from collections.abc import Mapping

Flags = Mapping[str, bool]
"""A flag, and whether a value follows it."""


def flags(alone: str, valued: str = "") -> Flags:
    return {**dict.fromkeys(alone.split(), False), **dict.fromkeys(valued.split(), True)}


def read(args: list[str], known: Flags) -> tuple[list[str], dict[str, str]] | None:
    """Positional arguments and flags; None: a flag is not in the table. Of two the last counts."""
    positional: list[str] = []
    given: dict[str, str] = {}
    rest = list(args)
    while rest:
        arg = rest.pop(0)
        if not arg.startswith("-") or arg == "-":
            positional.append(arg)
            continue
        name, equals, value = arg.partition("=")
        if not arg.startswith("--") and name not in known:
            name, value, equals = arg[:2], arg[2:].removeprefix("="), "="  # `-nprod`
            if not known.get(name):
                return None
        if name not in known or (known[name] and not equals and not rest):
            return None
        given[name] = value if equals else rest.pop(0) if known[name] else ""
    return positional, given
