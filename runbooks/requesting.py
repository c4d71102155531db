"""An `http` step becomes one request to an allowed host; a `promql` step one query."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from runbooks.filling import Filling, RefusedError, without_references
from runbooks.model import Step
from runbooks.prepared import Http, Promql
from runbooks.variables import references_in

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_URL = re.compile(r"(https?)://([^/?#{}]*)(/[^#]*)?", re.DOTALL)
_HOST = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_REST = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PRINTED = re.compile(r"[\t -~]*")
_SET_BY_US = ("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect")
_USUAL = {"http": "80", "https": "443"}
LARGEST_BODY = 20_000


def request(step: Step, filling: Filling, hosts: Collection[str], env: Collection[str]) -> Http:
    """One request. Raises RefusedError, MissingError."""
    method = str(step.details.get("method") or "GET").upper()
    if method not in METHODS:
        raise RefusedError(f"`method` is one of {', '.join(METHODS)}, not `{method}`")
    headers = {_header(name): _header_value(str(text), filling) for name, text in _headers(step).items()}
    given = step.details.get("body") or ""
    body = _body(given, filling)
    if isinstance(given, Mapping | list) and "content-type" not in map(str.lower, headers):
        headers["Content-Type"] = "application/json"
    for name in references_in("\n".join([*headers.values(), body])):
        if name not in env:
            raise RefusedError(f"`{{{{env.{name}}}}}` is not to be had here; name {name} in RUNBOOK_ENV")
    return Http(method, _url(str(step.details.get("url", "")), filling, hosts), headers, body, step.timeout_s)


def query(step: Step, filling: Filling) -> Promql:
    """One query, each value a string's content, or a plain word outside strings. Raises RefusedError, MissingError."""
    text = without_references(str(step.details.get("query", "")))

    def form(name: str, value: str, place: int) -> str:
        around = _promql_quote(text, place)
        if around == "`":
            if "`" in value:
                raise RefusedError(f"`{name}` stands between backticks and must not carry one")
            return value
        if around:
            return value.replace("\\", "\\\\").replace(around, "\\" + around)
        if not re.fullmatch(r"[A-Za-z0-9_:.]{1,64}", value):
            raise RefusedError(f"`{name}` stands in the query without quotes; it may hold letters, digits, _ : and .")
        return value

    return Promql(filling.put(text, form), step.timeout_s)


def _promql_quote(text: str, place: int) -> str:
    """The quote that is open at a place of the query."""
    around, spot = "", 0
    while spot < place:
        char = text[spot]
        if around:
            spot += 1 if char == "\\" and around != "`" else 0
            around = "" if char == around else around
        elif char in "\"'`":
            around = char
        elif char == "#":
            raise RefusedError("a query that a variable goes into has no comment before it")
        spot += 1
    return around


def _url(written: str, filling: Filling, hosts: Collection[str]) -> str:
    """Variables in it are percent-encoded, and stand behind the host alone."""
    found = _URL.fullmatch(without_references(written))
    if found is None or not _HOST.fullmatch(found[2]):
        raise RefusedError(
            "a url names its host itself, without variables or a user, as in `https://flags.internal/flags/{{name}}`"
        )
    _allowed(found[1], found[2].lower(), hosts)
    rest = filling.put(found[3] or "/", lambda _name, value, _place: quote(value, safe=""))
    if not _REST.fullmatch(rest):
        raise RefusedError("a url holds only ASCII, without spaces or quotes; write others percent-encoded")
    if any(part.lower().replace("%2e", ".") in (".", "..") for part in rest.partition("?")[0].split("/")):
        raise RefusedError("a url must not climb to another path (`..`)")
    return f"{found[1]}://{found[2].lower()}{rest}"


def _allowed(scheme: str, where: str, hosts: Collection[str]) -> None:
    """Raises RefusedError unless the host and its port are listed, and are not link-local."""
    parts = urlsplit(f"{scheme}://{where}")
    try:
        host, port = parts.hostname or "", str(parts.port or _USUAL[scheme])
    except ValueError as error:
        raise RefusedError(f"`{where}` has no port that there is") from error
    listed = {host_.lower() for host_ in hosts}
    bare = f"[{host}]" if ":" in host else host
    usual = port == _USUAL[scheme] and bare in listed
    if not usual and f"{bare}:{port}" not in listed:
        add = bare if port == _USUAL[scheme] else f"{bare}:{port}"
        raise RefusedError(f"`{add}` is not among the hosts that steps may call; see RUNBOOK_ALLOWED_HOSTS")
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    mapped = getattr(address, "ipv4_mapped", None) or address
    if mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified:
        raise RefusedError(f"`{host}` is a link-local address, where machines keep their own keys; it is never called")


def _headers(step: Step) -> Mapping[str, Any]:
    found = step.details.get("headers") or {}
    if not isinstance(found, Mapping):
        raise RefusedError("`headers` is a mapping of names to values")
    return found


def _header(name: str) -> str:
    if not _HEADER.fullmatch(name) or name.lower() in _SET_BY_US:
        raise RefusedError(f"`{name}` is no header that a step may set")
    return name


def _header_value(text: str, filling: Filling) -> str:
    value = filling.put(text)
    if not _PRINTED.fullmatch(value):
        raise RefusedError("a header's value is one line of ASCII")
    return value


def _body(given: Any, filling: Filling) -> str:
    """A mapping or list as JSON, each value inside its own text; a text as it is, where no value carries a quote."""
    if isinstance(given, Mapping | list):
        body = json.dumps(_leaves(given, filling), ensure_ascii=True)
    else:
        body = filling.put(str(given), _in_text)
    if len(body) > LARGEST_BODY:
        raise RefusedError(f"a body has at most {LARGEST_BODY} characters")
    return body


def _leaves(given: Any, filling: Filling) -> Any:
    match given:
        case str():
            return filling.put(given)
        case Mapping():
            return {str(name): _leaves(item, filling) for name, item in given.items()}
        case list():
            return [_leaves(item, filling) for item in given]
        case _:
            return given


def _in_text(name: str, value: str, _place: int) -> str:
    if re.search(r"['\"\\<>&]", value):
        raise RefusedError(f"`{name}` goes into a body and must not carry a quote; write the body as a mapping")
    return value
