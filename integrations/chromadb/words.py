"""The words of a text, for both ranks: lower case, CamelCase and snake_case taken apart, numbers left out."""

from __future__ import annotations

import re

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_ENGLISH = """
a about after all also an and any are as at be been before but by can could did do for from had has have
if in into is it its more no not of off on or our out over so than that the their then there these they
this to too up was we were when which while with you
above below usually taken now last ms second minute hour day
"""
_COMMON = frozenset(_ENGLISH.split())


def words(text: str) -> list[str]:
    """In order, with repeats. «HighErrorRate on db-7» gives high, error, rate, db."""
    apart = _CAMEL.sub(" ", text)
    found = (_stem(word.lower()) for word in _WORD.findall(apart))
    return [word for word in found if len(word) > 1 and word not in _COMMON and not word.isdigit()]


def _stem(word: str) -> str:
    """The plural's s only: «connections» and «connection» are one word. Longer endings are left to the n-grams."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
