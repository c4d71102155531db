"""One search: its body read strictly, its hits sorted, cut to a page and written as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.elasticsearch.documents import TIME, TYPES, Documents, Mask, Numbers
from playground.elasticsearch.errors import rejected, shards_failed, token_of
from playground.elasticsearch.query import Index, find, moment

KEYS = {"query", "size", "from", "sort", "search_after", "track_total_hits", "_source", "fields", "timeout"}
MAX_WINDOW = 10_000
TRACKED = 10_000
"""How far totals are counted when nothing is said about it."""

_DURATION = re.compile(r"-1|\d+(?:\.\d+)?(?:nanos|micros|ms|s|m|h|d)")


@dataclass(frozen=True, slots=True)
class SortKey:
    field: str
    descending: bool


def search(body: Mapping[str, Any], index: Index) -> str:
    """The answer as JSON text. Raises Rejected."""
    size, start = _window(body, index.documents.index)
    keys = _sort(body.get("sort", []), index.documents.index)
    after = _after(body, keys, start, index)
    fields = [_docvalue(told, index.documents.index) for told in body.get("fields", [])]
    found = find(body.get("query", {"match_all": {}}), index)
    columns = [_column(key, index.documents, found.scores) for key in keys]
    numbers = _ordered(found.mask, found.scores, columns, after)[start : start + size]
    total = int(np.count_nonzero(found.mask))
    page = _Page(index.documents, found.scores, keys, _source_fields(body.get("_source", True)), fields)
    return page.written(numbers, _total(body.get("track_total_hits", TRACKED), total))


def count(body: Mapping[str, Any], index: Index) -> str:
    for key in body:
        if key != "query":
            raise rejected("parsing_exception", f"request does not support [{key}]")
    total = int(np.count_nonzero(find(body.get("query", {"match_all": {}}), index).mask))
    return json.dumps({"count": total, "_shards": _SHARDS})


_SHARDS = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}


@dataclass(frozen=True, slots=True)
class _Page:
    documents: Documents
    scores: Numbers
    keys: Sequence[SortKey]
    source: tuple[str, ...] | None
    fields: Sequence[tuple[str, str]]

    def written(self, numbers: NDArray[np.int64], total: dict[str, Any] | None) -> str:
        counted = f'"total":{json.dumps(total)},' if total else ""
        best = "null" if self.keys or not len(numbers) else repr(float(self.scores[numbers].max()))
        shards = json.dumps(_SHARDS)
        head = f'{{"took":1,"timed_out":false,"_shards":{shards},"hits":{{{counted}"max_score":{best},"hits":['
        return f"{head}{','.join(self._hits(numbers))}]}}}}"

    def _hits(self, numbers: NDArray[np.int64]) -> list[str]:
        """Each hit as JSON. Made a column at a time: ten thousand of them should not take longer than the network."""
        listed = numbers.tolist()
        scored = not self.keys or any(key.field == "_score" for key in self.keys)
        scores = self._sorted_by("_score", listed) if scored else ["null"] * len(listed)
        index = f'{{"_index":"{self.documents.index}","_id":"'
        hits = [f'{index}{number:08x}","_score":{score}' for number, score in zip(listed, scores, strict=True)]
        if self.source is not None:
            sources = self.documents.sources(listed, self.source)
            hits = [f'{hit},"_source":{source}' for hit, source in zip(hits, sources, strict=True)]
        if self.fields:
            hits = [f"{hit}{self._values(number)}" for hit, number in zip(hits, listed, strict=True)]
        if self.keys:
            columns = [self._sorted_by(key.field, listed) for key in self.keys]
            sorts = map(",".join, zip(*columns, strict=True))
            hits = [f'{hit},"sort":[{sort}]' for hit, sort in zip(hits, sorts, strict=True)]
        return [f"{hit}}}" for hit in hits]

    def _values(self, number: int) -> str:
        values = {}
        for field, form in self.fields:
            value = self.documents.value(number, field)
            if value is not None:
                values[field] = [str(int(self.documents.times[number])) if form == "epoch_millis" else value]
        return f',"fields":{json.dumps(values)}' if values else ""

    def _sorted_by(self, field: str, numbers: list[int]) -> list[str]:
        match field:
            case "_score":
                return [repr(score) for score in self.scores[numbers].tolist()]
            case "_seq_no" | "_doc":
                return [str(number) for number in numbers]
            case "@timestamp":
                return [str(int(time)) for time in self.documents.times[numbers].tolist()]
            case keyword:
                return [json.dumps(self.documents.value(number, keyword)) for number in numbers]


def _ordered(
    mask: Mask, scores: Numbers, columns: Sequence[Numbers], after: Sequence[float] | None
) -> NDArray[np.int64]:
    """The numbers of the matching documents in order, those up to `after` left out."""
    if after is not None:
        later = np.zeros(len(mask), dtype=np.bool_)
        for column, bound in zip(reversed(columns), reversed(after), strict=True):
            later = (column > bound) | ((column == bound) & later)
        mask = mask & later
    numbers = np.flatnonzero(mask)
    ranks = [column[numbers] for column in columns] or [-scores[numbers]]
    return numbers[np.lexsort([numbers, *reversed(ranks)])]


def _column(key: SortKey, documents: Documents, scores: Numbers) -> Numbers:
    """Numbers in whose ascending order the key sorts."""
    match key.field:
        case "_score":
            column = scores
        case "_seq_no" | "_doc":
            column = np.arange(len(documents), dtype=np.float64)
        case "@timestamp":
            column = documents.times
        case field:
            column = documents.keywords[field].codes.astype(np.float64)
    return -column if key.descending else column


def _window(body: Mapping[str, Any], index: str) -> tuple[int, int]:
    for key, value in body.items():
        if key not in KEYS:
            raise rejected("parsing_exception", f"Unknown key for a {token_of(value)} in [{key}].")
    if "timeout" in body and not _DURATION.fullmatch(str(body["timeout"])):
        reason = f"failed to parse setting [timeout] with value [{body['timeout']}] as a time value: "
        raise rejected("illegal_argument_exception", reason + "unit is missing or unrecognized")
    size, start = (_whole(key, body.get(key, usual)) for key, usual in (("size", 10), ("from", 0)))
    if size + start > MAX_WINDOW:
        reason = (
            f"Result window is too large, from + size must be less than or equal to: [{MAX_WINDOW}] but was "
            f"[{size + start}]. See the scroll api for a more efficient way to request large data sets. "
            "This limit can be set by changing the [index.max_result_window] index level setting."
        )
        raise shards_failed("illegal_argument_exception", reason, index)
    return size, start


def _whole(key: str, value: object) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise rejected("number_format_exception", f'For input string: "{value}"') from None
    if number < 0:
        raise rejected("illegal_argument_exception", f"[{key}] parameter cannot be negative, found [{number}]")
    return number


def _sort(told: Any, index: str) -> list[SortKey]:
    return [_sort_key(one, index) for one in (told if isinstance(told, list) else [told])]


def _sort_key(told: Any, index: str) -> SortKey:
    field, options = (told, {}) if isinstance(told, str) else next(iter(told.items()))
    options = {"order": options} if isinstance(options, str) else options
    for option in options:
        if option not in ("order", "unmapped_type"):
            raise rejected("x_content_parse_exception", f"[1:1] [field_sort] unknown field [{option}]")
    order = str(options.get("order", "desc" if field == "_score" else "asc"))
    if order.lower() not in ("asc", "desc"):
        constant = "org.elasticsearch.search.sort.SortOrder"
        raise rejected("illegal_argument_exception", f"No enum constant {constant}.{order.upper()}")
    if TYPES.get(field) not in ("date", "keyword") and field not in ("_score", "_seq_no", "_doc"):
        reason = f"No mapping found for [{field}] in order to sort on"
        raise shards_failed("query_shard_exception", reason, index)
    return SortKey(field, order.lower() == "desc")


def _after(body: Mapping[str, Any], keys: Sequence[SortKey], start: int, index: Index) -> list[float] | None:
    told = body.get("search_after")
    if told is None:
        return None
    if start:
        reason = "Validation Failed: 1: [from] parameter must be set to 0 when [search_after] is used;"
        raise rejected("action_request_validation_exception", reason)
    name = index.documents.index
    if all(key == SortKey("_score", descending=True) for key in keys):
        raise shards_failed("illegal_argument_exception", "Sort must contain at least one field.", name)
    if len(told) != len(keys):
        reason = f"search_after has {len(told)} value(s) but sort has {len(keys)}."
        raise shards_failed("illegal_argument_exception", reason, name)
    return [_bound(key, value, index) for key, value in zip(keys, told, strict=True)]


def _bound(key: SortKey, value: Any, index: Index) -> float:
    if key.field == TIME:
        number = moment(value, index)
    elif key.field in TYPES:
        values = index.documents.keywords[key.field].values
        number = float(np.searchsorted(values, str(value))) - (0.0 if value in values else 0.5)
    else:
        number = float(value)
    return -number if key.descending else number


def _docvalue(told: Any, index: str) -> tuple[str, str]:
    field, form = (told, "") if isinstance(told, str) else (told["field"], str(told.get("format", "")))
    if form not in ("", "epoch_millis", "strict_date_optional_time"):
        raise shards_failed("illegal_argument_exception", f"error fetching [{field}]: Invalid format: [{form}]", index)
    return field, form


def _source_fields(told: Any) -> tuple[str, ...] | None:
    """Which fields of the source are wanted; None for no source at all."""
    if isinstance(told, bool):
        return tuple(TYPES) if told else None
    wanted = [told] if isinstance(told, str) else told
    if not isinstance(wanted, list):
        raise rejected("illegal_argument_exception", "the playground knows _source as a flag, a name or a list")
    return tuple(f for f in TYPES if any(fnmatchcase(f, one) or f.startswith(f"{one}.") for one in wanted))


def _total(tracked: bool | int, total: int) -> dict[str, Any] | None:  # noqa: FBT001 - the wire has it so
    if tracked is False:
        return None
    if tracked is True or total <= tracked:
        return {"value": total, "relation": "eq"}
    return {"value": int(tracked), "relation": "gte"}
