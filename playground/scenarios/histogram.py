"""Latency as a histogram has it: which share of the requests lies at or below each bound."""

from __future__ import annotations

import math

import numpy as np

from playground.scenarios.course import Array

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, math.inf)
"""Upper bounds of the latency histogram's buckets, in seconds."""


def buckets(p50: Array, p99: Array) -> Array:
    """Shares of requests at or below each bound, so that `histogram_quantile(0.99, …)` gives back `p99`.

    Log-normal with these two quantiles; then the bucket that holds `p99` is bent so that the straight line
    which Prometheus draws inside it passes 0.99 at `p99`.
    """
    bounds = np.array(BOUNDS[:-1])
    sigma = np.log(p99 / p50) / 2.3263
    below = _normal((np.log(bounds)[None, :] - np.log(p50)[:, None]) / sigma[:, None])
    place = np.minimum(np.searchsorted(bounds, p99), bounds.size - 1)
    lower = np.where(place > 0, bounds[np.maximum(place - 1, 0)], 0.0)
    part = np.clip((p99 - lower) / (bounds[place] - lower), 0.02, 1.0)
    rows = np.arange(p99.size)
    under = np.where(place > 0, below[rows, np.maximum(place - 1, 0)], 0.0)
    least = np.where(part < 1, (0.99 - part) / np.maximum(1 - part, 1e-9), 0.0)
    under = np.where(place > 0, np.clip(under, np.maximum(least, 0.0) + 1e-4, 0.9899), 0.0)
    over = np.minimum(under + (0.99 - under) / part, 1.0)
    columns = np.arange(bounds.size)[None, :]
    below = np.where(columns < place[:, None], np.minimum(below, under[:, None]), np.maximum(below, over[:, None]))
    below = np.where(columns == place[:, None] - 1, under[:, None], below)
    below = np.where(columns == place[:, None], over[:, None], below)
    return np.hstack([np.minimum(below, 1.0), np.ones((p99.size, 1))])


def _normal(z: Array) -> Array:
    """The standard normal distribution: Φ(z) = (1 + erf(z/√2)) / 2."""
    return np.vectorize(lambda x: 0.5 * (1.0 + math.erf(x / math.sqrt(2.0))), otypes=[float])(z)  # type: ignore[no-any-return]
