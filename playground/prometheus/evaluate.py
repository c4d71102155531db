"""Evaluates PromQL, as parsed by `promql_parser`, at a row of steps over the series of a world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import promql_parser as ast

from playground.prometheus import aggregate, functions, ranges
from playground.prometheus.operators import Matching, Operator, binary
from playground.prometheus.storage import Matcher, Op, Storage, Stored
from playground.prometheus.values import (
    ExecutionError,
    Millis,
    Row,
    Scalar,
    Text,
    Unsupported,
    Value,
    Vector,
    merged,
    nameless,
)

_OPS: dict[str, Op] = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}
_CARDINALITY = {"VectorMatchCardinality.ManyToOne": "left", "VectorMatchCardinality.OneToMany": "right"}


class Evaluation:
    """One expression's evaluation at the given steps (milliseconds). Raises ExecutionError."""

    def __init__(self, storage: Storage, steps: Millis) -> None:
        self._storage = storage
        self._steps = steps
        self._kinds: dict[type, Callable[[Any], Value]] = {
            ast.ParenExpr: lambda paren: self.of(paren.expr),
            ast.NumberLiteral: lambda number: Scalar(np.full(steps.size, float(number.val))),
            ast.StringLiteral: lambda text: Text(text.val),
            ast.VectorSelector: self._selected,
            ast.UnaryExpr: self._negated,
            ast.AggregateExpr: self._aggregated,
            ast.BinaryExpr: self._binary,
            ast.Call: self._called,
        }

    def of(self, expression: Any) -> Value:
        evaluate = self._kinds.get(type(expression))
        if evaluate is None:
            raise Unsupported(type(expression).__name__)
        return evaluate(expression)

    def vector(self, expression: Any) -> Vector:
        value = self.of(expression)
        if not isinstance(value, list):
            raise ExecutionError("expected an instant vector")
        return value

    def scalar(self, expression: Any) -> Scalar:
        value = self.of(expression)
        if not isinstance(value, Scalar):
            raise ExecutionError("expected a scalar")
        return value

    def _selected(self, selector: Any) -> Vector:
        steps = self._steps - _offset(selector)
        answers = ((stored.labels, ranges.last_point(stored, steps)) for stored in found(self._storage, selector))
        return [Row(labels, *answer) for labels, answer in answers if answer[1].any()]

    def _negated(self, expression: Any) -> Value:
        value = self.of(expression.expr)
        if isinstance(value, Scalar):
            return Scalar(-value.values)
        if isinstance(value, Text):
            raise ExecutionError("a string cannot be negated")
        return merged(Row(nameless(row.labels), -row.values, row.there) for row in value)

    def _aggregated(self, expression: Any) -> Vector:
        rows, op = self.vector(expression.expr), str(expression.op)
        modifier = expression.modifier
        by_these = modifier is None or str(modifier.type) == "AggModifierType.By"
        names = [] if modifier is None else list(modifier.labels)
        grouping = aggregate.by(names) if by_these else aggregate.leaving_out(names)
        if op in ("topk", "bottomk"):
            k = np.floor(self.scalar(expression.param).values)
            return aggregate.largest(rows, k, grouping, 1.0 if op == "topk" else -1.0)
        return aggregate.aggregate(op, rows, grouping)

    def _binary(self, expression: Any) -> Value:
        left, right = self.of(expression.lhs), self.of(expression.rhs)
        if isinstance(left, Text) or isinstance(right, Text):
            raise ExecutionError("a string cannot stand in a binary expression")
        how = Operator(
            str(expression.op),
            as_bool=expression.modifier is not None and expression.modifier.return_bool,
            matching=_matching(expression.modifier),
        )
        return binary(how, left, right)

    def _called(self, call: Any) -> Value:
        name = call.func.name
        if name in ranges.FUNCTIONS:
            return self._over_range(name, call.args[0])
        if name == "histogram_quantile":
            return aggregate.histogram_quantile(self.scalar(call.args[0]).values, self.vector(call.args[1]))
        if name == "time":
            return Scalar(self._steps / 1_000)
        return functions.call(name, [self.of(argument) for argument in call.args], self._steps)

    def _over_range(self, name: str, argument: Any) -> Vector:
        if not isinstance(argument, ast.MatrixSelector):
            raise Unsupported("a subquery")
        function, rows = ranges.FUNCTIONS[name], []
        selector, length = argument.vector_selector, millis(argument.range)
        steps = self._steps - _offset(selector)
        for stored in found(self._storage, selector):
            with np.errstate(all="ignore"):
                values, there = function(ranges.Span(stored, steps, length))
            labels = stored.labels if name in ranges.KEEP_NAME else nameless(stored.labels)
            rows.append(Row(labels, values, there))
        return merged(rows)


def found(storage: Storage, selector: Any) -> list[Stored]:
    """The series that a selector names."""
    return storage.select(matchers(selector))


def matchers(selector: Any) -> list[Matcher]:
    """Its matchers, the metric's name among them. Raises Unsupported for `or` between matchers."""
    if selector.matchers.or_matchers:
        raise Unsupported("`or` between matchers")
    named = [Matcher("__name__", "=", selector.name)] if selector.name else []
    return named + [Matcher(m.name, _OPS[str(m.op)], m.value) for m in selector.matchers.matchers]


def millis(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1_000)


def _offset(selector: Any) -> int:
    if selector.at is not None:
        raise Unsupported("the @ modifier")
    return 0 if selector.offset is None else millis(selector.offset)


def _matching(modifier: Any) -> Matching:
    if modifier is None:
        return Matching()
    found = modifier.matching
    return Matching(
        labels=() if found is None else tuple(found.labels),
        on=found is not None and str(found.type) == "LabelModifierType.Include",
        many=_CARDINALITY.get(str(modifier.card), ""),  # type: ignore[arg-type] # its values are those of Matching
        include=tuple(modifier.group_labels or ()),
    )
