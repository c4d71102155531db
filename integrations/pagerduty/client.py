"""PagerDuty's REST API through its own library: who is on call, in a thread, parsed at the door."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from integrations import trust
from integrations.contract import Malformed, Ready, Refused, Unreachable, aware
from integrations.pagerduty import NAME, Settings
from integrations.threads import Threads

if TYPE_CHECKING:
    import pagerduty

T = TypeVar("T")

PAUSE = 0.25
"""Seconds before the one further try that follows a 429."""
MOST = 100
"""PagerDuty's largest page."""

Asked = dict[str, str | int | list[str]]
"""Query parameters; a list becomes `name[]`."""

_KEY = "PAGERDUTY_API_KEY must be a REST API key (read-only will do) of this account"
_URL = "check PAGERDUTY_API_URL; accounts in the EU have https://api.eu.pagerduty.com"
_POLICY = "check `oncall` in SERVICES_FILE: the id of an escalation policy, such as PABC123"


@dataclass(frozen=True, slots=True)
class Duty:
    """One person's turn at one level of an escalation policy. `until` is None for whoever is always on call."""

    level: int
    user_id: str
    name: str
    email: str
    until: datetime | None
    url: str | None


class PagerDuty:
    """A client that is built in the first thread that needs it, and shared: it keeps no state between requests.

    Every method raises RoomError.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads = Threads(NAME, 2)
        self._lock = threading.Lock()
        self._client: pagerduty.RestApiV2Client | None = None

    async def on_call(self, policy: str) -> tuple[Duty, ...]:
        """Everyone who is on call now for this escalation policy, in PagerDuty's order."""
        asked: Asked = {"escalation_policy_ids": [policy], "include": ["users"], "earliest": "true", "limit": MOST}
        return await self._ask(asked)

    async def ready(self) -> Ready:
        """Asks for one turn of anybody: just the right that a look needs."""
        await self._ask({"limit": 1})
        return Ready("PagerDuty, on-call can be read")

    async def close(self) -> None:
        # Not before: a socket that is closed while a thread reads it leaves that thread waiting at its number, which by
        # then may be another's.
        self._threads.close(self._hang_up)

    def _hang_up(self) -> None:
        if self._client:
            self._client.close()

    async def run(self, work: Callable[[pagerduty.RestApiV2Client], T], limit_s: float) -> T:
        """What `work` makes of the client, in a thread, within `limit_s` seconds."""
        try:
            async with asyncio.timeout(limit_s):
                return await self._threads.run(lambda: self._plainly(work))
        except TimeoutError:
            raise Unreachable(NAME, f"no answer in {limit_s:g} s", _URL) from None

    def _plainly(self, work: Callable[[pagerduty.RestApiV2Client], T]) -> T:
        with _told_plainly():
            return work(self._connected())

    async def _ask(self, asked: Asked) -> tuple[Duty, ...]:
        def duties(client: pagerduty.RestApiV2Client) -> tuple[Duty, ...]:
            answer = client.get("/oncalls", params={**asked})
            let_in(answer.status_code)
            return tuple(_duty(one) for one in answer.json()["oncalls"])

        return await self.run(duties, self._settings.limit_s)

    def _connected(self) -> pagerduty.RestApiV2Client:
        import pagerduty

        with self._lock:
            if self._client is None:
                client = pagerduty.RestApiV2Client(
                    self._settings.api_key,
                    base_url=self._settings.api_url.rstrip("/"),
                    verify=trust.context(NAME, self._settings.ca_file),
                )
                client.timeout = self._settings.timeout_s
                # Left alone it tries three times, and for ever after a 429.
                client.max_network_attempts = 0
                client.sleep_timer, client.sleep_timer_base = PAUSE, 1
                client.retry[429] = 1
                self._client = client
            return self._client


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turns what the library raises into RoomErrors. Its own messages end in four letters of the key: not told."""
    import pagerduty

    try:
        yield
    except pagerduty.HttpError as error:
        let_in(error.response.status_code if error.response is not None else 0)
        raise Malformed(NAME, "the answer is not PagerDuty's", _URL) from None
    except pagerduty.Error as error:
        raise _network(error.__cause__) from error.__cause__
    except pagerduty.UrlError:
        raise Refused(NAME, "its address is not https", "PAGERDUTY_API_URL must begin with https://") from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Malformed(NAME, "the answer is not PagerDuty's", _URL) from error


def let_in(status: int) -> None:
    """Nothing for a good answer. Raises the RoomError of any other."""
    if status == 401:
        raise Refused(NAME, "the key is refused (401)", _KEY) from None
    if status == 403:
        raise Refused(NAME, "no right to read on-call (403)", _KEY) from None
    if status in (400, 404):
        raise Refused(NAME, f"it does not know this escalation policy ({status})", _POLICY) from None
    if status == 429:
        raise Unreachable(NAME, "rate limit reached", "another program spends the limit of PAGERDUTY_API_KEY") from None
    if status >= 500:
        raise Unreachable(NAME, f"it answered {status}", f"see status.pagerduty.com; else {_URL}") from None
    if status >= 300:
        raise Refused(NAME, f"it answered {status}", _URL) from None


def _network(cause: BaseException | None) -> Unreachable:
    import httpx2

    if isinstance(cause, httpx2.TimeoutException):
        return Unreachable(NAME, "no answer in time", _URL)
    if "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return Unreachable(NAME, "its TLS certificate is not trusted", "name your CA in EXTRA_CA_FILE")
    return Unreachable(NAME, "no connection", _URL)


def _duty(wire: Mapping[str, object]) -> Duty:
    user = wire["user"]
    if not isinstance(user, Mapping):
        raise TypeError("an on-call without a user")
    until = wire.get("end")
    return Duty(
        level=int(str(wire["escalation_level"])),
        user_id=str(user["id"]),
        name=str(user.get("name") or user.get("summary") or user["id"]),
        email=str(user.get("email") or ""),
        until=aware(datetime.fromisoformat(str(until))) if until else None,
        url=str(user["html_url"]) if user.get("html_url") else None,
    )


def by_level(duties: Sequence[Duty]) -> tuple[Duty, ...]:
    """Level 1 first, each person once a level: of several schedules the turn that ends last counts."""
    kept: dict[tuple[int, str], Duty] = {}
    for duty in duties:
        there = kept.setdefault((duty.level, duty.user_id), duty)
        if there.until and (duty.until is None or duty.until > there.until):
            kept[duty.level, duty.user_id] = duty
    return tuple(sorted(kept.values(), key=lambda duty: duty.level))
