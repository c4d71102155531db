"""Elasticsearch's refusals, in its own words and shape (taken from 8.19.0); only line and column are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Rejected(Exception):
    """A request that is answered with an error. `body` is the JSON, whole."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def rejected(kind: str, reason: str, status: int = 400, **more: object) -> Rejected:
    """An error that was found before any shard was asked."""
    cause = {"type": kind, "reason": reason, **more}
    return Rejected(status, {"error": {"root_cause": [cause], **cause}, "status": status})


def shards_failed(kind: str, reason: str, index: str) -> Rejected:
    """An error that every shard found."""
    cause = {"type": kind, "reason": reason}
    error = {
        "root_cause": [cause],
        "type": "search_phase_execution_exception",
        "reason": "all shards failed",
        "phase": "query",
        "grouped": True,
        "failed_shards": [{"shard": 0, "index": index, "node": "playground", "reason": cause}],
    }
    return Rejected(400, {"error": error, "status": 400})


def unauthorized(reason: str, **more: str) -> Rejected:
    asked = {"WWW-Authenticate": ['Basic realm="security", charset="UTF-8"', "ApiKey"]}
    refusal = rejected("security_exception", reason, 401, **more, header=asked)
    refusal.headers["WWW-Authenticate"] = "ApiKey"
    return refusal


def no_index(name: str) -> Rejected:
    about = {"resource.type": "index_or_alias", "resource.id": name, "index_uuid": "_na_", "index": name}
    return rejected("index_not_found_exception", f"no such index [{name}]", 404, **about)


def plain(status: int, text: str, **headers: str) -> Rejected:
    """An error that was found before the request reached a handler: only a text."""
    return Rejected(status, {"error": text, "status": status}, headers)


def token_of(value: object) -> str:
    """What the parser calls this piece of JSON."""
    match value:
        case dict():
            return "START_OBJECT"
        case list():
            return "START_ARRAY"
        case bool():
            return "VALUE_BOOLEAN"
        case int() | float():
            return "VALUE_NUMBER"
        case None:
            return "VALUE_NULL"
        case _:
            return "VALUE_STRING"
