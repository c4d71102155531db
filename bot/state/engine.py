"""The durable engine: stories that survive the process, on DBOS.

One generic workflow runs every story by name, so that the registry never depends on what is configured. A
workflow that is taken up after a crash runs on the engine's own event loop; each step therefore acts on the
loop on which the bot was started, where its clients and connections live.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, TypeVar

import stamina
import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowStatus
from sqlalchemy import URL, create_engine

from bot.ports import JournalDown, Steps
from bot.state import codec
from bot.state.lease import Lease, telling
from bot.state.story_json import JsonOnly
from bot.trace_ports import Traces, Untraced

T = TypeVar("T")
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

ATTEMPTS = 5
"""How often a story is begun that ends in an error nobody foresaw; each time it finds what is there already."""
OVER = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED")
"""Without having come to its end."""

_UNTRACED = Untraced()

log = structlog.get_logger(__name__)


class DurableSteps:
    """`bot.ports.Steps` inside one running workflow."""

    def __init__(self, home: asyncio.AbstractEventLoop, attempt: int, traces: Traces) -> None:
        self._home = home
        self._traces = traces
        # Every story that is taken up again goes through the engine's queue, and so runs on the engine's own loop.
        self.taken_up = attempt > 1 or asyncio.get_running_loop() is not home

    def once(self, name: str, act: Callable[[], Awaitable[T]], kind: type[T]) -> Awaitable[T]:
        place = DBOS.reserve_step()  # now, in the order of the calls: steps may end in another

        async def run() -> str:
            async for tried in stamina.retry_context(JournalDown, attempts=None, timeout=None, wait_max=10.0):
                with tried, self._traces.span(name, {}):  # a database that is away holds a story up and does not end it
                    return codec.dump(await self._at_home(act), kind)
            raise AssertionError("it is tried for ever")

        async def outcome() -> T:
            text: str = await place.run_async({"name": name}, run)
            result: T = codec.read(text, kind)
            return result

        return outcome()

    async def sleep(self, seconds: float) -> None:
        await DBOS.sleep_async(seconds)

    async def _at_home(self, act: Callable[[], Awaitable[T]]) -> T:
        if asyncio.get_running_loop() is self._home:
            return await act()

        async def there() -> T:
            return await act()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(), self._home))


class Engine:
    """Starts stories and takes up those that a crash cut short. One a process, under the name of its lease."""

    def __init__(self, url: URL, stories: Mapping[str, Story], lease: Lease, traces: Traces = _UNTRACED) -> None:
        self._url = url
        self._traces = traces
        self._stories = stories
        self._lease = lease
        self._home = asyncio.get_running_loop()
        self._in_hand: set[str] = set()

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

    async def take_over(self) -> int:
        """Goes on with the stories of processes that are gone; how many they were. Raises JournalDown.

        To resume a story that somebody tells would have it told twice, and the engine does not ask: so only those of
        a lease that this process holds, looked at once more right before.
        """
        left = await self._lease.left()
        found = await _unfinished("PENDING", list(left.executors)) if left.executors else []
        waiting = await _unfinished("ENQUEUED", None)
        found += [story for story in waiting if story.app_version not in left.versions]
        if found:
            with telling():
                await self._lease.sure()
            same = [story.workflow_id for story in found if story.app_version == STORY_VERSION]
            await DBOS.resume_workflows_async(same)
            for story in found:
                if story.app_version != STORY_VERSION:
                    await self._begin_again(story)
            log.info("stories taken up from processes that are gone", count=len(found))
        await self._lease.forget(left.executors)
        return len(found)

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

    async def close(self, patience_s: float, at_rest: Callable[[], int] = lambda: 0) -> None:
        """Lets running stories finish for so many seconds; what is left is taken up at the next start.

        `at_rest` tells how many of them only wait for a person: those are not waited for.
        """
        # The engine's own wait is a second at the least, even where there is nothing to wait for.
        moment = 1 if self._in_hand else 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while len(self._in_hand) > at_rest():  # noqa: ASYNC110 - who rests is not ours to signal
                    await asyncio.sleep(LOOK_S)
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=0 if self._in_hand else moment)

    async def _tell(self, story: str, incident_id: str, opening: int, attempt: int) -> None:
        told = _id(story, incident_id, opening, attempt)
        self._in_hand.add(told)
        with structlog.contextvars.bound_contextvars(incident=incident_id, story=story), telling():
            try:
                with self._traces.story(_id(story, incident_id, opening, 1), story, {"incident": incident_id}):
                    await self._stories[story](DurableSteps(self._home, attempt, self._traces), incident_id, opening)
            except Exception:
                log.exception("story failed", opening=opening, attempt=attempt)
                raise
            finally:
                self._in_hand.discard(told)


_TELLERS: dict[str, Callable[[str, str, int, int], Coroutine[Any, Any, None]]] = {}


@DBOS.workflow(name="tell")
async def tell(story: str, incident_id: str, opening: int, attempt: int) -> None:
    """The one workflow: tells the story of that name. Registered once for each process, as the engine needs it."""
    await _TELLERS["story"](story, incident_id, opening, attempt)


async def _unfinished(status: str, executors: list[str] | None) -> list[WorkflowStatus]:
    """Stories in this state, of these executors or of any."""
    return await DBOS.list_workflows_async(status=status, executor_id=executors, load_output=False)


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
