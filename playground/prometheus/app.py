"""Prometheus' HTTP API over the playground's series, behind a bearer token."""

from __future__ import annotations

import html
import secrets
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import promql_parser as ast
from starlette.applications import Starlette
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from playground.prometheus import wire
from playground.prometheus.evaluate import Evaluation, found, matchers, millis
from playground.prometheus.storage import Storage, Stored
from playground.prometheus.values import ExecutionError
from playground.prometheus.wire import BadData
from playground.world import World

VERSION = "2.42.0"

Parameters = ImmutableMultiDict[str, Any]
Answer = Callable[[Parameters], Any]


class Prometheus:
    """The API of one world; the path of each request to it is added to `requests`."""

    def __init__(self, world: World, token: str, requests: list[str]) -> None:
        self._world = world
        self._token = token
        self._storage = Storage(world)
        self._requests = requests

    def app(self) -> Starlette:
        both = ["GET", "POST"]
        return Starlette(
            routes=[
                Route("/api/v1/query", self._api(self._query), methods=both),
                Route("/api/v1/query_range", self._api(self._query_range), methods=both),
                Route("/api/v1/labels", self._api(self._labels), methods=both),
                Route("/api/v1/label/{name}/values", self._api(self._label_values)),
                Route("/api/v1/series", self._api(self._series), methods=both),
                Route("/api/v1/status/buildinfo", self._api(_build)),
                Route("/-/ready", self._ready),
                Route("/graph", _graph),
                Route("/", lambda request: RedirectResponse("/graph", status_code=302)),
            ]
        )

    # ── around every answer ──────────────────────────────────────────────────────────────────────

    def _api(self, answer: Answer) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            self._requests.append(request.url.path)
            if not self._admits(request):
                return _unauthorized()
            form = parse_qsl((await request.body()).decode(errors="replace")) if request.method == "POST" else []
            parameters = Parameters([*request.query_params.multi_items(), *form, *request.path_params.items()])
            try:
                return JSONResponse({"status": "success", "data": answer(parameters)})
            except BadData as error:
                return _failed(400, "bad_data", str(error))
            except ExecutionError as error:
                return _failed(422, "execution", str(error))

        return endpoint

    def _admits(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and secrets.compare_digest(token.encode(), self._token.encode())

    async def _ready(self, request: Request) -> Response:
        return PlainTextResponse("Prometheus Server is Ready.\n") if self._admits(request) else _unauthorized()

    # ── queries ──────────────────────────────────────────────────────────────────────────────────

    def _query(self, parameters: Parameters) -> dict[str, Any]:
        at = np.array([wire.moment(parameters, "time", self._world.now().timestamp())], dtype=np.int64)
        expression = _parsed(parameters, "query")
        if isinstance(expression, ast.MatrixSelector):
            return self._points(expression, int(at[0]))
        return wire.instant(Evaluation(self._storage, at).of(expression), at)

    def _query_range(self, parameters: Parameters) -> dict[str, Any]:
        at = wire.steps(parameters)
        expression = _parsed(parameters, "query")
        kind = {ast.MatrixSelector: "range vector", ast.StringLiteral: "string"}.get(type(expression))
        if kind is not None:
            raise BadData(
                f'invalid parameter "query": invalid expression type "{kind}" for range query,'
                " must be Scalar or instant Vector"
            )
        return wire.matrix(Evaluation(self._storage, at).of(expression), at)

    def _points(self, selector: Any, at: int) -> dict[str, Any]:
        inner = selector.vector_selector
        until = at - (millis(inner.offset) if inner.offset else 0)
        since = until - millis(selector.range)
        result = [
            {"metric": dict(stored.labels), "values": values}
            for stored in found(self._storage, inner)
            if (values := _within(stored, since, until))
        ]
        return {"resultType": "matrix", "result": result}

    # ── what there is ────────────────────────────────────────────────────────────────────────────

    def _labels(self, parameters: Parameters) -> list[str]:
        return sorted({name for stored in self._chosen(parameters) for name in stored.by_name})

    def _label_values(self, parameters: Parameters) -> list[str]:
        name = parameters["name"]
        return sorted({stored.by_name[name] for stored in self._chosen(parameters) if name in stored.by_name})

    def _series(self, parameters: Parameters) -> list[dict[str, str]]:
        if not parameters.getlist("match[]"):
            raise BadData("no match[] parameter provided")
        return [dict(stored.labels) for stored in self._chosen(parameters)]

    def _chosen(self, parameters: Parameters) -> Sequence[Stored]:
        """The series that fit any `match[]` and have a point between `start` and `end`."""
        since = wire.moment(parameters, "start", 0.0)
        until = wire.moment(parameters, "end", self._world.now().timestamp())
        selectors = [_selector(text) for text in parameters.getlist("match[]")]
        chosen = self._storage.all()
        if selectors:
            wanted = [matchers(selector) for selector in selectors]
            chosen = [s for s in chosen if any(all(m.fits(s.by_name) for m in some) for some in wanted)]
        return [stored for stored in chosen if _within(stored, since, until)]


def _parsed(parameters: Parameters, name: str) -> Any:
    try:
        return ast.parse(parameters.get(name, ""))
    except ValueError as error:
        raise BadData(f'invalid parameter "{name}": 1:1: parse error: {error}') from error


def _selector(text: str) -> Any:
    try:
        selector = ast.parse(text)
    except ValueError as error:
        raise BadData(f'invalid parameter "match[]": 1:1: parse error: {error}') from error
    if not isinstance(selector, ast.VectorSelector):
        raise BadData('invalid parameter "match[]": 1:1: parse error: expected a series selector')
    return selector


def _within(stored: Stored, since: int, until: int) -> list[tuple[float | int, str]]:
    first, past = np.searchsorted(stored.times, since, "left"), np.searchsorted(stored.times, until, "right")
    times, values = stored.times[first:past].tolist(), stored.values[first:past].tolist()
    return [(wire.seconds(at), wire.figure(value)) for at, value in zip(times, values, strict=True)]


def _failed(status: int, kind: str, message: str) -> Response:
    return JSONResponse({"status": "error", "errorType": kind, "error": message}, status_code=status)


def _unauthorized() -> Response:
    """What a proxy that guards a Prometheus answers; Prometheus' own basic auth says the same."""
    return PlainTextResponse("Unauthorized\n", status_code=401, headers={"WWW-Authenticate": "Bearer"})


def _build(parameters: Parameters) -> dict[str, str]:
    return {
        "version": VERSION,
        "revision": "playground",
        "branch": "playground",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "go1.19.8",
    }


async def _graph(request: Request) -> Response:
    """A plain page that says what was linked; open to people, it shows no figures."""
    linked = [(name, value) for name, value in request.query_params.multi_items() if name.endswith(".expr")]
    shown = "".join(f"<pre>{html.escape(value)}</pre>" for _, value in linked) or "<p>No expression was linked.</p>"
    return HTMLResponse(
        "<!doctype html><meta charset=utf-8><title>Prometheus (simulated)</title>"
        "<style>body{font:16px/1.5 system-ui;margin:3rem auto;max-width:46rem;padding:0 1rem}"
        "pre{background:#f4f4f4;padding:1rem;overflow:auto;white-space:pre-wrap}</style>"
        f"<h1>Prometheus</h1><p>Simulated by the playground. The link asked for:</p>{shown}"
    )
