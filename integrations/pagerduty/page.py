"""Calls who is on call: an incident in PagerDuty, once for each key, however often it is asked for.

PagerDuty refuses a second incident of the same key only while the first is open, so it is asked for one of any state
before. Source: PagerDuty's REST API reference, «Create an Incident» and «List incidents».
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from integrations.contract import Malformed, Paged, Refused, RoomError
from integrations.pagerduty import NAME, Settings
from integrations.pagerduty.alerts import OURS
from integrations.pagerduty.client import PagerDuty, let_in

if TYPE_CHECKING:
    import pagerduty

Json = Mapping[str, Any]

LIMIT_S = 20.0
"""Seconds for all of it: at most four requests."""
TITLE = 250
BODY = 1_000
KEY = 255
RESOLVED = "resolved"
"""The state in which nobody is called any more, whatever is asked of it."""
_THERE_ALREADY = "matching dedup key already exists"
FROM = "PAGERDUTY_FROM must be the address of a user of this account"
_FULL_KEY = "PAGERDUTY_API_KEY may only read; paging needs a REST API key that is not read-only"
_POLICY = "check `oncall` in SERVICES_FILE: the id of an escalation policy, such as PABC123"
_NO_SERVICE = "in PagerDuty, let a service use the escalation policy that `oncall` in SERVICES_FILE names"


async def page(settings: Settings, policy_id: str, title: str, body: str, key: str) -> Paged:
    """Makes an incident on the first service that uses the escalation policy. Raises RoomError.

    With the same `key` none is made a second time, also after the first was resolved; so a call of which nothing was
    heard may be repeated. The bot's webhook knows these incidents and opens none for them.
    """
    if not settings.page_from:
        raise Refused(NAME, "it is not said in whose name to page", FROM)
    ours = f"{OURS}{key}"[:KEY]
    door = PagerDuty(settings)
    try:
        return await door.run(lambda client: _page(client, settings.page_from, policy_id, (title, body, ours)), LIMIT_S)
    finally:
        await door.close()


async def found(settings: Settings, key: str) -> Paged | None:
    """What was made under this key before, and how it stands now; None: nobody was called. Raises RoomError."""
    door = PagerDuty(settings)
    try:
        made = await door.run(lambda client: _made(client, f"{OURS}{key}"[:KEY]), LIMIT_S)
    finally:
        await door.close()
    return None if made is None else paged(made, before=True)


async def latest(settings: Settings, keys: Sequence[str]) -> tuple[Paged | None, str]:
    """Of keys that are used up one after the other: what was made last, and the key for the next call.

    A key is used up once what was made under it is resolved. Raises RoomError.
    """
    door = PagerDuty(settings)
    try:
        made, key = await door.run(lambda client: _latest(client, keys), LIMIT_S)
    finally:
        await door.close()
    return (None if made is None else paged(made, before=True)), key


def _latest(client: pagerduty.RestApiV2Client, keys: Sequence[str]) -> tuple[Json | None, str]:
    last = None
    for key in keys:
        made = _made(client, f"{OURS}{key}"[:KEY])
        if made is None or made.get("status") != RESOLVED:
            return made or last, key
        last = made
    return last, keys[-1]


def _page(client: pagerduty.RestApiV2Client, sender: str, policy_id: str, told: tuple[str, str, str]) -> Paged:
    title, body, key = told
    if found := _made(client, key):
        return paged(found, before=True)
    wanted = {
        "type": "incident",
        "title": title[:TITLE] or "A person is wanted",
        "service": {"id": _service(client, policy_id), "type": "service_reference"},
        "escalation_policy": {"id": policy_id, "type": "escalation_policy_reference"},
        "urgency": "high",
        "incident_key": key,
        "body": {"type": "incident_body", "details": body[:BODY]},
    }
    answer = client.post("/incidents", json={"incident": wanted}, headers={"From": sender})
    if answer.status_code == 400 and _THERE_ALREADY in answer.text:  # another replica was faster
        return paged(_made(client, key) or {}, before=True)
    _taken(answer.status_code, refusal(answer))
    return paged(answer.json()["incident"], before=False)


def _made(client: pagerduty.RestApiV2Client, key: str) -> Json | None:
    """The incident with this key, of any state and age."""
    answer = client.get("/incidents", params={"incident_key": key, "date_range": "all", "limit": 1})
    _taken(answer.status_code, "")
    return next(iter(answer.json()["incidents"]), None)


def _service(client: pagerduty.RestApiV2Client, policy_id: str) -> str:
    answer = client.get(f"/escalation_policies/{policy_id}")
    let_in(answer.status_code)
    services = answer.json()["escalation_policy"]["services"]
    if not services:
        raise Refused(NAME, "no service uses this escalation policy", _NO_SERVICE)
    return str(services[0]["id"])


def refusal(answer: Any) -> str:
    """What PagerDuty says of a call that it did not take."""
    if answer.status_code < 400:
        return ""
    try:
        told = answer.json()["error"]
        return " ".join(str(part) for part in (told["message"], *told.get("errors", ())))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _taken(status: int, refusal: str) -> None:
    """Nothing for a good answer. Raises the RoomError of any other."""
    if status == 403:
        raise Refused(NAME, "no right to page (403)", _FULL_KEY)
    if status == 400:
        about_sender = "From" in refusal or "Requester" in refusal
        raise Refused(NAME, "it did not take the page (400)", FROM if about_sender else _POLICY)
    let_in(status)


def paged(incident: Json, *, before: bool) -> Paged:
    """An incident as PagerDuty tells it. Raises Malformed."""
    try:
        people = [each["assignee"].get("summary") for each in incident.get("assignments") or ()]
        url = incident.get("html_url")
    except (KeyError, TypeError, AttributeError) as error:
        raise _not_understood() from error
    state = incident.get("status")
    answered = state in ("acknowledged", RESOLVED) if state else None
    named = tuple(str(name) for name in people if name)
    return Paged(named, str(url) if url else None, before, answered, str(incident.get("id") or ""))


def _not_understood() -> RoomError:
    return Malformed(NAME, "it was paged, and the answer cannot be read", "look into PagerDuty who was called")
