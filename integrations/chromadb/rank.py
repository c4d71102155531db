"""Which past incidents are like this one: two ranks fused, and a floor under both. Pure.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, «Reciprocal Rank Fusion outperforms Condorcet and
individual Rank Learning Methods», SIGIR 2009, with their k = 60.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from integrations.chromadb.client import Near
from integrations.chromadb.lexical import Lexical
from integrations.chromadb.memory import Memory
from integrations.chromadb.words import words
from integrations.contract import Alert, Scope, Similar

K = 60
DEPTH = 20
"""So many of each rank are fused."""
COVERED = 0.3
"""The floor of words: the share of the query's telling (the sum of its words' idf) that a memory must hold."""
_LABELS_OF_PLACE = """
alertname severity priority env environment cluster region zone instance pod pod_name node host hostname ip
uid id container_id replica prometheus endpoint monitor receiver team owner namespace job rule_uid grafana_folder
"""
_NOISE = frozenset(_LABELS_OF_PLACE.split())


@dataclass(frozen=True, slots=True)
class Query:
    """What is known of an incident while its context is gathered."""

    service: str
    alerts: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    memory: Memory
    score: float
    """Of both ranks, 0 to 1."""
    cosine: float
    """To the query; 0 where the vectors did not rank it."""


def query(scope: Scope) -> Query:
    """From the alerts' names, summaries, descriptions and telling labels, and from the service's name."""
    names = tuple(dict.fromkeys(alert.name for alert in scope.alerts))
    said = [part for alert in scope.alerts for part in _said(alert)]
    return Query(scope.service.name, names, "\n".join(dict.fromkeys((scope.service.name, *names, *said))))


def fuse(near: Sequence[Near], lexical: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """(id, score), the best first. A score is 1 for what leads both ranks; what only one rank has gets its share."""
    scores: dict[str, float] = defaultdict(float)
    for ranked in ([one.id for one in near], [id_ for id_, _ in lexical]):
        for place, id_ in enumerate(ranked, 1):
            scores[id_] += (K + 1) / (K + place) / 2
    return sorted(scores.items(), key=lambda found: (-found[1], found[0]))


def covered(asked: Query, text: str, index: Lexical) -> float:
    """The idf-weighted share of the query's words that a text holds, 0 to 1."""
    wanted = set(words(asked.text))
    whole = sum(index.idf(word) for word in wanted)
    return sum(index.idf(word) for word in wanted & set(words(text))) / whole if whole else 0.0


def alike(asked: Query, candidates: Iterable[Candidate], index: Lexical, floor: float) -> list[Similar]:
    """The candidates that pass the floor of words, or `floor`, that of cosines, in their order."""
    return [
        _similar(one.memory, one.score, _why(asked, one.memory, index))
        for one in candidates
        if one.cosine >= floor or covered(asked, one.memory.text(), index) >= COVERED
    ]


def _similar(memory: Memory, score: float, why: str) -> Similar:
    return Similar(
        incident_id=memory.id, at=memory.opened_at, service=memory.service, title=memory.title, cause=memory.cause,
        resolution=memory.resolution, minutes=memory.minutes, score=round(score, 4), why=why, url=memory.url,
    )  # fmt: skip


def _why(asked: Query, memory: Memory, index: Lexical) -> str:
    """«same service, same alert; both speak of gateway, refused, connection»."""
    same = []
    if memory.service == asked.service:
        same.append("same service")
    if set(memory.alerts) & set(asked.alerts):
        same.append("same alert")
    named = {word for name in (asked.service, memory.service) for word in words(name)}
    shared = [word for word in index.shared(asked.text, words(memory.text())) if word not in named][:4]
    parts = ([", ".join(same)] if same else []) + ([f"both speak of {', '.join(shared)}"] if shared else [])
    return "; ".join(parts) or "reads alike"


def _said(alert: Alert) -> list[str]:
    notes = [alert.annotations.get(key, "") for key in ("title", "summary", "description", "message")]
    labels = [value for key, value in sorted(alert.labels.items()) if key.lower() not in _NOISE]
    return [part for part in (alert.summary, *notes, *labels) if part]
