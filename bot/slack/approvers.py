"""What `doctor` asks of the approvers: do they exist, can they be read, are there enough of them?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from bot.doctor import Check
from bot.ports import ChatError
from bot.settings import Settings
from bot.slack.people import ONCALL, standing
from bot.slack.rates import Call
from bot.slack.scopes import MANIFEST
from bot.slack.web import Web, open_web
from integrations.contract import RoomError
from runbooks.model import Risk

WHAT = "approvers"
_IDS = "user ids (U…), user group ids (S…), `oncall`"
_NO_FULL_MEMBER = {
    "deactivated": "is deactivated",
    "bot": "is a bot",
    "stranger": "is not of this workspace",
    "guest": "is a guest, and guests cannot approve",
    "invited": "has not joined the workspace yet",
}


@dataclass(frozen=True, slots=True)
class _Wrong:
    why: str
    fix: str


_Members = frozenset[str] | _Wrong


async def approver_checks(settings: Settings) -> list[Check]:
    """One check for each approver that cannot approve, and one for all of them together."""
    lists = _lists(settings)
    if not any(lists.values()):
        return [Check(WHAT, "warning", "nobody is set, so that no step can be approved", f"set APPROVERS: {_IDS}")]
    if settings.slack_bot_token is None:
        return []
    try:
        web = open_web(settings)
    except RoomError as wrong:
        return [Check(WHAT, "fault", wrong.reason, wrong.fix)]
    try:
        entries = tuple(dict.fromkeys(entry for entries in lists.values() for entry in entries))
        found = await asyncio.gather(*(_members(web, entry, settings) for entry in entries))
    finally:
        await web.close()
    members = dict(zip(entries, found, strict=True))
    return [*_unfit(lists, members), *_too_few(settings, members)] or [Check(WHAT, "ok", _counted(settings, members))]


def _lists(settings: Settings) -> dict[str, tuple[str, ...]]:
    named = ("approvers", *(f"approvers_{risk}" for risk in get_args(Risk)), "emergency_approvers")
    return {name.upper(): getattr(settings, name) for name in named}


async def _members(web: Web, entry: str, settings: Settings) -> _Members:
    """Who stands behind one entry; nobody that can be named for `oncall`."""
    try:
        if entry == ONCALL:
            off = settings.pagerduty_api_key is None
            return _Wrong("PagerDuty is off", "set PAGERDUTY_API_KEY, or name people") if off else frozenset()
        return await (_group(web, entry) if entry.startswith("S") else _user(web, entry))
    except ChatError as refusal:
        fix = MANIFEST if refusal.code == "missing_scope" else "look at the id, then at the lines for slack above"
        return _Wrong(f"Slack says {refusal.code}", fix)


async def _group(web: Web, group: str) -> _Members:
    answer = await web.call(Call("usergroups.users.list"), lambda client: client.usergroups_users_list(usergroup=group))
    users = frozenset(map(str, answer["users"]))
    return users or _Wrong("has nobody in it", "add people to the group in Slack")


async def _user(web: Web, user_id: str) -> _Members:
    answer = await web.call(Call("users.info"), lambda client: client.users_info(user=user_id))
    found = standing(answer["user"], await web.team_id())
    return _Wrong(_NO_FULL_MEMBER[found], "name a full member of the workspace") if found else frozenset({user_id})


def _unfit(lists: Mapping[str, tuple[str, ...]], members: Mapping[str, _Members]) -> list[Check]:
    return [
        Check(WHAT, "fault", f"{setting}: {entry} {wrong.why}", wrong.fix)
        for entry, wrong in members.items()
        if isinstance(wrong, _Wrong)
        for setting, entries in lists.items()
        if entry in entries
    ]


def _too_few(settings: Settings, members: Mapping[str, _Members]) -> list[Check]:
    """Risks that nobody can approve, or too few can."""
    checks = []
    for risk in get_args(Risk):
        people, others = _who(settings, risk, members)
        needed = 2 if risk == "critical" or settings.require_second_person else 1
        if len(people) < needed and not others:
            few = f"{risk} risk needs {needed} people, and {len(people)} can approve it"
            detail = few if people else f"nobody can approve {risk} risk"
            fix = f"set APPROVERS_{risk.upper()} or APPROVERS: {_IDS}"
            checks.append(Check(WHAT, "warning", detail, fix))
    return checks


def _counted(settings: Settings, members: Mapping[str, _Members]) -> str:
    counts = []
    for risk in get_args(Risk):
        people, others = _who(settings, risk, members)
        who = f"{len(people)} + on call" if people and others else "on call" if others else str(len(people))
        counts.append(f"{risk} {who}")
    return ", ".join(counts)


def _who(settings: Settings, risk: str, members: Mapping[str, _Members]) -> tuple[frozenset[str], bool]:
    """The people who can approve this risk, and whether whoever is on call can too."""
    entries = getattr(settings, f"approvers_{risk}") or settings.approvers
    known = (found for entry in entries if not isinstance(found := members[entry], _Wrong))
    return frozenset().union(*known), ONCALL in entries and not isinstance(members[ONCALL], _Wrong)
