"""Opening an incident's channel once, however often it is asked for.

A channel belongs to an incident when this bot created it and its purpose holds the incident's id. Creating and
setting the purpose are two calls. A crash between them leaves a channel of this bot without a purpose: such a one is
taken over if it is younger than ten minutes, and only after it has stood without a purpose for `PATIENCE_S`, so that
it is not taken from another replica that is about to name it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from weakref import WeakValueDictionary

from bot.domain.incident import Channel
from bot.domain.names import numbered, told_apart
from bot.domain.storm import kind_of
from bot.ports import ChatError
from bot.slack.rates import Call
from bot.slack.web import Web

PATIENCE_S = 4.0
"""Setting the purpose takes well under a second; Slack's own slowness included."""
ORPHAN_S = 600.0
NAMES = 5
"""The name itself and -2 … -5, archived channels keep theirs; then one that nobody else can have. Each try is a call of
a method that Slack allows about twenty times a minute."""

Info = Mapping[str, Any]


class Channels:
    """The channels of incidents. `now` gives Unix seconds."""

    def __init__(self, web: Web, now: Callable[[], float] = time.time, patience_s: float = PATIENCE_S) -> None:
        self._web = web
        self._now = now
        self._patience_s = patience_s
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tried: dict[str, str] = {}
        """Name → the incident for which this process has asked for it, answered or not."""

    async def open(self, name: str, incident_id: str) -> Channel:
        """The incident's channel, by this name or the next free one. Raises ChatError."""
        turn = self._turns.setdefault(name, asyncio.Lock())
        async with turn:  # two incidents that want one name ask one after the other
            taken: dict[str, Info] | None = None
            for candidate in _candidates(name, incident_id):
                if taken is None or candidate not in taken:
                    created = await self._create(candidate, incident_id)
                    if created is not None:
                        return created
                taken = await self._taken(name) if taken is None else taken
                if candidate in taken and await self._is_ours(taken[candidate], incident_id):
                    return Channel(str(taken[candidate]["id"]), candidate)
        raise ChatError("name_taken", passing=False)

    async def _create(self, name: str, incident_id: str) -> Channel | None:
        """A new channel with its purpose; None where the name is taken."""
        asked_before = name in self._tried
        self._tried.setdefault(name, incident_id)
        try:
            answer = await self._web.once(
                Call("conversations.create"), lambda client: client.conversations_create(name=name)
            )
        except ChatError as problem:
            if problem.code != "name_taken":
                raise
            if not asked_before:
                del self._tried[name]
            return None
        channel = Channel(str(answer["channel"]["id"]), str(answer["channel"]["name"]))
        await self._claim(channel, incident_id)
        return channel

    async def _claim(self, channel: Channel, incident_id: str) -> None:
        purpose = f"{kind_of(incident_id)} {incident_id}, opened by First Responder"
        await self._web.call(
            Call("conversations.setPurpose"),
            lambda client: client.conversations_setPurpose(channel=channel.id, purpose=purpose),
        )
        self._tried.pop(channel.name, None)

    async def _taken(self, name: str) -> dict[str, Info]:
        """Public channels in use whose name begins so."""
        found: dict[str, Info] = {}
        async for page in self._web.pages(
            Call("conversations.list"),
            lambda client, cursor: client.conversations_list(
                types="public_channel", exclude_archived=True, limit=1_000, cursor=cursor
            ),
        ):
            found |= {c["name"]: c for c in page["channels"] if str(c["name"]).startswith(name)}
        return found

    async def _is_ours(self, info: Info, incident_id: str) -> bool:
        """Whether the channel is this incident's, or was left behind unnamed and is now."""
        if info.get("creator") != await self._web.user_id() or not info.get("is_member", True):
            return False
        if purpose := _purpose(info):
            return incident_id in purpose
        age = self._now() - float(info.get("created", 0))
        if self._tried.get(str(info["name"])) != incident_id:
            if age > ORPHAN_S:
                return False
            await asyncio.sleep(min(self._patience_s, max(0.0, self._patience_s - age)))
            answer = await self._web.call(
                Call("conversations.info"), lambda client: client.conversations_info(channel=str(info["id"]))
            )
            info = answer["channel"]
            if purpose := _purpose(info):
                return incident_id in purpose
        await self._claim(Channel(str(info["id"]), str(info["name"])), incident_id)
        return True


def _purpose(info: Info) -> str:
    return str((info.get("purpose") or {}).get("value", "")).strip()


def _candidates(name: str, incident_id: str) -> Iterator[str]:
    yield name
    for number in range(2, NAMES + 1):
        yield numbered(name, number)
    yield told_apart(name, incident_id)
