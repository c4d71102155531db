"""What people in Slack call themselves, for where they are to be named."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import structlog

from bot.ports import ChatError
from bot.slack.rates import Call
from bot.slack.web import Web

log = structlog.get_logger(__name__)


class KnownNames:
    """User ids → names, read fresh. Whoever Slack does not tell of stays without one."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def __call__(self, user_ids: Collection[str]) -> Mapping[str, str]:
        ids = tuple(user_ids)
        found = await asyncio.gather(*map(self._name, ids))
        return {id_: name for id_, name in zip(ids, found, strict=True) if name}

    async def close(self) -> None:
        await self._web.close()

    async def _name(self, user_id: str) -> str:
        try:
            told = await self._web.call(Call("users.info"), lambda client: client.users_info(user=user_id))
        except ChatError as problem:
            log.warning("nobody could be named", slack=problem.code)
            return ""
        user = told["user"]
        return str((user.get("profile") or {}).get("display_name") or user.get("real_name") or user.get("name") or "")
