"""One HTTP request, to the very address that was checked: no redirects, bounded, and no secret in what comes back."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

import httpx

from integrations.contract import RoomError
from runbooks.commands import NotAllowedError
from runbooks.prepared import Http, Outcome
from runbooks.running.addresses import listed, look_up
from runbooks.running.output import Kept, plain
from runbooks.running.references import mask, mask_cut, put_in, references, resolve
from runbooks.running.settings import HandsSettings

Trust = Callable[[], ssl.SSLContext]
LookUp = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""Host and port → addresses that may be called, in the order to try. Raises OSError, NotAllowedError."""
CONNECT_S = 3.0
"""For one of a host's addresses; then the next is tried."""
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A header's name, RFC 9110 section 5.1."""
_OURS = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "upgrade", "te", "expect")


@dataclass(slots=True)
class _Call:
    """One request on its way. `sent` is when it may have been carried out."""

    url: httpx.URL
    headers: list[tuple[bytes, bytes]]
    body: bytes
    secrets: Mapping[str, str] = field(repr=False)
    sent: bool = False

    @property
    def name(self) -> str:
        return self.url.netloc.decode()

    async def trace(self, event: str, _info: object) -> None:
        """httpcore tells what it does."""
        self.sent = self.sent or event == "http11.send_request_headers.started"


async def send(deed: Http, settings: HandsSettings, trusted: Trust, ask_dns: LookUp = look_up) -> Outcome:
    """Sends it and reads the answer; every failure is an outcome. The answer's status is the exit code.

    `ask_dns` is asked once; only an address that it gave is called.
    """
    try:
        call = _call(deed, settings)
    except NotAllowedError as problem:
        return Outcome("refused", note=problem.reason)
    try:
        async with asyncio.timeout(deed.timeout_s):
            outcome = await _try(call, deed.method, trusted, ask_dns)
    except TimeoutError:
        outcome = Outcome("timeout", note=f"no answer from {call.name} in {deed.timeout_s:g} s; {_fate(call)}")
    except NotAllowedError as problem:
        outcome = Outcome("refused", note=problem.reason)
    except RoomError as problem:
        outcome = Outcome("refused", note=f"{problem.reason}; {problem.fix}")
    except (httpx.HTTPError, OSError, ValueError) as error:
        outcome = Outcome("failed", note=f"{_why(error, call)}; {_fate(call)}")
    shown = (mask_cut if outcome.cut else mask)(outcome.output, call.secrets)
    return replace(outcome, output=plain(shown), note=plain(mask(outcome.note, call.secrets)))


def _call(deed: Http, settings: HandsSettings) -> _Call:
    """The request with its references put in. Raises NotAllowedError."""
    url = _url(deed, settings)
    for name, value in deed.headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise NotAllowedError(f"a step may not set the header {name!r}; take it out")
        if not value.isprintable():
            raise NotAllowedError(f"the header {name} holds a control character; take it out")
    secrets = resolve(references("\n".join((deed.body, *deed.headers.values()))), settings)
    headers = [(name.encode(), put_in(value, secrets).encode()) for name, value in deed.headers.items()]
    own = [(b"Host", url.netloc), (b"Accept-Encoding", b"identity")]
    if "user-agent" not in {name.lower() for name in deed.headers}:
        own.append((b"User-Agent", b"first-responder"))
    return _Call(url, [*own, *headers], put_in(deed.body, secrets).encode(), secrets)


def _url(deed: Http, settings: HandsSettings) -> httpx.URL:
    if deed.method not in _METHODS:
        raise NotAllowedError(f"`method` is one of {', '.join(_METHODS)}, not {deed.method!r}")
    try:
        url = httpx.URL(deed.url)
    except (httpx.InvalidURL, ValueError) as error:
        raise NotAllowedError("the URL cannot be read; write it as https://host/path") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise NotAllowedError("the URL must begin with http:// or https:// and name a host")
    if url.userinfo or references(deed.url):
        raise NotAllowedError("no secret belongs into a URL; send it in a header, as {{env.NAME}}")
    host = url.raw_host.decode()
    if not listed(url.scheme, host, url.port, settings.hosts):
        raise NotAllowedError(f"{url.netloc.decode()} is not in RUNBOOK_ALLOWED_HOSTS; add it there")
    return url


async def _try(call: _Call, method: str, trusted: Trust, ask_dns: LookUp) -> Outcome:
    """Each address of the host in turn, until one takes the connection."""
    port = call.url.port or (443 if call.url.scheme == "https" else 80)
    addresses = await ask_dns(call.url.raw_host.decode(), port)
    verify = trusted() if call.url.scheme == "https" else None
    for last, address in enumerate(addresses, 1 - len(addresses)):
        try:
            return await _ask(call, method, address, verify)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if last == 0:
                raise
    raise OSError("no address")


async def _ask(call: _Call, method: str, address: str, verify: ssl.SSLContext | None) -> Outcome:
    # The checked address stands in the URL, so nothing is looked up again; Host and the name in the certificate stay.
    request = httpx.Request(
        method,
        call.url.copy_with(host=address),
        headers=call.headers,
        content=call.body or None,
        extensions={
            "timeout": httpx.Timeout(None, connect=CONNECT_S).as_dict(),
            "sni_hostname": call.url.raw_host.decode(),
            "trace": call.trace,
        },
    )
    async with httpx.AsyncHTTPTransport(verify=verify or False, trust_env=False) as line:
        answer = await line.handle_async_request(request)
        try:
            return await _outcome(answer)
        finally:
            await answer.aclose()


async def _outcome(answer: httpx.Response) -> Outcome:
    kept = Kept()
    coded = answer.headers.get("content-encoding", "identity") != "identity"
    if not coded:
        async for piece in answer.aiter_raw():
            kept.add(piece)
            if kept.cut:
                break
    return Outcome(
        "done" if answer.is_success else "failed",
        exit=answer.status_code,
        output=kept.text,
        cut=kept.cut,
        note=_note(answer, coded),
    )


def _note(answer: httpx.Response, coded: bool) -> str:  # noqa: FBT001  # a fact, not a switch
    if answer.is_redirect:
        return f"answered {answer.status_code}, which leads elsewhere; no redirect is followed: name the final URL"
    if not answer.is_success:
        return f"answered {answer.status_code}"
    return "its answer is compressed, though plain text was asked for, and is not shown" if coded else ""


def _why(error: Exception, call: _Call) -> str:
    """What went wrong, in words of our own: a library's may hold what was sent."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate of {call.name} is not trusted ({cause.verify_message}); see EXTRA_CA_FILE"
        if isinstance(cause, ssl.SSLError):
            return f"no secure connection with {call.name}: does it speak https on this port?"
        cause = cause.__cause__ or cause.__context__
    if call.sent:
        return f"the connection to {call.name} broke off"
    return f"cannot reach {call.name}: is the name right, and is it reachable from here?"


def _fate(call: _Call) -> str:
    return "it may have been carried out" if call.sent else "nothing was sent"
