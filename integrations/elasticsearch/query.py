"""The questions: which lines, in which order. Pure; every value is bound as JSON, none is written into a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from integrations.contract import Refused, Scope, Window
from integrations.elasticsearch import NAME, Settings
from integrations.elasticsearch.client import Mapped

BEFORE = timedelta(minutes=75)
"""How far before the alert lines are read: a quiet hour, and the quarter in which most incidents begin."""

_SEED = 892
_WARNING = ("warn", "warning")
_ERROR = ("err", "error", "severe", "crit", "critical", "alert", "emerg", "emergency", "fatal", "panic")


def _spelled(words: tuple[str, ...], *letters: str) -> tuple[str, ...]:
    """As loggers spell them; the single letters are glog's."""
    return tuple(sorted({form for word in words for form in (word, word.upper(), word.title())} | {*letters}))


ERRORS = _spelled(_ERROR, "E", "F")
LOUD = _spelled(_WARNING + _ERROR, "W", "E", "F")
"""Warning and worse."""

Clause = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Fields:
    """The names under which a term finds a whole value."""

    service: tuple[str, ...]
    level: tuple[str, ...]
    """Empty where lines have no level, or one that is not a word."""
    env: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """Some of the lines, in a random order that stays the same: any first part of it is an even sample."""

    filters: tuple[Clause, ...]
    without: tuple[Clause, ...]
    settings: Settings

    def page(self, size: int, after: tuple[object, ...] = ()) -> Clause:
        """The body of the search for the next `size` lines behind `after`; the first page also counts them all."""
        spelled = self.settings
        body: dict[str, object] = {
            "query": {
                "function_score": {
                    "query": {"bool": {"filter": list(self.filters), "must_not": list(self.without)}},
                    "random_score": {"seed": _SEED, "field": "_seq_no"},
                    "boost_mode": "replace",
                }
            },
            "sort": [{"_score": "desc"}, {"_seq_no": "asc"}],
            "size": size,
            "track_total_hits": not after,
            **read_of_each(spelled),
        }
        return body | ({"search_after": list(after)} if after else {})


def read_of_each(spelled: Settings) -> dict[str, object]:
    """What a search reads of each line, and how long it may take inside Elasticsearch."""
    return {
        "timeout": f"{int(spelled.timeout * 800)}ms",
        "_source": [spelled.service_field, spelled.level_field, spelled.message_field, spelled.instance_field],
        "fields": [{"field": spelled.time_field, "format": "epoch_millis"}, {"field": spelled.service_field}],
    }


def asked_fields(settings: Settings) -> tuple[str, ...]:
    """The fields whose types have to be known before a question can be put."""
    words = filter(None, (settings.service_field, settings.level_field, settings.env_field))
    return (settings.time_field, *(name for word in words for name in (word, f"{word}.keyword")))


def resolve(mapped: Mapped, settings: Settings) -> Fields:
    """The fields as these indices have them. Raises Refused when lines cannot be found by time and service."""
    if not mapped.types.get(settings.time_field, frozenset()) & {"date", "date_nanos"}:
        reason = f"{settings.index} has no date field {settings.time_field}"
        raise Refused(NAME, reason, "set ELASTICSEARCH_TIME_FIELD")
    service = _exact(mapped, settings.service_field)
    if not service:
        reason = f"{settings.index} has no keyword field {settings.service_field}"
        raise Refused(NAME, reason, "set ELASTICSEARCH_SERVICE_FIELD")
    return Fields(service, _level(mapped, settings.level_field), _exact(mapped, settings.env_field))


def window(scope: Scope) -> Window:
    """From 75 minutes before the alert (or before now, should the alert's clock be ahead) until now."""
    until = scope.window.until
    return Window(min(scope.alerted_at, until) - BEFORE, until)


def searches(scope: Scope, fields: Fields, settings: Settings) -> tuple[Search, ...]:
    """Warnings and worse first, then all the rest; one search for everything where lines have no level."""
    filters = within(scope, tuple(scope.services), window(scope), fields, settings)
    if not fields.level:
        return (Search(filters, (), settings),)
    loud = among(fields.level, LOUD)
    return Search((*filters, loud), (), settings), Search(filters, (loud,), settings)


def within(
    scope: Scope, services: tuple[str, ...], span: Window, fields: Fields, settings: Settings
) -> tuple[Clause, ...]:
    """Lines of these services in this span, of the scope's environment where lines tell theirs."""
    spelled = {"gte": span.since.isoformat(), "lt": span.until.isoformat(), "format": "strict_date_optional_time"}
    filters: tuple[Clause, ...] = ({"range": {settings.time_field: spelled}}, among(fields.service, services))
    return (*filters, among(fields.env, (scope.env,))) if fields.env and scope.env else filters


def among(names: tuple[str, ...], values: tuple[str, ...]) -> Clause:
    clauses: list[Clause] = [{"terms": {name: list(values)}} for name in names]
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}


def _exact(mapped: Mapped, field: str) -> tuple[str, ...]:
    """The keyword under this name, or the `.keyword` beside a text: terms on a text would match its words."""
    both = (field, f"{field}.keyword") if field else ()
    return tuple(name for name in both if "keyword" in mapped.types.get(name, frozenset()))


def _level(mapped: Mapped, field: str) -> tuple[str, ...]:
    """As `_exact`; a plain text will do too, for a level is one word."""
    plain = (field,) if field and "text" in mapped.types.get(field, frozenset()) else ()
    return _exact(mapped, field) or plain
