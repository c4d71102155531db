"""Aggregations over the rows of a vector, and quantiles out of histogram buckets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from playground.prometheus.values import (
    Bools,
    Floats,
    Labels,
    Row,
    Unsupported,
    Vector,
    merged,
    nameless,
    only,
    without,
)

Grouping = Callable[[Labels], Labels]


def by(names: Sequence[str]) -> Grouping:
    return lambda labels: only(labels, names)


def leaving_out(names: Sequence[str]) -> Grouping:
    return lambda labels: without(labels, ("__name__", *names))


def grouped(rows: Iterable[Row], grouping: Grouping) -> dict[Labels, list[Row]]:
    groups: dict[Labels, list[Row]] = {}
    for row in rows:
        groups.setdefault(grouping(row.labels), []).append(row)
    return groups


def aggregate(op: str, rows: Vector, grouping: Grouping) -> Vector:
    """sum, avg, min, max, count, group, stddev or stdvar of each group. Raises Unsupported for others."""
    if (reduce := _REDUCE.get(op)) is None:
        raise Unsupported(f"the aggregation {op}")
    answer = []
    for labels, group in grouped(rows, grouping).items():
        there = np.array([row.there for row in group])
        with np.errstate(all="ignore"):
            values = reduce(np.array([row.values for row in group]), there)
        answer.append(Row(labels, values, np.asarray(there.any(axis=0))))
    return answer


def _sum(values: Floats, there: Bools) -> Floats:
    return np.asarray(np.where(there, values, 0.0).sum(axis=0))


def _count(values: Floats, there: Bools) -> Floats:
    return np.asarray(there.sum(axis=0), dtype=np.float64)


def _average(values: Floats, there: Bools) -> Floats:
    return _sum(values, there) / np.maximum(_count(values, there), 1.0)


def _variance(values: Floats, there: Bools) -> Floats:
    return _average((values - _average(values, there)[None, :]) ** 2, there)


_REDUCE: dict[str, Callable[[Floats, Bools], Floats]] = {
    "sum": _sum,
    "count": _count,
    "avg": _average,
    "min": lambda values, there: np.fmin.reduce(np.where(there, values, np.nan), axis=0),
    "max": lambda values, there: np.fmax.reduce(np.where(there, values, np.nan), axis=0),
    "group": lambda values, there: np.ones(values.shape[1]),
    "stdvar": _variance,
    "stddev": lambda values, there: np.sqrt(_variance(values, there)),
}


def largest(rows: Vector, k: Floats, grouping: Grouping, sign: float) -> Vector:
    """`topk` (sign 1) and `bottomk` (sign -1): at each step the k rows of every group that reach furthest."""
    answer: Vector = []
    for group in grouped(rows, grouping).values():
        there = np.array([row.there for row in group])
        reach = np.array([row.values for row in group]) * sign
        ranked = np.where(there, np.where(np.isnan(reach), -np.inf, reach), -np.inf)
        order = np.lexsort((~there, -ranked), axis=0)
        rank = np.argsort(order, axis=0, kind="stable")
        kept = there & (rank < k[None, :])
        answer.extend(Row(row.labels, row.values, kept[i]) for i, row in enumerate(group))
    return sorted((row for row in answer if row.there.any()), key=lambda row: -sign * row.values[row.there][-1])


# ── histograms ───────────────────────────────────────────────────────────────────────────────────


def histogram_quantile(quantile: Floats, rows: Vector) -> Vector:
    """`bucketQuantile` of promql/quantile.go, v2.42, for every group of rows that differ only in `le`."""
    bounded = [(row, bound) for row in rows if (bound := _bound(row.labels)) is not None]
    groups: dict[Labels, list[tuple[float, Row]]] = {}
    for row, bound in bounded:
        groups.setdefault(nameless(without(row.labels, ("le",))), []).append((bound, row))
    return merged(_quantiles(labels, group, quantile) for labels, group in groups.items())


def _bound(labels: Labels) -> float | None:
    try:
        return float(dict(labels).get("le", ""))
    except ValueError:
        return None


def _quantiles(labels: Labels, group: list[tuple[float, Row]], quantile: Floats) -> Row:
    group.sort(key=lambda pair: pair[0])
    there = np.array([row.there for _, row in group])
    counts = np.array([row.values for _, row in group])
    bounds = np.array([bound for bound, _ in group])
    values = np.full(counts.shape[1], np.nan)
    patterns, which = np.unique(there, axis=1, return_inverse=True)
    for i in range(patterns.shape[1]):
        steps, buckets = which.ravel() == i, patterns[:, i]
        if buckets.any():
            values[steps] = _in_buckets(quantile[steps], bounds[buckets], counts[buckets][:, steps])
    return Row(labels, values, np.asarray(there.any(axis=0)))


def _in_buckets(quantile: Floats, bounds: Floats, counts: Floats) -> Floats:
    """The quantile at each step, `counts` holding one row a bucket, bounds ascending."""
    unlike = np.concatenate([[True], np.diff(bounds) > 0])
    starts = np.flatnonzero(unlike)
    counts = np.maximum.accumulate(np.add.reduceat(counts, starts, axis=0), axis=0)
    bounds = bounds[starts]
    answer = np.full(quantile.size, np.nan)
    if math.isinf(bounds[-1]) and bounds[-1] > 0 and bounds.size >= 2:
        rank = quantile * counts[-1]
        place = np.minimum((counts[:-1] < rank[None, :]).sum(axis=0), bounds.size - 1)
        steps, before = np.arange(quantile.size), np.maximum(place - 1, 0)
        start = np.where(place > 0, bounds[before], 0.0)
        under = np.where(place > 0, counts[before, steps], 0.0)
        with np.errstate(all="ignore"):
            within = start + (bounds[place] - start) * ((rank - under) / (counts[place, steps] - under))
        answer = np.where(place == bounds.size - 1, bounds[-2], within)
        answer = np.where((place == 0) & (bounds[0] <= 0), bounds[0], answer)
        answer = np.where(counts[-1] == 0, np.nan, answer)
    answer = np.where(quantile < 0, -np.inf, np.where(quantile > 1, np.inf, answer))
    return np.where(np.isnan(quantile), np.nan, answer)
