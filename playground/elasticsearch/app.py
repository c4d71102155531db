"""The HTTP side: addresses, media types, the API key, and errors as Elasticsearch sends them."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from playground.elasticsearch.documents import TYPES, Documents
from playground.elasticsearch.errors import Rejected, no_index, plain, rejected, unauthorized
from playground.elasticsearch.query import Index
from playground.elasticsearch.search import count, search
from playground.world import World

VERSION = "8.19.0"

_PARAMETERS = {"pretty", "human", "ignore_unavailable", "allow_no_indices", "expand_wildcards"}
_VENDOR = re.compile(r"application/vnd\.elasticsearch\+json;\s*compatible-with=(\d+)")
_EMPTY = '{"took":0,"timed_out":false,"_shards":{"total":0,"successful":0,"skipped":0,"failed":0},"hits":'


@dataclass
class App:
    """An ASGI app that answers from the world. `requests` is every method and path so far."""

    world: World
    api_key: str
    index: str
    requests: list[str] = field(default_factory=list)
    _documents: Documents | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        vendor = _VENDOR.fullmatch(request.headers.get("accept", ""))
        kind = f"application/vnd.elasticsearch+json;compatible-with={vendor[1]}" if vendor else "application/json"
        try:
            text, status, more = await self._answer(request), 200, {}
        except Rejected as refusal:
            text, status, more, kind = json.dumps(refusal.body), refusal.status, refusal.headers, "application/json"
        headers = more | ({} if status in (401, 403) else {"X-Elastic-Product": "Elasticsearch"})
        await Response(text, status, headers, kind)(scope, receive, send)

    async def _answer(self, request: Request) -> str:
        self.requests.append(f"{request.method} {request.url.path}")
        body = await request.body()
        _media_types(request, body)
        self._authenticate(request)
        for name in request.query_params:
            if name not in _PARAMETERS:
                reason = f"request [{request.url.path}] contains unrecognized parameter: [{name}]"
                raise rejected("illegal_argument_exception", reason)
        match request.url.path.strip("/").split("/"):
            case [""]:
                return self._only(request, ("GET", "HEAD"), _about)
            case ["_cluster", "health"]:
                return self._only(request, ("GET",), _health)
            case [names, "_search"]:
                return self._only(request, ("GET", "POST"), lambda: self._searched(names, _parsed(body)))
            case [names, "_count"]:
                return self._only(request, ("GET", "POST"), lambda: self._counted(names, _parsed(body)))
            case [names, "_field_caps"]:
                return self._only(request, ("GET", "POST"), lambda: self._fields(names, _parsed(body)))
            case _:
                raise Rejected(
                    400, {"error": f"no handler found for uri [{request.url.path}] and method [{request.method}]"}
                )

    def _only(self, request: Request, methods: tuple[str, ...], answer: Callable[[], str]) -> str:
        if request.method in methods:
            return answer()
        allowed = ", ".join(methods)
        reason = (
            f"Incorrect HTTP method for uri [{request.url.path}] and method [{request.method}], allowed: [{allowed}]"
        )
        raise plain(405, reason, Allow=allowed.replace(" ", ""))

    def _authenticate(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            raise unauthorized(f"missing authentication credentials for REST request [{request.url.path}]")
        if scheme.lower() != "apikey" or not hmac.compare_digest(key.strip().encode(), self.api_key.encode()):
            reason = (
                "unable to authenticate with provided credentials and anonymous access is not allowed for this request"
            )
            raise unauthorized(reason, additional_unsuccessful_credentials="API key: invalid ApiKey value")

    def _held(self, names: str) -> bool:
        """Whether our one index is among these. Raises Rejected for another one that is named outright."""
        held = False
        for name in names.split(","):
            matches = name == "_all" or fnmatchcase(self.index, name)
            if not matches and "*" not in name:
                raise no_index(name)
            held = held or matches
        return held

    def _now(self) -> Index:
        records = self.world.logs()
        if self._documents is None or not self._documents.are(records):
            self._documents = Documents(records, self.index)
        return Index(self._documents, self.world.now())

    def _searched(self, names: str, body: dict[str, Any]) -> str:
        if self._held(names):
            return search(body, self._now())
        search(body, Index(Documents((), self.index), self.world.now()))  # what is wrong is wrong of no index too
        return _EMPTY + '{"total":{"value":0,"relation":"eq"},"max_score":0.0,"hits":[]}}'

    def _counted(self, names: str, body: dict[str, Any]) -> str:
        index = self._now() if self._held(names) else Index(Documents((), self.index), self.world.now())
        return count(body, index)

    def _fields(self, names: str, body: dict[str, Any]) -> str:
        for key in body:
            if key != "fields":
                raise rejected("x_content_parse_exception", f"[1:2] [field_caps_request] unknown field [{key}]")
        if not (wanted := body.get("fields")):
            reason = "Validation Failed: 1: no fields specified;"
            raise rejected("action_request_validation_exception", reason)
        if not self._held(names):
            return json.dumps({"indices": [], "fields": {}})
        found = [name for name in TYPES if any(fnmatchcase(name, pattern) for pattern in wanted)]
        return json.dumps({"indices": [self.index], "fields": {name: {TYPES[name]: _cap(name)} for name in found}})


def _cap(name: str) -> dict[str, object]:
    kind = TYPES[name]
    return {"type": kind, "metadata_field": False, "searchable": True, "aggregatable": kind != "text"}


def _about() -> str:
    version = {
        "number": VERSION,
        "build_flavor": "default",
        "build_type": "playground",
        "minimum_wire_compatibility_version": "7.17.0",
        "minimum_index_compatibility_version": "7.0.0",
    }
    about = {"name": "playground", "cluster_name": "playground", "cluster_uuid": "playground", "version": version}
    return json.dumps({**about, "tagline": "You Know, for Search"})


def _health() -> str:
    return json.dumps({"cluster_name": "playground", "status": "green", "timed_out": False, "number_of_nodes": 1})


def _parsed(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        told = json.loads(body)
    except ValueError as error:
        raise rejected("x_content_parse_exception", f"[1:1] {error}") from None
    if not isinstance(told, dict):
        raise rejected("parsing_exception", "Expected [START_OBJECT] but found [START_ARRAY]")
    return told


def _media_types(request: Request, body: bytes) -> None:
    for header in ("Content-Type", "Accept"):
        vendor = _VENDOR.fullmatch(request.headers.get(header, ""))
        if vendor and vendor[1] not in ("7", "8"):
            names = "[Content-Type, Accept]" if "content-type" in request.headers else "[Accept]"
            reason = f"Invalid media-type value on headers {names}"
            found = f"Accept version must be either version 8 or 7, but found {vendor[1]}. {header}={vendor[0]}"
            caused = {"type": "status_exception", "reason": found}
            raise rejected("media_type_header_exception", reason, caused_by=caused)
    content = request.headers.get("content-type", "")
    if body and not (content.split(";")[0].strip() == "application/json" or _VENDOR.fullmatch(content)):
        raise plain(406, f"Content-Type header [{content}] is not supported")
