"""Signed HTTP: deliveries are posted to the app's request URL."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import urlencode

import httpx

from playground.slack.deliver import Delivery, NotAcknowledged
from playground.slack.model import Json
from playground.slack.settings import SlackSettings


class HttpMode:
    """Posts each delivery with Slack's signature over it."""

    def __init__(self, settings: SlackSettings, request_url: str) -> None:
        self._settings = settings
        self._url = request_url
        self._client = httpx.AsyncClient(timeout=settings.ack_within, trust_env=False)

    async def verify(self) -> None:
        """Slack's question when a request URL is entered. Raises NotAcknowledged if it is not answered right."""
        challenge = secrets.token_urlsafe(24)
        body = json.dumps({"type": "url_verification", "token": "playground", "challenge": challenge})
        response = await self._post(body, "application/json", {})
        if challenge not in response.text:
            raise NotAcknowledged("url_verification was not answered with the challenge")

    async def send(self, delivery: Delivery) -> Json:
        """Posts it. Anything but a 2xx within the limit raises NotAcknowledged."""
        body, kind = _encoded(delivery)
        repeated = {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": delivery.reason}
        response = await self._post(body, kind, repeated if delivery.attempt else {})
        if not response.content:
            return {}
        if response.headers.get("content-type", "").startswith("application/json"):
            answer = response.json()
            return answer if isinstance(answer, dict) else {}
        return {"text": response.text}

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, body: str, kind: str, headers: dict[str, str]) -> httpx.Response:
        signed = signature(self._settings.signing_secret, body) | {"Content-Type": kind}
        try:
            response = await self._client.post(self._url, content=body.encode(), headers=headers | signed)
        except httpx.TimeoutException:
            raise NotAcknowledged("http_timeout") from None
        except httpx.HTTPError:
            raise NotAcknowledged("connection_failed") from None
        if not response.is_success:
            raise NotAcknowledged("http_error")
        return response


def signature(secret: str, body: str) -> dict[str, str]:
    """The two headers that prove a body to be Slack's.

    HMAC-SHA256 over `v0:<unix seconds>:<body>`; the seconds are the machine's own, as the receiver's are.
    """
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def _encoded(delivery: Delivery) -> tuple[str, str]:
    form = "application/x-www-form-urlencoded"
    if delivery.kind == "events_api":
        return json.dumps(delivery.payload), "application/json"
    if delivery.kind == "slash_commands":
        return urlencode(delivery.payload), form
    return urlencode({"payload": json.dumps(delivery.payload)}), form
