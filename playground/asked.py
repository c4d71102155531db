"""What a kubectl command line asks for: its words, its options and what stands behind `--`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """A command: its words, its options by their long names, and what stands behind `--`."""

    words: tuple[str, ...]
    options: Mapping[str, str]
    behind: tuple[str, ...]

    @property
    def namespace(self) -> str:
        return self.options.get("namespace", "default")


_SHORT = {"n": "namespace", "l": "selector", "c": "container", "o": "output"}
_TAKING = {"namespace", "selector", "container", "output", "tail", "since", "replicas", "timeout"}


def parsed(argv: Sequence[str]) -> Asked:
    """An option's value stands behind `=`, or is the next word."""
    words: list[str] = []
    options: dict[str, str] = {}
    left = list(argv)
    while left and left[0] != "--":
        word = left.pop(0)
        found = re.fullmatch(r"--?([a-z][a-z-]*)(?:=(.*))?", word, re.DOTALL)
        if found is None:
            words.append(word)
            continue
        name = _SHORT.get(found[1], found[1])
        next_word = left.pop(0) if found[2] is None and name in _TAKING and left else ""
        options[name] = found[2] if found[2] is not None else next_word
    return Asked(tuple(words), options, tuple(left[1:]))
