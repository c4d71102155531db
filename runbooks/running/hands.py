"""The hands: what does a deed, within its limits, and says what became of it."""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
import time
from collections.abc import Awaitable
from dataclasses import replace

from integrations.contract import RoomError
from runbooks.commands import Program
from runbooks.hidden import hide_environment
from runbooks.prepared import Exec, Http, Outcome, Promql, Wait, Work
from runbooks.running.output import plain
from runbooks.running.processes import execute
from runbooks.running.programs import find
from runbooks.running.sandbox import sandbox_check
from runbooks.running.settings import HandsSettings

MOST_LINES = 20
"""Series of a query's answer that are shown."""
_CLOSE_S = 5.0
log = logging.getLogger(__name__)


def open_hands(settings: HandsSettings) -> RunningHands:
    """Hands that start, read and call only what the settings list.

    A program runs as the bot's own user, so the bot's environment, with its tokens, is shut to other processes of
    that user from now on (prctl PR_SET_DUMPABLE, Linux); root can still read it.
    """
    hide_environment()
    return RunningHands(settings)


class RunningHands:
    """What `bot.runs.action_ports.Hands` promises, with real processes and requests."""

    def __init__(self, settings: HandsSettings) -> None:
        self._settings = settings
        self._halts: set[asyncio.Event] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self._fenced = False
        self._trusted: ssl.SSLContext | None = None

    def program(self, name: str) -> Program:
        """The real file behind a name of RUNBOOK_ALLOWED_PROGRAMS, hashed now; a big one takes some 30 ms.

        Raises NotAllowedError: not listed, not found, or somebody else could change it.
        """
        return find(name, self._settings)

    async def perform(self, deed: Work, stop: asyncio.Event) -> Outcome:
        """Does it within its limits. When `stop` is set, it and its children are ended: `stopped`, in about 0.5 s.

        Being cancelled ends them too, before the CancelledError goes on. Nothing else is ever raised.
        """
        if self._closed:
            return Outcome("refused", note="the bot is shutting down; run the step when it is back")
        if stop.is_set():
            return Outcome("refused", note="not begun: stopped before")
        halt, began = asyncio.Event(), time.monotonic()
        relay = asyncio.create_task(_relay(stop, halt))
        self._halts.add(halt)
        self._idle.clear()
        try:
            outcome = await self._do(deed, halt)
        except Exception as error:  # a deed that may have been done must leave a record, whatever went wrong in here
            log.exception("a deed went wrong in a way that nobody foresaw")
            outcome = Outcome("failed", note=f"{type(error).__name__} in the bot; it may have been done, see the log")
        finally:
            relay.cancel()
            self._halts.discard(halt)
            if not self._halts:
                self._idle.set()
        return outcome if outcome.seconds else replace(outcome, seconds=time.monotonic() - began)

    async def close(self) -> None:
        """Ends what is running, and begins nothing more."""
        self._closed = True
        for halt in tuple(self._halts):
            halt.set()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._idle.wait()
        except TimeoutError:
            log.warning("a step did not end in %g s", _CLOSE_S)

    async def _do(self, deed: Work, halt: asyncio.Event) -> Outcome:
        match deed:
            case Exec() if sys.platform != "linux":
                return Outcome("refused", note="programs are run only on Linux; run the bot there")
            case Exec():
                return await self._run(deed, halt)
            case Http():
                return await _unless(halt, self._send(deed))
            case Promql():
                return await _unless(halt, self._ask(deed))
            case Wait():
                return await _unless(halt, _pause(deed.seconds))

    async def _run(self, deed: Exec, halt: asyncio.Event) -> Outcome:
        if not self._fenced:
            if problem := await asyncio.to_thread(sandbox_check, self._settings):
                return Outcome("refused", note=problem)
            self._fenced = True
        return await execute(deed, halt, self._settings)

    async def _send(self, deed: Http) -> Outcome:
        from runbooks.running.sending import send  # httpx is not needed before the first request

        return await send(deed, self._settings, self._context)

    def _context(self) -> ssl.SSLContext:
        """Raises Refused where EXTRA_CA_FILE cannot be used."""
        from integrations import trust

        self._trusted = self._trusted or trust.context("runbooks", self._settings.ca_file)
        return self._trusted

    async def _ask(self, deed: Promql) -> Outcome:
        if self._settings.prometheus is None:
            return Outcome("refused", note="there is no Prometheus; set PROMETHEUS_URL")
        try:
            async with asyncio.timeout(deed.timeout_s):
                series = await self._settings.prometheus(deed.query, deed.timeout_s)
        except TimeoutError:
            return Outcome("timeout", note=f"Prometheus did not answer in {deed.timeout_s:g} s; ask for less")
        except (RoomError, OSError) as problem:
            return Outcome("failed", note=plain(str(problem)))
        lines = [f"{labels} {value:g}".strip() for labels, value in series[:MOST_LINES]]
        if len(series) > MOST_LINES:
            lines.append(f"… and {len(series) - MOST_LINES} more")
        return Outcome(
            "done",
            output=plain("\n".join(lines)),
            value=series[0][1] if series else None,
            cut=len(series) > MOST_LINES,
        )


async def _pause(seconds: float) -> Outcome:
    await asyncio.sleep(seconds)
    return Outcome("done")


async def _relay(stop: asyncio.Event, halt: asyncio.Event) -> None:
    await stop.wait()
    halt.set()


async def _unless(halt: asyncio.Event, work: Awaitable[Outcome]) -> Outcome:
    """What the work comes to, unless it is halted before."""
    doing, halted = asyncio.ensure_future(work), asyncio.create_task(halt.wait())
    try:
        await asyncio.wait([doing, halted], return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        return Outcome("stopped", note="stopped; it may have done part of its work")
    finally:
        halted.cancel()
        doing.cancel()
        await asyncio.wait([doing], timeout=1.0)
