"""The Web API over HTTP: reads a call as slack_sdk sends it, checks the token, answers as Slack does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from playground.slack.calls import Call, Method
from playground.slack.errors import SlackError
from playground.slack.faults import Fault
from playground.slack.model import Json, Token
from playground.slack.workspace import Workspace


class WebApi:
    """Answers `/api/{method}` out of a table of methods."""

    def __init__(self, workspace: Workspace, methods: Mapping[str, Method]) -> None:
        self._workspace = workspace
        self._methods = methods

    async def answer(self, request: Request) -> Response:
        """The endpoint. Slack says no with HTTP 200 and `ok: false`, but for 429."""
        name = request.path_params["method"]
        try:
            args = await _arguments(request)
        except SlackError as refusal:
            return _refused(refusal)
        fault = self._workspace.faults.meet(name)
        await asyncio.sleep(self._workspace.latency)
        if fault is None:
            return self._carry_out(name, args, request)
        response = self._carry_out(name, args, request) if fault.when == "after" else None
        await asyncio.sleep(fault.delay)
        if _bites(fault):
            return await _faulty(fault, request)
        return response or self._carry_out(name, args, request)

    def _carry_out(self, name: str, args: Json, request: Request) -> Response:
        headers: dict[str, str] = {}
        try:
            method = self._method(name)
            token = self._token(method, args, request)
            headers |= {"x-oauth-scopes": ",".join(sorted(token.scopes))}
            headers |= {"x-accepted-oauth-scopes": ",".join(method.scopes)}
            if wait := self._workspace.meter.wait(name, str(args.get("channel", ""))):
                return _limited(wait)
            call = Call(self._workspace, args, token)
            _scoped(method, call)
            return JSONResponse({"ok": True, **method.run(call)}, headers=headers)
        except SlackError as refusal:
            return _refused(refusal, headers)

    def _method(self, name: str) -> Method:
        if name not in self._methods:
            raise SlackError("unknown_method", req_method=name)
        return self._methods[name]

    def _token(self, method: Method, args: Json, request: Request) -> Token:
        if method.token == "none":
            return Token("bot", "", frozenset())
        raw = request.headers.get("authorization", "").removeprefix("Bearer ").strip() or args.get("token")
        if not raw:
            raise SlackError("not_authed")
        token = self._workspace.tokens.get(str(raw))
        if token is None:
            raise SlackError("invalid_auth")
        if token.revoked:
            raise SlackError("token_revoked")
        if (token.kind == "app") != (method.token == "app"):
            raise SlackError("not_allowed_token_type")
        return token


async def _arguments(request: Request) -> Json:
    """Query, form and JSON body as one. Raises SlackError `invalid_json`, `invalid_post_type`, …"""
    args: Json = dict(request.query_params)
    body = await request.body()
    if not body:
        return args
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return args | _json_body(body)
    if kind == "application/x-www-form-urlencoded":
        return args | dict(parse_qsl(body.decode(), keep_blank_values=True))
    raise SlackError("invalid_post_type")


def _json_body(body: bytes) -> Json:
    try:
        value: Any = json.loads(body)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(value, dict):
        raise SlackError("json_not_object")
    value.pop("token", None)  # Slack takes a token from the header or a form, never from JSON
    return value


_OTHER_KINDS = {"im": "im:", "mpim": "mpim:", "private": "groups:"}


def _scoped(method: Method, call: Call) -> None:
    """Raises SlackError `missing_scope`. In private and direct channels the scopes have other names."""
    needed = method.scopes
    channel = call.workspace.channels.get(str(call.args.get("channel", "")))
    if channel and channel.kind != "public":
        needed = tuple(_renamed(scope, _OTHER_KINDS[channel.kind]) for scope in needed)
    if needed and not call.token.scopes.intersection(needed):
        provided = ",".join(sorted(call.token.scopes))
        raise SlackError("missing_scope", needed=",".join(needed), provided=provided)


def _renamed(scope: str, family: str) -> str:
    if not scope.startswith("channels:"):
        return scope
    return family + scope.removeprefix("channels:").replace("manage", "write")


def _refused(refusal: SlackError, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"ok": False, "error": refusal.code, **refusal.fields}, headers=dict(headers or {}))


def _limited(seconds: int) -> Response:
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": str(seconds)})


def _bites(fault: Fault) -> bool:
    return fault.drop or fault.status is not None or fault.error is not None


async def _faulty(fault: Fault, request: Request) -> Response:
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
    if fault.drop:
        request.state.drop()
        return Response()
    if fault.error is not None:
        return JSONResponse({"ok": False, "error": fault.error}, fault.status or 200, headers=headers)
    return PlainTextResponse(fault.body, fault.status or 500, headers=headers, media_type=fault.kind)


def api_test(call: Call) -> Json:
    """`api.test`: says back what it was told, and fails with `error` if asked to."""
    args = {key: value for key, value in call.args.items() if key != "token"}
    if error := call.maybe("error"):
        raise SlackError(error, args=args)
    return {"args": args}
