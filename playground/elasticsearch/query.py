"""The query DSL, as far as the bot uses it: a clause becomes a mask over the documents and a score for each.

Anything else is refused as Elasticsearch refuses what it does not know, never ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from playground.elasticsearch.documents import MESSAGE, TIME, TYPES, Documents, Mask, Numbers, millis
from playground.elasticsearch.errors import Rejected, rejected, shards_failed, token_of

JSON = Mapping[str, Any]

_WORD = re.compile(r"\w+(?:['.]\w+)*")
_MATH = re.compile(r"now(?:([+-])(\d+)([smhd]))?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Found:
    """Which documents match, and how well. Scores are 1 for a match, 0 in a filter: no weighing of words."""

    mask: Mask
    scores: Numbers


@dataclass(frozen=True, slots=True)
class Index:
    """What a query is put to."""

    documents: Documents
    now: datetime


def find(query: object, index: Index) -> Found:
    """Raises Rejected for a clause or a key that is not known."""
    if not isinstance(query, dict):
        raise rejected("parsing_exception", f"Unknown key for a {token_of(query)} in [query].")
    if not query:
        raise rejected("illegal_argument_exception", "query malformed, empty clause found at [1:11]")
    name, body = next(iter(query.items()))
    clause = _CLAUSES.get(name)
    if clause is None:
        caused = {"type": "named_object_not_found_exception", "reason": f"[1:1] unknown field [{name}]"}
        raise rejected("parsing_exception", f"unknown query [{name}]", caused_by=caused)
    if len(query) > 1:
        reason = f"[{name}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]"
        raise rejected("parsing_exception", reason)
    if not isinstance(body, dict):
        raise rejected("parsing_exception", f"[{name}] query malformed, no start_object after query name")
    return clause(body, index)


def _all(body: JSON, index: Index) -> Found:
    _known(body, {"boost"}, lambda key: rejected("parsing_exception", f"[1:1] [match_all] unknown field [{key}]"))
    return _scored(np.ones(len(index.documents), dtype=np.bool_))


def _bool(body: JSON, index: Index) -> Found:
    keys = {"filter", "must", "should", "must_not", "minimum_should_match"}
    _known(body, keys, lambda key: rejected("x_content_parse_exception", f"[1:1] [bool] unknown field [{key}]"))
    parts = {key: [find(one, index) for one in _listed(body.get(key, []))] for key in keys - {"minimum_should_match"}}
    mask = np.ones(len(index.documents), dtype=np.bool_)
    scores = np.zeros(len(index.documents))
    for found in parts["filter"] + parts["must"]:
        mask &= found.mask
    for found in parts["must_not"]:
        mask &= ~found.mask
    for found in parts["must"] + parts["should"]:
        scores += np.where(found.mask, found.scores, 0.0)
    least = int(body.get("minimum_should_match", 0 if parts["filter"] or parts["must"] else 1))
    if parts["should"]:
        mask &= np.sum([found.mask for found in parts["should"]], axis=0) >= least
    return Found(mask, scores)


def _term(body: JSON, index: Index) -> Found:
    field, told = _one_field("term", body)
    if isinstance(told, dict):
        _known(told, {"value", "boost"}, _unsupported("term"))
        told = told.get("value")
    return _scored(_equal(index, field, [told]))


def _terms(body: JSON, index: Index) -> Found:
    field, told = _one_field("terms", {key: value for key, value in body.items() if key != "boost"})
    if not isinstance(told, list):
        raise _unsupported("terms")(field)
    return _scored(_equal(index, field, told))


def _exists(body: JSON, index: Index) -> Found:
    _known(body, {"field", "boost"}, _unsupported("exists"))
    field = body.get("field")
    if not isinstance(field, str):
        raise rejected("parsing_exception", "[exists] must be provided with a [field]")
    mask = np.full(len(index.documents), field in (TIME, MESSAGE))
    for name, column in index.documents.keywords.items():
        if name == field or name.startswith(f"{field}."):
            mask |= column.present()
    return _scored(mask)


def _range(body: JSON, index: Index) -> Found:
    field, told = _one_field("range", body)
    if not isinstance(told, dict):
        raise _unsupported("range")(field)
    _known(told, {"gt", "gte", "lt", "lte", "format", "boost"}, _unsupported("range"))
    if field not in TYPES:
        return _scored(np.zeros(len(index.documents), dtype=np.bool_))
    if field != TIME:
        raise rejected("illegal_argument_exception", f"the playground has no ranges but over [{TIME}]")
    mask = np.ones(len(index.documents), dtype=np.bool_)
    compare = {"gt": np.greater, "gte": np.greater_equal, "lt": np.less, "lte": np.less_equal}
    for key in compare.keys() & told.keys():
        if told[key] is not None:
            mask &= compare[key](index.documents.times, moment(told[key], index))
    return _scored(mask)


def _match(body: JSON, index: Index) -> Found:
    field, told = _one_field("match", body)
    every = False
    if isinstance(told, dict):
        _known(told, {"query", "operator", "boost"}, _unsupported("match"))
        every = str(told.get("operator", "or")).lower() == "and"
        told = told.get("query")
    if field != MESSAGE:
        return _scored(_equal(index, field, [told]))
    wanted = set(_WORD.findall(str(told).lower()))
    enough = wanted.issubset if every else (lambda words: not wanted.isdisjoint(words))
    said = (set(_WORD.findall(record.message.lower())) for record in index.documents.records)
    return _scored(np.fromiter((bool(wanted) and enough(words) for words in said), np.bool_, len(index.documents)))


def _function_score(body: JSON, index: Index) -> Found:
    def unknown(key: str) -> Rejected:
        return rejected("parsing_exception", f"failed to parse [function_score] query. field [{key}] is not supported")

    _known(body, {"query", "random_score", "boost_mode", "boost"}, unknown)
    found = find(body.get("query", {"match_all": {}}), index)
    if "random_score" not in body:
        return found
    mode = str(body.get("boost_mode", "multiply"))
    if mode not in ("multiply", "replace"):
        constant = "org.elasticsearch.common.lucene.search.function.CombineFunction"
        raise rejected("illegal_argument_exception", f"No enum constant {constant}.{mode.upper()}")
    random = _random(body["random_score"], len(index.documents))
    return Found(found.mask, random if mode == "replace" else random * found.scores)


def _random(told: JSON, many: int) -> Numbers:
    """A score in [0, 1) for each document, of 24 bits like the real ones; the same for the same seed, else new."""
    _known(told, {"seed", "field"}, lambda key: _unsupported("random_score", "")(key))
    seed = abs(int(told["seed"])) if "seed" in told else None
    return np.floor(np.random.default_rng(seed).random(many) * 2**24) / 2**24


_CLAUSES: dict[str, Callable[[JSON, Index], Found]] = {
    "match_all": _all,
    "bool": _bool,
    "term": _term,
    "terms": _terms,
    "exists": _exists,
    "range": _range,
    "match": _match,
    "function_score": _function_score,
}


def moment(told: object, index: Index) -> float:
    """Milliseconds since 1970 of a number, an ISO date or `now-15m`. Raises Rejected."""
    if isinstance(told, int | float):
        return float(told)
    text = str(told)
    if math := _MATH.fullmatch(text):
        sign, many, unit = math.groups()
        shift = int(f"{sign}{many}") * _UNITS[unit] if sign else 0
        return millis(index.now + timedelta(seconds=shift))
    if text.lstrip("-").isdecimal() and len(text) > 4:
        return float(text)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        reason = f"failed to parse date field [{text}] with format [strict_date_optional_time||epoch_millis]"
        raise shards_failed("parse_exception", f"{reason}: [{reason}]", index.documents.index) from None
    return millis(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))


def _equal(index: Index, field: str, wanted: list[Any]) -> Mask:
    documents = index.documents
    if field == TIME:
        return np.isin(documents.times, [moment(value, index) for value in wanted])
    if field == MESSAGE:  # a term is one word of a text, as it stands in the index
        words = {str(value) for value in wanted}
        said = (_WORD.findall(record.message.lower()) for record in documents.records)
        return np.fromiter((not words.isdisjoint(one) for one in said), np.bool_, len(documents))
    column = documents.keywords.get(field)
    return column.among([str(value) for value in wanted]) if column else np.zeros(len(documents), dtype=np.bool_)


def _scored(mask: Mask) -> Found:
    return Found(mask, mask.astype(np.float64))


def _listed(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [told]


def _one_field(clause: str, body: JSON) -> tuple[str, Any]:
    names = list(body)
    if not names:
        raise rejected("illegal_argument_exception", "field name is null or empty")
    if len(names) > 1:
        reason = f"[{clause}] query doesn't support multiple fields, found [{names[0]}] and [{names[1]}]"
        raise rejected("parsing_exception", reason)
    return names[0], body[names[0]]


def _known(body: JSON, keys: set[str], refuse: Callable[[str], Rejected]) -> None:
    for key in body:
        if key not in keys:
            raise refuse(key)


def _unsupported(clause: str, brackets: str = "[]") -> Callable[[str], Rejected]:
    named = f"[{clause}]" if brackets else clause
    return lambda key: rejected("parsing_exception", f"{named} query does not support [{key}]")
