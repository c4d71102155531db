"""The durable engine: stories that survive the process, on DBOS.

One generic workflow runs every story by name, so that the registry never depends on what is configured. A
workflow that is taken up after a crash runs on the engine's own event loop; each step therefore acts on the
loop on which the bot was started, where its clients and connections live.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import math
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowStatus
from sqlalchemy import URL, create_engine

from bot.ports import JournalDown, Steps
from bot.state.begun import Begun
from bot.state.down import down
from bot.state.durable_steps import DurableSteps
from bot.state.lease import Lease, Left, telling
from bot.state.story_json import JsonOnly
from bot.trace_ports import Traces, Untraced

Story = Callable[[Steps, str, int], Coroutine[Any, Any, None]]
"""A story is told about one incident (its id) and one opening of it."""

STORY_VERSION = "3"
"""Goes up when the order or the names of a story's steps change. A replica of the version before goes on with its
own; what none of that version is left to tell is begun again under this one. The engine's own default, a hash of the
source, would have each release begin everything again."""

POLLING_S = 0.1
"""How often waiting stories look for what woke them; the engine's default of a second is felt by people."""

IDLE_S = 5.0
"""A process that stands still in the middle of a transaction holds its story's row, and nobody could take the story
up: PostgreSQL ends such a transaction after this. The engine's default is a minute."""

LOOK_S = 0.02
"""How often a stop looks whether the last story has ended."""

ENDING_S = 1.0
"""How long the engine may take to write down that a story has ended."""

ATTEMPTS = 5
"""How often a story is begun that ends in an error nobody foresaw; each time it finds what is there already."""
OVER = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED")
"""Without having come to its end."""

_UNTRACED = Untraced()

log = structlog.get_logger(__name__)


