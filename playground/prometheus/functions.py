"""Functions over instant vectors and scalars."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from playground.prometheus.values import (
    ExecutionError,
    Floats,
    Labels,
    Millis,
    Row,
    Scalar,
    Text,
    Unsupported,
    Value,
    Vector,
    labels_of,
    merged,
    nameless,
)

_PLAIN: dict[str, Callable[[Floats], Floats]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sgn": np.sign,
}


def call(name: str, arguments: Sequence[Value], steps: Millis) -> Value:
    """The function of this name. Raises Unsupported where there is none."""
    with np.errstate(all="ignore"):
        match name, arguments:
            case "vector", [Scalar() as figure]:
                return [Row((), figure.values, np.ones(steps.size, dtype=np.bool_))]
            case "scalar", [list() as rows]:
                return _scalar(rows, steps)
            case (("clamp_min" | "clamp_max" | "clamp"), [list() as rows, *limits]):
                return _clamped(name, rows, [limit.values for limit in limits if isinstance(limit, Scalar)])
            case (("sort" | "sort_desc"), [list() as rows]):
                return sorted(rows, key=lambda r: r.values[-1], reverse=name == "sort_desc")
            case "label_replace", [list() as rows, Text() as to, Text() as new, Text() as source, Text() as pattern]:
                return _replaced(rows, (to.value, new.value), (source.value, pattern.value))
            case _, [list() as rows] if name in _PLAIN:
                return _each(rows, _PLAIN[name])
            case _:
                raise Unsupported(f"the function {name}()")


def _each(rows: Vector, change: Callable[[Floats], Floats]) -> Vector:
    return merged(Row(nameless(row.labels), change(row.values), row.there) for row in rows)


def _scalar(rows: Vector, steps: Millis) -> Scalar:
    """The value of the only row at each step; NaN where there is none or more than one."""
    if not rows:
        return Scalar(np.full(steps.size, np.nan))
    there = np.array([row.there for row in rows])
    values = np.where(there, np.array([row.values for row in rows]), 0.0).sum(axis=0)
    return Scalar(np.where(there.sum(axis=0) == 1, values, np.nan))


def _clamped(name: str, rows: Vector, limits: list[Floats]) -> Vector:
    low = limits[0] if name != "clamp_max" else None
    high = limits[-1] if name != "clamp_min" else None
    if name == "clamp" and bool((limits[0] > limits[1]).any()):
        rows = [Row(row.labels, row.values, row.there & (limits[0] <= limits[1])) for row in rows]

    def change(values: Floats) -> Floats:
        values = values if low is None else np.maximum(values, low)
        return values if high is None else np.minimum(values, high)

    return _each(rows, change)


def _replaced(rows: Vector, target: tuple[str, str], source: tuple[str, str]) -> Vector:
    name, template = target
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name):
        raise ExecutionError(f"invalid destination label name in label_replace(): {name}")
    try:
        pattern = re.compile(f"^(?:{source[1]})$")
    except re.error as error:
        raise ExecutionError(f"invalid regular expression in label_replace(): {source[1]}") from error
    template = re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", template)
    return merged(
        Row(_relabelled(row.labels, name, template, (source[0], pattern)), row.values, row.there) for row in rows
    )


def _relabelled(labels: Labels, name: str, template: str, source: tuple[str, re.Pattern[str]]) -> Labels:
    known = dict(labels)
    found = source[1].match(known.get(source[0], ""))
    return labels if found is None else labels_of({**known, name: found.expand(template)})
