"""A postmortem's chapters in the form that is asked for: what the record says, joined as a model would join it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

CHAPTERS = ("summary", "resolution", "lessons")
_LINE = re.compile(r"(?P<chapter>[a-z]+) · (?P<text>.+?)(?P<cites>(?: \[\d+\])+)")


def chapters(lines: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Chapter → its sentences with their sources; of two that follow each other one is made."""
    found = [told for line in lines if (told := _LINE.fullmatch(line))]
    return {name: _joined([told for told in found if told["chapter"] == name]) for name in CHAPTERS}


def _joined(told: Sequence[re.Match[str]]) -> list[dict[str, Any]]:
    pairs = [told[at : at + 2] for at in range(0, len(told), 2)]
    return [{"text": _sentence([one["text"] for one in pair]), "cites": _cites(pair)} for pair in pairs]


def _sentence(texts: Sequence[str]) -> str:
    first, *more = (text.rstrip(".") for text in texts)
    return "; ".join((first, *(_inside(text) for text in more))) + "."


def _inside(text: str) -> str:
    """A sentence as a part of another: it begins small, unless its first word is a name."""
    word = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if word.isalpha() and word.istitle() else text


def _cites(pair: Sequence[re.Match[str]]) -> list[int]:
    return list(dict.fromkeys(int(number) for one in pair for number in re.findall(r"\d+", one["cites"])))
