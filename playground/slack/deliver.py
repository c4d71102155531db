"""What the workspace hands to its app, and how often it tries."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from playground.slack.changes import Change
from playground.slack.events import Event, events_of
from playground.slack.model import Json
from playground.slack.workspace import APP, BOT_USER, TEAM, Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    kind: Literal["events_api", "slash_commands", "interactive"]
    payload: Json
    attempt: int = 0
    """0 the first time."""
    reason: str = ""
    """Why it is sent again."""


class NotAcknowledged(Exception):
    """The app did not take a delivery. The message is Slack's word for why, such as `timeout`."""


class Transport(Protocol):
    async def send(self, delivery: Delivery) -> Json:
        """Hands it over; gives back what the app says to it ({} for nothing). Raises NotAcknowledged."""
        ...


class Deliveries:
    """Turns changes into events and sends each until it is acknowledged or there are no tries left."""

    def __init__(self, workspace: Workspace, transport: Transport) -> None:
        self.transport = transport
        self._workspace = workspace
        self._tasks: set[asyncio.Task[None]] = set()
        workspace.hear(self._heard)

    async def ask(self, kind: Literal["slash_commands", "interactive"], payload: Json) -> Json:
        """One try, as Slack does with what a person waits for. Raises NotAcknowledged."""
        return await self.transport.send(Delivery(kind, payload))

    async def close(self) -> None:
        """Gives up what is still to be sent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _heard(self, change: Change) -> None:
        for event in events_of(self._workspace, change):
            self._start(self._insist(_callback(self._workspace, event)))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _insist(self, payload: Json) -> None:
        reason = ""
        for attempt, pause in enumerate((0.0, *self._workspace.settings.retry_after)):
            await asyncio.sleep(pause)
            try:
                await self.transport.send(Delivery("events_api", payload, attempt, reason))
            except NotAcknowledged as failure:
                reason = str(failure)
            else:
                return
        log.warning("event %s was never acknowledged: %s", payload["event_id"], reason)


def _callback(ws: Workspace, event: Event) -> Json:
    authorization = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
    return {
        "token": "playground",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "api_app_id": APP,
        "event": event.body,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": ws.seconds(),
        "authorizations": [authorization | {"is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event_context": "playground",
    }
