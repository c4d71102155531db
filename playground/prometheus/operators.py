"""Binary operators: arithmetic, comparison and sets, with vector matching."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from playground.prometheus.values import (
    Bools,
    ExecutionError,
    Floats,
    Labels,
    Row,
    Scalar,
    Unsupported,
    Vector,
    merged,
    nameless,
    only,
    without,
)

Pair = Callable[[Floats, Floats], Floats]

_ARITHMETIC: dict[str, Pair] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
}
_COMPARISON: dict[str, Callable[[Floats, Floats], Bools]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
SETS = ("and", "or", "unless")


@dataclass(frozen=True, slots=True)
class Matching:
    """How the rows of two sides find each other."""

    labels: tuple[str, ...] = ()
    on: bool = False
    """Whether `labels` are those to match on, or those to leave out."""
    many: Literal["", "left", "right"] = ""
    """The side of which several rows may share a match: `group_left` and `group_right`."""
    include: tuple[str, ...] = ()
    """Labels that the one side gives to the many."""

    def key(self, labels: Labels) -> Labels:
        return only(labels, self.labels) if self.on else nameless(without(labels, self.labels))


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator with its `bool` and its matching."""

    op: str
    as_bool: bool
    matching: Matching

    @property
    def filters(self) -> bool:
        return self.op in _COMPARISON and not self.as_bool

    def apply(self, left: Floats, right: Floats) -> tuple[Floats, Bools]:
        """The values at each step, and where a filter lets them through."""
        everywhere = np.ones(left.size, dtype=np.bool_)
        with np.errstate(all="ignore"):
            if (compare := _COMPARISON.get(self.op)) is not None:
                holds = compare(left, right)
                return (holds.astype(np.float64), everywhere) if self.as_bool else (left, holds)
            if (compute := _ARITHMETIC.get(self.op)) is None:
                raise Unsupported(f"the operator {self.op}")
            return compute(left, right), everywhere


def binary(how: Operator, left: Vector | Scalar, right: Vector | Scalar) -> Vector | Scalar:
    """Both sides under one operator. Raises ExecutionError where rows cannot be matched one to one."""
    if isinstance(left, Scalar):
        if isinstance(right, Scalar):
            return Scalar(how.apply(left.values, right.values)[0])
        return merged(_with_scalar(how, row, left.values, row.values) for row in right)
    if isinstance(right, Scalar):
        return merged(_with_scalar(how, row, row.values, right.values) for row in left)
    return _sets(how, left, right) if how.op in SETS else _matched(how, left, right)


def _with_scalar(how: Operator, row: Row, left: Floats, right: Floats) -> Row:
    values, kept = how.apply(left, right)
    if how.filters:
        return Row(row.labels, row.values, row.there & kept)
    return Row(nameless(row.labels), values, row.there)


def _sets(how: Operator, left: Vector, right: Vector) -> Vector:
    ours, theirs = _presence(how.matching, left), _presence(how.matching, right)
    nowhere = np.zeros((left or right)[0].there.size, dtype=np.bool_) if left or right else np.zeros(0, dtype=np.bool_)
    match how.op:
        case "and":
            return [Row(r.labels, r.values, r.there & theirs.get(how.matching.key(r.labels), nowhere)) for r in left]
        case "unless":
            return [Row(r.labels, r.values, r.there & ~theirs.get(how.matching.key(r.labels), nowhere)) for r in left]
        case _:
            added = [Row(r.labels, r.values, r.there & ~ours.get(how.matching.key(r.labels), nowhere)) for r in right]
            return merged([*left, *added])


def _presence(matching: Matching, rows: Vector) -> dict[Labels, Bools]:
    there: dict[Labels, Bools] = {}
    for row in rows:
        key = matching.key(row.labels)
        there[key] = there[key] | row.there if key in there else row.there
    return there


def _matched(how: Operator, left: Vector, right: Vector) -> Vector:
    if not left or not right:
        return []
    flipped = how.matching.many == "right"
    many, one = (right, left) if flipped else (left, right)
    ones = _one_side(how.matching, one, "left" if flipped else "right")
    taken: dict[Labels, Bools] = {}
    answer: Vector = []
    for row in many:
        for other in ones.get(how.matching.key(row.labels), ()):
            paired = _paired(how, row, other)
            _claim(taken, paired.labels if how.matching.many else how.matching.key(row.labels), paired.there, how)
            answer.append(paired)
    return merged(answer)


def _one_side(matching: Matching, rows: Vector, side: str) -> dict[Labels, list[Row]]:
    found: dict[Labels, list[Row]] = {}
    for row in rows:
        known = found.setdefault(matching.key(row.labels), [])
        if any((row.there & other.there).any() for other in known):
            raise ExecutionError(
                f"found duplicate series for the match group on the {side} hand-side of the operation;"
                "many-to-many matching not allowed: matching labels must be unique on one side"
            )
        known.append(row)
    return found


def _paired(how: Operator, row: Row, other: Row) -> Row:
    """One row of the many side with its match; `on` and `ignoring` say which labels are left."""
    ours, theirs = (other, row) if how.matching.many == "right" else (row, other)
    values, kept = how.apply(ours.values, theirs.values)
    return Row(_result_labels(how, row.labels, other.labels), values, row.there & other.there & kept)


def _claim(taken: dict[Labels, Bools], key: Labels, there: Bools, how: Operator) -> None:
    if key in taken and (taken[key] & there).any():
        reason = (
            "grouping labels must ensure unique matches"
            if how.matching.many
            else "many-to-one matching must be explicit (group_left/group_right)"
        )
        raise ExecutionError(f"multiple matches for labels: {reason}")
    taken[key] = taken[key] | there if key in taken else there


def _result_labels(how: Operator, many: Labels, one: Labels) -> Labels:
    """`resultMetric` of promql/engine.go, v2.42."""
    matching = how.matching
    labels = many if how.filters else nameless(many)
    if matching.many:
        given = only(one, matching.include)
        return tuple(sorted((*without(labels, matching.include), *given)))
    return only(labels, matching.labels) if matching.on else without(labels, matching.labels)
