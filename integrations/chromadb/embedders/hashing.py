"""Vectors without a model: each word, pair of words and piece of a word is hashed to a place and a sign.

Feature hashing with signs: Weinberger et al., «Feature Hashing for Large Scale Multitask Learning», 2009.
The hash is BLAKE2b, not Python's own, so that every process on every machine gives the same vector.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise

from integrations.chromadb.words import words

DIMENSIONS = 384
_PAIR = 0.5
_PIECE = 0.25
"""Weights beside a whole word's 1: pieces find what was spelt otherwise, but must not drown the words."""


class Hashing:
    name = f"hashing-{DIMENSIONS}"
    floor = 0.4

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [_vector(text) for text in texts]


def _vector(text: str) -> list[float]:
    vector = [0.0] * DIMENSIONS
    for feature, weight in _features(words(text)).items():
        hashed = int.from_bytes(blake2b(feature.encode(), digest_size=8).digest(), "little")
        vector[hashed % DIMENSIONS] += weight if hashed >> 63 else -weight
    length = math.sqrt(sum(value * value for value in vector))
    if length == 0.0:  # a text without words is like nothing, but Chroma's cosine needs a direction
        return [1.0] + [0.0] * (DIMENSIONS - 1)
    return [value / length for value in vector]


def _features(found: Sequence[str]) -> dict[str, float]:
    """Feature → weight; repeats count with their logarithm."""
    counted: Counter[tuple[str, float]] = Counter((word, 1.0) for word in found)
    counted.update((f"{one} {two}", _PAIR) for one, two in pairwise(found))
    for word in found:
        framed = f"<{word}>"
        counted.update((f"~{framed[at : at + 4]}", _PIECE) for at in range(len(framed) - 3))
    return {feature: weight * (1 + math.log(times)) for (feature, weight), times in counted.items()}
