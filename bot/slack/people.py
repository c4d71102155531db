"""Who somebody in Slack is and what they may, read fresh each time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import structlog

from bot.domain.approval import Person
from bot.ports import ChatError
from bot.slack.rates import Call
from bot.slack.web import Web

OnCallEmails = Callable[[str], Awaitable[tuple[str, ...]]]
T = TypeVar("T")
log = structlog.get_logger(__name__)

Standing = Literal["", "deactivated", "bot", "stranger", "guest", "invited"]
"""Why somebody is no full member of the workspace; empty: they are one."""
NO_FULL_MEMBER: Mapping[Standing, str] = {
    "deactivated": "your account is deactivated",
    "bot": "bots do not count",
    "stranger": "you are not a member of this workspace",
    "guest": "guests cannot run or approve anything",
    "invited": "you have not joined this workspace yet",
}
PATIENCE_S = 10.0
"""Somebody waits for this; what has not been read by then is unreadable."""
ONCALL = "oncall"
UNREADABLE = "Slack did not say who you are; try again in a minute"
NOT_READ = "it could not be read whether you are one of its approvers; try again in a minute"
NOT_ONE = "you are not one of its approvers"


class SlackPeople:
    """`bot.runs.action_ports.People` over Slack. `oncall` gives the addresses of who is on call for a service."""

    def __init__(self, web: Web, oncall: OnCallEmails, patience_s: float = PATIENCE_S) -> None:
        self._web = web
        self._oncall = oncall
        self._patience_s = patience_s

    async def person(self, user_id: str, approvers: Sequence[str], service: str) -> Person:
        """`approvers`: user ids, group ids, `oncall` (of the service). Never raises: unreadable is `may=None`.

        Whoever is no full member of this workspace may nothing, whatever list they are on.
        """
        found, may = await asyncio.gather(
            self._settled(self._standing(user_id)), self._settled(self._may(user_id, approvers, service))
        )
        if found is None:
            return Person(user_id, full_member=False, may=None, why_not=UNREADABLE)
        if found:
            return Person(user_id, full_member=False, may=False, why_not=NO_FULL_MEMBER[found])
        return Person(user_id, full_member=True, may=may, why_not={None: NOT_READ, False: NOT_ONE, True: ""}[may])

    async def name(self, user_id: str) -> str:
        return await self._settled(self._name(user_id)) or ""

    async def shared(self, channel_id: str) -> bool | None:
        """Whether people from outside the workspace are in the channel, or invited; None: unreadable. Never raises."""
        return await self._settled(self._is_shared(channel_id))

    async def _settled(self, reading: Awaitable[T]) -> T | None:
        """What was read; None where it could not be."""
        try:
            async with asyncio.timeout(self._patience_s):
                (outcome,) = await asyncio.gather(reading, return_exceptions=True)
        except TimeoutError as late:
            outcome = late
        if isinstance(outcome, BaseException):
            log.warning("could not be read from Slack", reason=str(outcome) or type(outcome).__name__)
            return None
        return outcome

    async def _standing(self, user_id: str) -> Standing:
        """Raises ChatError."""
        try:
            answer = await self._web.call(Call("users.info"), lambda client: client.users_info(user=user_id))
        except ChatError as problem:
            if problem.code in ("user_not_found", "user_not_visible"):
                return "stranger"
            raise
        return standing(answer["user"], await self._web.team_id())

    async def _name(self, user_id: str) -> str:
        """Raises ChatError."""
        user = (await self._web.call(Call("users.info"), lambda client: client.users_info(user=user_id)))["user"]
        profile = user.get("profile") or {}
        return str(profile.get("display_name") or user.get("real_name") or user.get("name") or "")

    async def _may(self, user_id: str, approvers: Sequence[str], service: str) -> bool | None:
        """Whether any of the lists holds them; None where none does that could be read, and some could not."""
        if user_id in approvers:
            return True
        lists = await asyncio.gather(*(self._settled(self._members(one, service)) for one in dict.fromkeys(approvers)))
        if any(user_id in members for members in lists if members is not None):
            return True
        return None if None in lists else False

    async def _members(self, approver: str, service: str) -> tuple[str, ...]:
        """The user ids behind one entry of a list of approvers. Raises ChatError, and what `oncall` raises."""
        if approver == ONCALL:
            emails = await self._oncall(service)
            found = await asyncio.gather(*(self._by_email(email) for email in dict.fromkeys(emails)))
            return tuple(user for user in found if user)
        if approver.startswith("S"):
            answer = await self._web.call(
                Call("usergroups.users.list"), lambda client: client.usergroups_users_list(usergroup=approver)
            )
            return tuple(str(user) for user in answer["users"])
        return (approver,)

    async def _by_email(self, email: str) -> str | None:
        try:
            answer = await self._web.call(
                Call("users.lookupByEmail"), lambda client: client.users_lookupByEmail(email=email)
            )
        except ChatError as problem:
            if problem.code == "users_not_found":
                return None
            raise
        return str(answer["user"]["id"])

    async def _is_shared(self, channel_id: str) -> bool:
        answer = await self._web.call(
            Call("conversations.info"), lambda client: client.conversations_info(channel=channel_id)
        )
        return any(answer["channel"].get(flag) for flag in _SHARED)


_SHARED = (
    *("is_shared", "is_ext_shared", "is_pending_ext_shared"),
    *("pending_shared", "pending_connected_team_ids", "connected_team_ids"),
)


def standing(user: Mapping[str, Any], team_id: str) -> Standing:
    """What Slack's `users.info` says of somebody, seen from our workspace (in an organisation, one of several)."""
    teams = (user.get("enterprise_user") or {}).get("teams") or ()
    if user.get("deleted"):
        return "deactivated"
    if user.get("is_bot") or user.get("is_workflow_bot") or user.get("id") == "USLACKBOT":
        return "bot"
    if user.get("is_stranger") or (user.get("team_id") != team_id and team_id not in teams):
        return "stranger"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "guest"
    return "invited" if user.get("is_invited_user") else ""
