"""The facts of an audit entry as they are kept: plain JSON, every secret masked, and bounded (pure)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from bot.guard.redact import redact, redact_finding

LARGEST = 128 * 1024
"""Characters of all facts of one entry."""
LIMITS = ((8_000, 400), (1_000, 50), (100, 10))
"""Characters of one text, and parts of one list or mapping; the next pair where the whole is still too large."""
DEEPEST = 8
"""Levels of lists and mappings."""
MOST_TEXTS = 2_000
"""Texts of one entry that are looked at; those beyond become `…`."""


def as_kept(facts: Mapping[str, Any]) -> str:
    """The facts as canonical JSON: keys sorted, ASCII, no spaces. Never raises.

    Masked first, cut after: a cut through a secret would hide what it is. What is cut says how long it was, and the
    SHA-256 of the whole (as masked), so that it can still be recognised.
    """
    masked = _Masking().of(facts, DEEPEST)
    for longest, most in LIMITS:
        text = _canonical(_cut(masked, longest, most))
        if len(text) <= LARGEST:
            return text
    whole = _canonical(masked)
    return _canonical({"cut": f"{len(whole):,} characters in all, SHA-256 {_hash(whole)}"})


def as_word(text: str) -> str:
    """One short field: masked, bounded, and with everything but printable ASCII as an escape."""
    return json.dumps(_shortened(redact(text), 200))[1:-1].replace("\x7f", "\\u007f")


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))


class _Masking:
    """One pass over the facts of one entry: plain JSON values, with every text masked however deep it stands."""

    def __init__(self) -> None:
        self._left = MOST_TEXTS

    def of(self, value: Any, levels: int, under: tuple[str, ...] = ()) -> Any:
        """`under`: the keys above the value."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int(value) if value.bit_length() <= 64 else hex(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else str(value)
        if isinstance(value, str):
            return self._text(value, under)
        return self._parts(value, levels, under) if levels else f"{type(value).__name__}, too deep to keep"

    def _text(self, text: str, under: tuple[str, ...]) -> str:
        """Masked by itself, and beside its own key and the one above: `password` tells what `hunter2` is."""
        self._left -= 1
        if self._left < 0:
            return "…"
        for key in under[-2:]:
            (text,) = redact_finding({key: text}).values()
        return redact(text)

    def _parts(self, value: Any, levels: int, under: tuple[str, ...]) -> Any:
        if is_dataclass(value) and not isinstance(value, type):
            value = {field.name: getattr(value, field.name) for field in fields(value)}
        if isinstance(value, Mapping):
            return {redact(str(key)): self.of(item, levels - 1, (*under, str(key))) for key, item in value.items()}
        if isinstance(value, (set, frozenset)):
            return self._list(sorted(value, key=repr), levels, under)
        if isinstance(value, (list, tuple)):
            return self._list(value, levels, under)
        return value.isoformat() if isinstance(value, datetime) else self._text(str(value), under)

    def _list(self, items: Sequence[Any], levels: int, under: tuple[str, ...]) -> list[Any]:
        """Of an argument list, `--password` tells what the next is; where it does, the list becomes its one line."""
        apart = [self.of(item, levels - 1, under) for item in items]
        if not all(isinstance(item, str) for item in apart):
            return apart
        together = redact(" ".join(apart))
        return apart if together == " ".join(apart) else [together]


def _cut(value: Any, longest: int, most: int) -> Any:
    if isinstance(value, str):
        return _shortened(value, longest)
    if isinstance(value, dict):
        kept = {_shortened(key, 200): _cut(item, longest, most) for key, item in islice(value.items(), most)}
        return kept | ({"…": f"cut: {len(value):,} in all"} if len(value) > most else {})
    if isinstance(value, list):
        parts = [_cut(item, longest, most) for item in value[:most]]
        return [*parts, f"… [cut: {len(value):,} in all]"] if len(value) > most else parts
    return value


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return f"{text[:longest]} … [cut: {len(text):,} characters in all, SHA-256 {_hash(text)}]"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
