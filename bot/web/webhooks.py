"""Alerts in: each delivery is authenticated, read, committed, and only then answered 202."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import SecretStr
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.measures import Measures
from bot.ports import JournalDown, Taken
from integrations.contract import Act, Alert, Delivery, Malformed

log = structlog.get_logger(__name__)

LARGEST = 1024 * 1024
"""Bytes. Alertmanager's own payloads stay far below; more is a mistake or an attack."""
BODY_S = 10.0
"""A whole delivery must arrive within this. Alertmanager and PagerDuty give up on an answer after that long too."""
RETRY_AFTER_S = 5
GONE = 499
"""nginx's status for a sender that hung up before it was answered; only the metrics see it."""

Parse = Callable[[object], Delivery]
Intake = Callable[[Sequence[Alert]], Awaitable[tuple[Taken, ...]]]
Acts = Callable[[Sequence[Act]], Awaitable[None]]
"""Commits what people did at a sender's. Raises JournalDown."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Someone who may send alerts: how it proves itself, and how its payload is read."""

    name: str
    setting: str
    """The setting that holds its secret; without a value the sender is off."""
    secret: SecretStr | None
    parse: Parse
    signed: Callable[[bytes, str, str], bool] | None = None
    """Checks (body, signature header, secret); None: a bearer token instead."""


@dataclass(frozen=True, slots=True)
class _Taking:
    """Who commits what a delivery holds."""

    intake: Intake
    acts: Acts


class _RefusedError(Exception):
    """A delivery that is not taken: the status, and a sentence for whoever configured the sender."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


async def nobody(_acts: Sequence[Act]) -> None:
    """Where what people do at a sender's is not kept."""


def routes(
    senders: Sequence[Sender], intake: Intake, measures: Measures, *, acts: Acts = nobody, body_s: float = BODY_S
) -> list[Route]:
    """One `POST /webhooks/<name>` for each sender. A body that is not there in `body_s` seconds is refused."""
    return [
        Route(f"/webhooks/{sender.name}", _endpoint(sender, _Taking(intake, acts), measures, body_s), methods=["POST"])
        for sender in senders
    ]


def _endpoint(
    sender: Sender, taking: _Taking, measures: Measures, body_s: float
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            delivery = await _read(sender, request, body_s)
            response = await _commit(delivery, taking)
        except _RefusedError as refused:
            log.warning("delivery refused", sender=sender.name, status=refused.status, reason=refused.reason)
            hang_up = {"Connection": "close"} if refused.status in (408, 503) else None
            response = JSONResponse({"error": refused.reason}, refused.status, hang_up)
        except JournalDown as down:
            log.warning("delivery not committed", sender=sender.name, reason=str(down))
            answer_later = {"Retry-After": str(RETRY_AFTER_S)}
            response = JSONResponse({"error": "not stored; send it again"}, 503, answer_later)
        measures.webhook(sender.name, response.status_code)
        return response

    return answer


async def _commit(delivery: Delivery, taking: _Taking) -> Response:
    for bad in delivery.rejected:
        log.warning("alert rejected", where=bad.where, reason=bad.reason)
    taken = await taking.intake(delivery.alerts) if delivery.alerts else ()
    if delivery.acts:
        await taking.acts(delivery.acts)
    answer: dict[str, Any] = {
        "incidents": sorted({one.incident_id for one in taken if one.incident_id}),
        "alerts": len(taken),
        "rejected": [{"where": bad.where, "reason": bad.reason} for bad in delivery.rejected],
    }
    if delivery.ignored:
        answer["ignored"] = delivery.ignored
    return JSONResponse(answer, 202)


async def _read(sender: Sender, request: Request, body_s: float) -> Delivery:
    if sender.secret is None:
        raise _RefusedError(404, f"this webhook is off; set {sender.setting} to turn it on")
    if sender.signed is None:
        _check_bearer(sender.secret, request)
    body = await _in_time(_body(request), body_s)
    if sender.signed is not None:
        _check_signature(sender, request, body)
    _check_type(request)
    try:
        return sender.parse(_json(body))
    except Malformed as wrong:
        raise _RefusedError(422, wrong.reason) from None


def _check_bearer(secret: SecretStr, request: Request) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    good = hmac.compare_digest(token.strip().encode(), secret.get_secret_value().encode())
    if scheme.lower() != "bearer" or not good:
        raise _RefusedError(401, "wrong or missing token; send «Authorization: Bearer <token>»")


def _check_signature(sender: Sender, request: Request, body: bytes) -> None:
    given = request.headers.get("x-pagerduty-signature", "")
    if sender.signed is None or sender.secret is None or not given:
        raise _RefusedError(401, "no signature; is this really a V3 webhook of PagerDuty?")
    if not sender.signed(body, given, sender.secret.get_secret_value()):
        raise _RefusedError(401, f"the signature does not match {sender.setting}")


def _check_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise _RefusedError(415, f"send application/json, not {kind[:80] or 'a body without a content type'}")


async def _in_time(body: Awaitable[bytes], seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await body
    except TimeoutError:
        raise _RefusedError(408, f"the body was not there in {seconds:g} s; nothing was stored") from None
    except ClientDisconnect:
        raise _RefusedError(GONE, "the sender went away while sending") from None
    except asyncio.CancelledError:  # only the server's stop does that, and this is the last word of the request
        raise _RefusedError(503, "stopping, and the body was not there yet; send it again") from None


async def _body(request: Request) -> bytes:
    """The body, as long as it is within bounds; a larger one is refused as soon as that is known."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > LARGEST:
        raise _RefusedError(413, "larger than 1 MiB")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise _RefusedError(413, "larger than 1 MiB")
    return bytes(body)


def _json(body: bytes) -> object:
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        what = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise _RefusedError(400, f"not JSON ({what})") from None


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is not JSON")
