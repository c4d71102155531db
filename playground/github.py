"""GitHub's REST API over the playground's rollouts, as far as deployments, releases and pull requests go.

Where a repository is named for it, it can be written to: `playground/github_writing.py`.

A rollout shows as one merged pull request, one release and one deployment to production, in that order of time.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from playground import github_shapes as shapes
from playground.github_routes import writing_routes
from playground.github_shapes import JSON
from playground.github_writing import Repo
from playground.serving import serving
from playground.world import Rollout, World

HOURLY = 5000
NOWHERE: Mapping[str, str] = MappingProxyType({})
"""No repository may be written to."""

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass
class Running:
    url: str = ""
    requests: list[str] = field(default_factory=list)
    """Path and query of each request so far, without the pages for people."""
    written: dict[str, Repo] = field(default_factory=dict)
    """Repositories that may be written to, by owner/name."""


@asynccontextmanager
async def running(
    world: World, *, token: str, repos: Collection[str] = (), writes: Mapping[str, str] = NOWHERE, port: int = 0
) -> AsyncIterator[Running]:
    """Serves the world's rollouts. `repos` exist even where nothing was ever rolled out; others answer 404.

    `writes`: repository → the token that may write there, and nowhere else.
    """
    stand_in = GitHub(world, token, frozenset(repos), writes)
    async with serving(stand_in.app(), port=port) as url:
        stand_in.seen.url = url
        yield stand_in.seen


class GitHub:
    """The stand-in; `app()` is what is served, `seen` what was asked of it."""

    def __init__(self, world: World, token: str, repos: frozenset[str], writes: Mapping[str, str] = NOWHERE) -> None:
        self._world = world
        self._token = token
        self._writes = writes
        self._repos = repos | frozenset(writes)
        self.seen = Running(written={repo: Repo(repo) for repo in writes})

    def app(self) -> Starlette:
        repo = "/repos/{owner}/{name}"
        routes = [
            Route("/rate_limit", self._rate_limit),
            Route(repo, self._listed(shapes.repository)),
            Route(repo + "/deployments", self._deployments),
            Route(repo + "/deployments/{id:int}", self._one("id", shapes.deployment_id, shapes.deployment)),
            Route(repo + "/deployments/{id:int}/statuses", self._statuses),
            Route(repo + "/releases", self._all(shapes.release)),
            Route(repo + "/pulls", self._pulls),
            Route(repo + "/pulls/{id:int}", self._one("id", lambda r: r.pull_request, shapes.pull)),
            Route(repo + "/pulls/{id:int}/files", self._files),
            Route(repo + "/commits/{id}", self._one("id", lambda r: r.sha, shapes.commit)),
            Route(repo + "/compare/{span:path}", self._compare),
            Route("/{owner}/{name}/{kind}/{what:path}", self._page),
        ]
        routes = [*writing_routes(self.seen.written, repo), *routes]
        return Starlette(routes=routes, middleware=[Middleware(BaseHTTPMiddleware, dispatch=self._guard)])

    async def _guard(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """The token first, as GitHub does; then every answer says what is left of the hour."""
        if not request.url.path.startswith(("/repos/", "/rate_limit")):
            return await call_next(request)
        self.seen.requests.append(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        given = request.headers.get("authorization", "").partition(" ")[2]
        if refusal := self._refused(request, given):
            return refusal
        response = await call_next(request)
        response.headers["X-RateLimit-Limit"] = str(HOURLY)
        response.headers["X-RateLimit-Remaining"] = str(max(HOURLY - len(self.seen.requests), 0))
        response.headers["X-RateLimit-Reset"] = str(int(self._world.now().timestamp()) + 3600)
        if response.status_code == 404 and not response.headers["content-type"].startswith("application/json"):
            return _error(404, "Not Found")
        return response

    def _refused(self, request: Request, given: str) -> Response | None:
        """A token that writes does so in its repository alone, and sees nothing else; the other one only reads."""
        repo = "/".join(request.url.path.split("/")[2:4])
        if (writes := self._writes.get(repo)) and secrets.compare_digest(given.encode(), writes.encode()):
            return None
        if given in self._writes.values():
            return _error(404, "Not Found")
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            return _error(401, "Bad credentials")
        if request.method != "GET":
            return _error(403, "Resource not accessible by personal access token")
        return None

    def _rollouts(self, request: Request) -> Sequence[Rollout] | None:
        """Of the repository that the path names, newest first; None where there is no such repository."""
        repo = "{owner}/{name}".format(**request.path_params)
        found = [one for one in reversed(self._world.rollouts()) if one.repo == repo]
        return found if found or repo in self._repos else None

    def _all(self, shape: Callable[[Rollout, str], JSON]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            rollouts = self._rollouts(request)
            if rollouts is None:
                return _error(404, "Not Found")
            return _paged(request, [shape(one, _api(request)) for one in rollouts])

        return endpoint

    def _listed(self, shape: Callable[[str, str], JSON]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            if self._rollouts(request) is None:
                return _error(404, "Not Found")
            return JSONResponse(shape("{owner}/{name}".format(**request.path_params), _api(request)))

        return endpoint

    def _one(self, parameter: str, key: Callable[[Rollout], object], shape: Callable[[Rollout, str], JSON]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            wanted = request.path_params[parameter]
            found = next((one for one in self._rollouts(request) or () if key(one) == wanted), None)
            return JSONResponse(shape(found, _api(request))) if found else _error(404, "Not Found")

        return endpoint

    async def _deployments(self, request: Request) -> Response:
        rollouts = self._rollouts(request)
        if rollouts is None:
            return _error(404, "Not Found")
        shown = [shapes.deployment(one, _api(request)) for one in rollouts]
        wanted = {
            key: request.query_params[key] for key in ("environment", "ref", "sha") if key in request.query_params
        }
        return _paged(request, [one for one in shown if all(one[key] == value for key, value in wanted.items())])

    async def _pulls(self, request: Request) -> Response:
        rollouts = self._rollouts(request)
        if rollouts is None:
            return _error(404, "Not Found")
        closed = request.query_params.get("state", "open") in ("closed", "all")
        return _paged(request, [shapes.pull(one, _api(request)) for one in rollouts] if closed else [])

    async def _statuses(self, request: Request) -> Response:
        rollouts = self._rollouts(request) or ()
        found = [at for at, one in enumerate(rollouts) if shapes.deployment_id(one) == request.path_params["id"]]
        if not found:
            return _error(404, "Not Found")
        replaced = found[0] > 0
        return _paged(request, shapes.statuses(rollouts[found[0]], _api(request), self._world.now(), replaced=replaced))

    async def _files(self, request: Request) -> Response:
        number = request.path_params["id"]
        found = next((one for one in self._rollouts(request) or () if one.pull_request == number), None)
        return _paged(request, shapes.files(found)) if found else _error(404, "Not Found")

    async def _compare(self, request: Request) -> Response:
        base, _, head = request.path_params["span"].partition("...")
        rollouts = self._rollouts(request) or ()
        at = {name: i for i, one in enumerate(rollouts) for name in (one.sha, one.version)}
        if base not in at or head not in at:
            return _error(404, "Not Found")
        return JSONResponse(shapes.comparison(rollouts[at[base]], rollouts[at[head] : at[base]], _api(request)))

    async def _rate_limit(self, _: Request) -> Response:
        used = len(self.seen.requests)
        limit = {
            "limit": HOURLY,
            "used": used,
            "remaining": max(HOURLY - used, 0),
            "reset": int(self._world.now().timestamp()) + 3600,
        }
        return JSONResponse({"resources": {"core": limit, "search": limit, "graphql": limit}, "rate": limit})

    async def _page(self, request: Request) -> Response:
        """What a person sees who follows a link: the change as plain text."""
        what = request.path_params["what"].rpartition("...")[2].removeprefix("tag/")
        for one in self._rollouts(request) or ():
            if what in (one.sha, one.version, str(one.pull_request)):
                return PlainTextResponse(shapes.page(one))
        return PlainTextResponse("Nothing here (simulated GitHub).\n", 404)


def _error(status: int, message: str) -> JSONResponse:
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return JSONResponse(body, status)


def _api(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _paged(request: Request, items: Sequence[JSON]) -> Response:
    """One page of a list, with GitHub's Link header where there are more."""
    size = _number(request, "per_page", 30, most=100)
    page = _number(request, "page", 1, most=1_000_000)
    last = max(-(-len(items) // size), 1)
    links = {}
    if page < last:
        links = {"next": page + 1, "last": last}
    if page > 1:
        links |= {"prev": page - 1, "first": 1}
    header = ", ".join(f'<{_at_page(request, number)}>; rel="{name}"' for name, number in links.items())
    return JSONResponse(items[(page - 1) * size : page * size], headers={"Link": header} if header else None)


def _at_page(request: Request, number: int) -> str:
    query = urlencode({**request.query_params, "page": number})
    return f"{_api(request)}{request.url.path}?{query}"


def _number(request: Request, name: str, default: int, most: int) -> int:
    given = request.query_params.get(name, "")
    return min(max(int(given), 1), most) if given.isdigit() else default
