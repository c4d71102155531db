"""What an expression can be worth: rows of labels with a figure at some of the steps, or one figure a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Millis = NDArray[np.int64]

Labels = tuple[tuple[str, str], ...]
"""Sorted by name, `__name__` among them; no empty values."""


class ExecutionError(Exception):
    """The expression is well-formed but cannot be evaluated: HTTP 422, errorType `execution`."""


class Unsupported(ExecutionError):
    """Good PromQL that this stand-in does not evaluate."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not evaluated by the playground's Prometheus")


@dataclass(frozen=True, slots=True)
class Row:
    """One series of a vector. `there` tells at which steps it exists; elsewhere its value means nothing."""

    labels: Labels
    values: Floats
    there: Bools


Vector = list[Row]


@dataclass(frozen=True, slots=True)
class Scalar:
    values: Floats


@dataclass(frozen=True, slots=True)
class Text:
    value: str


Value = Vector | Scalar | Text


def labels_of(labels: Mapping[str, str]) -> Labels:
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def without(labels: Labels, names: Iterable[str]) -> Labels:
    gone = frozenset(names)
    return tuple(pair for pair in labels if pair[0] not in gone)


def only(labels: Labels, names: Iterable[str]) -> Labels:
    kept = frozenset(names)
    return tuple(pair for pair in labels if pair[0] in kept)


def nameless(labels: Labels) -> Labels:
    return without(labels, ("__name__",))


def merged(rows: Iterable[Row]) -> Vector:
    """Rows of the same labels become one. Raises ExecutionError where two of them exist at the same step."""
    found: dict[Labels, Row] = {}
    for row in rows:
        if not row.there.any():
            continue
        if (known := found.get(row.labels)) is not None:
            if (known.there & row.there).any():
                raise ExecutionError("vector cannot contain metrics with the same labelset")
            row = Row(row.labels, np.where(row.there, row.values, known.values), known.there | row.there)
        found[row.labels] = row
    return list(found.values())
