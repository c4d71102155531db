"""Which past incidents are like this one: two ranks fused, and a floor under both. Pure.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, «Reciprocal Rank Fusion outperforms Condorcet and
individual Rank Learning Methods», SIGIR 2009, with their k = 60.
"""

from __future__ import annotations

import re
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
COVERED = 0.6
"""The floor of words: the share of the symptoms' telling (the sum of their words' idf) that a memory must hold."""
AT_HOME = 0.5
"""An incident of the same service needs only this part of either floor."""
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
    symptoms: str
    """What happened, without to whom: it is what the floors go by, since the same service is not yet the same
    trouble."""

    @property
    def text(self) -> str:
        """What both ranks go by: with equal symptoms, the same service comes first."""
        return f"{self.service}\n{self.symptoms}"


@dataclass(frozen=True, slots=True)
class Candidate:
    memory: Memory
    score: float
    """Of both ranks, 0 to 1."""
    cosine: float
    """To the symptoms; 0 where it is not among the nearest."""


def query(scope: Scope) -> Query:
    """From the alerts' names, summaries, descriptions and telling labels, and from the service's name."""
    names = tuple(dict.fromkeys(alert.name for alert in scope.alerts))
    said = "\n".join(dict.fromkeys((*names, *(part for alert in scope.alerts for part in _said(alert)))))
    service = scope.service.name
    return Query(service, names, re.sub(rf"(?<!\w){re.escape(service)}(?!\w)", " ", said, flags=re.IGNORECASE))


def fuse(near: Sequence[Near], lexical: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """(id, score), the best first. A score is 1 for what leads both ranks; what only one rank has gets its share."""
    scores: dict[str, float] = defaultdict(float)
    for ranked in ([one.id for one in near], [id_ for id_, _ in lexical]):
        for place, id_ in enumerate(ranked, 1):
            scores[id_] += (K + 1) / (K + place) / 2
    return sorted(scores.items(), key=lambda found: (-found[1], found[0]))


def covered(asked: Query, text: str, index: Lexical) -> float:
    """The idf-weighted share of the symptoms' words that a text holds, 0 to 1."""
    wanted = set(words(asked.symptoms))
    whole = sum(index.idf(word) for word in wanted)
    return sum(index.idf(word) for word in wanted & set(words(text))) / whole if whole else 0.0


def alike(asked: Query, candidates: Iterable[Candidate], index: Lexical, floor: float) -> list[Similar]:
    """The candidates that are alike enough, in their order.

    The same alert of the same service always is. Else the symptoms must pass the floor of words or `floor`, that of
    cosines. Both were set by hand on the 130 made-up incidents of tests/rooms/chromadb with the hashing embedder,
    where every alert with a counterpart finds it and those without find nothing.
    """
    return [
        _similar(one.memory, one.score, _why(asked, one.memory, index))
        for one in candidates
        if _alike(asked, one, index, floor)
    ]


def _alike(asked: Query, one: Candidate, index: Lexical, floor: float) -> bool:
    home = one.memory.service == asked.service
    if home and _same_alert(asked, one.memory):
        return True
    need = AT_HOME if home else 1.0
    return one.cosine >= floor * need or covered(asked, one.memory.text(), index) >= COVERED * need


def _same_alert(asked: Query, memory: Memory) -> bool:
    """By its list of alerts, or by name in what was written of it."""
    written = set(re.findall(r"[\w.-]+", f"{memory.title} {memory.summary}"))
    return any(name in memory.alerts or name in written for name in asked.alerts)


def _similar(memory: Memory, score: float, why: str) -> Similar:
    return Similar(
        incident_id=memory.id, at=memory.opened_at, service=memory.service, title=memory.title, cause=memory.cause,
        resolution=memory.resolution, minutes=memory.minutes, score=round(score, 4), why=why, url=memory.url,
    )  # fmt: skip


def _why(asked: Query, memory: Memory, index: Lexical) -> str:
    """The words «same service, same alert; both speak of “gateway”, “refused”»; names are not told twice."""
    same, told = [], {word for name in (asked.service, memory.service) for word in words(name)}
    if memory.service == asked.service:
        same.append("same service")
    if _same_alert(asked, memory):
        same.append("same alert")
        told.update(word for name in asked.alerts for word in words(name))
    shared = [word for word in index.shared(asked.symptoms, words(memory.text())) if word not in told][:4]
    parts = ([", ".join(same)] if same else []) + (
        [f"both speak of {', '.join(f'“{word}”' for word in shared)}"] if shared else []
    )
    return "; ".join(parts) or "reads alike"


def _said(alert: Alert) -> list[str]:
    notes = [alert.annotations.get(key, "") for key in ("title", "summary", "description", "message")]
    labels = [value for key, value in sorted(alert.labels.items()) if key.lower() not in _NOISE]
    return [part for part in (alert.summary, *notes, *labels) if part]
