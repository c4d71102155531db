"""BM25 over the remembered texts: exact words count, and rare ones count more.

Its own forty lines instead of a library: `bm25s` adds a package for what is a dictionary here, SQLite's FTS5
would be a second store to keep in step with Chroma. Formula: Robertson and Zaragoza, «The Probabilistic
Relevance Framework: BM25 and Beyond», 2009, with the never-negative idf of Lucene.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from integrations.chromadb.words import words

_K1 = 1.2
_B = 0.75


class Lexical:
    """An index over id → text; it does not change."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._posts: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._lengths: dict[str, int] = {}
        for id_, text in texts.items():
            counted = Counter(words(text))
            self._lengths[id_] = counted.total()
            for word, times in counted.items():
                self._posts[word].append((id_, times))
        self._average = sum(self._lengths.values()) / max(len(self._lengths), 1) or 1.0

    def __len__(self) -> int:
        return len(self._lengths)

    def idf(self, word: str) -> float:
        """How much a word tells: ln(1 + (N - n + 0.5) / (n + 0.5)), the highest for one that was never seen."""
        n = len(self._posts.get(word, ()))
        return math.log(1 + (len(self) - n + 0.5) / (n + 0.5))

    def search(self, text: str, most: int) -> list[tuple[str, float]]:
        """At most so many (id, score > 0), the best first; equal scores in the order of their ids."""
        scores: dict[str, float] = defaultdict(float)
        for word in set(words(text)):
            for id_, times in self._posts.get(word, ()):
                length = 1 - _B + _B * self._lengths[id_] / self._average
                scores[id_] += self.idf(word) * times * (_K1 + 1) / (times + _K1 * length)
        return sorted(scores.items(), key=lambda found: (-found[1], found[0]))[:most]

    def shared(self, text: str, other: Iterable[str]) -> list[str]:
        """The words that a text and these words have in common, the most telling first."""
        return sorted(set(words(text)) & set(other), key=lambda word: (-self.idf(word), word))