class Engine:
    """Starts stories and takes up those that a crash cut short. One a process, under the name of its lease."""

    def __init__(
        self, url: URL, stories: Mapping[str, Story], lease: Lease, begun: Begun, traces: Traces = _UNTRACED
    ) -> None:
        self._url = url
        self._traces = traces
        self._stories = stories
        self._lease = lease
        self._begun = begun
        self._home = asyncio.get_running_loop()
        self._in_hand: dict[str, DurableSteps] = {}
        self._ended = -math.inf
        self._taking_over = asyncio.Lock()
        self._beside: set[asyncio.Task[None]] = set()
        self._closed = False

    async def launch(self) -> None:
        """Migrates the engine's tables, under a lease that is taken. Raises sqlalchemy's OperationalError."""
        config: DBOSConfig = {
            "name": "first-responder",
            "system_database_url": self._url.render_as_string(hide_password=False),
            "application_version": STORY_VERSION,
            "executor_id": self._lease.executor_id,
            "serializer": JsonOnly(),
            "log_level": "WARNING",
            "enable_otlp": False,
            "notification_listener_polling_interval_sec": POLLING_S,
            "sys_db_idle_transaction_timeout_sec": IDLE_S,
        }
        if self._url.get_backend_name() == "sqlite":
            _use_wal(self._url)
        DBOS(config=config)
        _into_our_log()
        _TELLERS["story"] = self._tell
        await asyncio.to_thread(DBOS.launch)

    async def start(self, story: str, incident_id: str, opening: int) -> None:
        """Begins a story, once: the same story of the same opening is begun only the first time."""
        await self._begin(story, incident_id, opening, 1)

    async def take_up(self, story: str, incident_id: str, opening: int) -> bool:
        """Begins a story that was never begun, or one that ended in an error again; False once it is given up."""
        for attempt in range(1, ATTEMPTS + 1):
            found = await DBOS.get_workflow_status_async(_id(story, incident_id, opening, attempt))
            if found is None:
                await self._begin(story, incident_id, opening, attempt)
            if found is None or found.status not in OVER:
                return True
        log.error("story given up", incident=incident_id, story=story, opening=opening, attempts=ATTEMPTS)
        return False

    async def in_hand(self, story: str) -> frozenset[tuple[str, int]]:
        """Incidents and openings whose story of this name is begun and not at its end. Raises JournalDown."""
        with down("read"):
            begun = await DBOS.list_workflows_async(
                status=["PENDING", "ENQUEUED"], workflow_id_prefix=f"{story}:", load_input=False, load_output=False
            )
        told = (one.workflow_id.split(":") for one in begun)
        return frozenset((incident_id, int(opening)) for _, incident_id, opening, *_ in told)

    async def take_over(self) -> int:
        """Goes on with the stories of processes that are gone; how many they were. Raises JournalDown.

        To resume a story that somebody tells would have it told twice, and the engine does not ask: so only those of
        a lease that this process holds, looked at once more right before. Those that may have ended their process
        come one at a time, and what is not due yet is left for a later look (`bot.state.begun`).
        """
        async with self._taking_over:
            left = await self._lease.left()
            found = await _unfinished("PENDING", list(left.executors)) if left.executors else []
            waiting = await _unfinished("ENQUEUED", None)
            found += [story for story in waiting if story.app_version not in left.versions]
            due = await self._due(found, left)
            if due:
                await self._resume(due)
            held = {story.executor_id for story in found if story not in due}
            await self._lease.forget(tuple(one for one in left.executors if one not in held))
            return len(due)

    async def _due(self, found: list[WorkflowStatus], left: Left) -> list[WorkflowStatus]:
        """Those of them to take up now. What was left by a process that ended as it was told to is not suspected."""
        died = {_name(story): _about(story) for story in found if story.executor_id not in left.stopped}
        choice = await self._begun.choose(died)
        return [story for story in found if (name := _name(story)) not in died or name in choice.taken]

    async def _resume(self, found: list[WorkflowStatus]) -> None:
        with telling():
            await self._lease.sure()
        same = [story.workflow_id for story in found if story.app_version == STORY_VERSION]
        await DBOS.resume_workflows_async(same)
        for story in found:
            if story.app_version != STORY_VERSION:
                await self._begin_again(story)
        executors = sorted({story.executor_id or "" for story in found})
        log.info("stories taken up from processes that are gone", count=len(found), executors=executors)

    def rests(self, story: str, incident_id: str, opening: int) -> None:
        """This story only waits, for a person or a moment, and ends no process: it is as good as gone on."""
        self._went_on(_id(story, incident_id, opening, 1))

    def _went_on(self, name: str) -> None:
        """A step of this story has ended, or all of it: if it was on trial, the next may be taken up."""
        if self._begun.acquit(name) and not self._closed:
            # In no story's context: the engine would take what is done there for a step of it.
            task = asyncio.create_task(self._take_up_the_next(), context=contextvars.Context())
            self._beside.add(task)
            task.add_done_callback(self._beside.discard)

    async def _take_up_the_next(self) -> None:
        with contextlib.suppress(JournalDown):  # then the next look does it
            await self.take_over()

    async def forget(self, before: datetime) -> int:
        """Removes what is stored of stories that ended before this moment, a thousand at a time; how many they were."""
        ended = await DBOS.list_workflows_async(
            status=["SUCCESS", *OVER], end_time=before.isoformat(), limit=1_000, load_input=False, load_output=False
        )
        await DBOS.delete_workflows_async([story.workflow_id for story in ended])
        return len(ended) + (await self.forget(before) if len(ended) == 1_000 else 0)

    async def _begin(self, story: str, incident_id: str, opening: int, attempt: int) -> None:
        with SetWorkflowID(_id(story, incident_id, opening, attempt)):
            await DBOS.start_workflow_async(tell, story, incident_id, opening, attempt)

    async def _begin_again(self, told: WorkflowStatus) -> None:
        """Under the next attempt, with the steps of this version: what the one before did is found there."""
        story, incident_id, opening, attempt = told.input["args"] if told.input else ("", "", 0, ATTEMPTS)
        if attempt < ATTEMPTS:
            await self._begin(story, incident_id, opening, attempt + 1)
        await DBOS.cancel_workflow_async(told.workflow_id)  # last: a crash in between has it done once more

    async def finish(self, patience_s: float, at_rest: Callable[[], int] = lambda: 0) -> None:
        """Lets running stories come to their end, for so many seconds.

        `at_rest` tells how many of them only wait for a person: those are not waited for.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._busy() > at_rest():  # noqa: ASYNC110 - who rests is not ours to signal
                    await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        """Tells no more, and none can be begun; what is left is taken up at the next start."""
        self._closed = True
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        # The engine's own wait is a second at the least: only for an end that it may still have to write down.
        ends = not self._in_hand and time.monotonic() - self._ended < ENDING_S
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=1 if ends else 0)

    def _busy(self) -> int:
        return sum(not steps.asleep for steps in self._in_hand.values())

    async def _tell(self, story: str, incident_id: str, opening: int, attempt: int) -> None:
        told, name = _id(story, incident_id, opening, attempt), _id(story, incident_id, opening, 1)
        went_on = partial(self._went_on, name)
        steps = self._in_hand[told] = DurableSteps(self._home, attempt, self._traces, went_on)
        with structlog.contextvars.bound_contextvars(incident=incident_id, story=story), telling():
            try:
                with self._traces.story(name, story, {"incident": incident_id}):
                    await self._stories[story](steps, incident_id, opening)
            except Exception:
                log.exception("story failed", opening=opening, attempt=attempt)
                raise
            finally:
                self._in_hand.pop(told, None)
                self._ended = time.monotonic()
                self._home.call_soon_threadsafe(went_on)


_TELLERS: dict[str, Callable[[str, str, int, int], Coroutine[Any, Any, None]]] = {}


@DBOS.workflow(name="tell")
async def tell(story: str, incident_id: str, opening: int, attempt: int) -> None:
    """The one workflow: tells the story of that name. Registered once for each process, as the engine needs it."""
    await _TELLERS["story"](story, incident_id, opening, attempt)


async def _unfinished(status: str, executors: list[str] | None) -> list[WorkflowStatus]:
    """Stories in this state, of these executors or of any."""
    return await DBOS.list_workflows_async(status=status, executor_id=executors, load_output=False)


def _name(told: WorkflowStatus) -> str:
    """The story, whatever attempt at it this is."""
    story, incident_id, opening, _ = told.input["args"] if told.input else (told.workflow_id, "", 0, 0)
    return _id(story, incident_id, opening, 1)


def _about(told: WorkflowStatus) -> str:
    return str(told.input["args"][1]) if told.input else ""


def _id(story: str, incident_id: str, opening: int, attempt: int) -> str:
    return f"{story}:{incident_id}:{opening}" + (f":{attempt}" if attempt > 1 else "")


def _into_our_log() -> None:
    """The engine's own lines take the form of all others, warnings and worse."""
    engine = logging.getLogger("dbos")
    engine.handlers.clear()
    engine.propagate = True
    engine.setLevel(logging.ERROR)  # it warns of each story that is begun a second time, which is how we begin them


def _use_wal(url: URL) -> None:
    """Write-ahead logging is a property of the file; the engine's own connections then keep to it."""
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    engine.dispose()
