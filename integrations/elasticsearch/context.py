"""The logs of an incident's services, from 75 minutes before the alert until now."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence

from integrations.contract import Gap, LogLine, Logs, Look, Ready, Scope, Tool, Window
from integrations.elasticsearch import NAME, Settings
from integrations.elasticsearch.client import Client
from integrations.elasticsearch.link import link
from integrations.elasticsearch.query import asked_fields, resolve, searches, window
from integrations.elasticsearch.sample import MAX_BYTES, Reader, shares
from integrations.elasticsearch.tools import SearchLogs


class LogSource:
    """The room as a source of context."""

    name = NAME

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self.tools: tuple[Tool, ...] = (SearchLogs(client, settings),)

    async def look(self, scope: Scope) -> Look:
        """One Logs of every line, if 10,000 lines and 5 MiB hold them.

        Else two, each an even sample with its own total: warnings and worse, then all the rest; with a partial Gap
        that says so. Raises RoomError.
        """
        fields = resolve(await self._client.mapped(asked_fields(self._settings)), self._settings)
        found = searches(scope, fields, self._settings)
        readers = [Reader(self._client, search, self._settings) for search in found]
        await _together([reader.begin() for reader in readers])
        wanted = shares([reader.total for reader in readers])
        whole = max(1, sum(wanted))
        await _together(
            [reader.fill(share, MAX_BYTES * share // whole) for reader, share in zip(readers, wanted, strict=True)]
        )
        return self._told(scope, readers)

    async def ready(self) -> Ready:
        """Can this key read the logs, by time and service? Raises RoomError whose `fix` says what to do."""
        mapped = await self._client.mapped(asked_fields(self._settings))
        resolve(mapped, self._settings)
        return await self._client.ready(mapped)

    async def close(self) -> None:
        await self._client.close()

    def _told(self, scope: Scope, readers: Sequence[Reader]) -> Look:
        span = window(scope)
        url = link(scope.services, span, self._settings)
        total = sum(reader.total for reader in readers)
        kept = sum(len(reader.lines) for reader in readers)
        gaps = tuple(Gap(NAME, reason, partial=True) for reason in _reasons(readers, kept, total, self._settings))
        if kept >= total:
            everything = [line for reader in readers for line in reader.lines]
            return Look((_logs(everything, total, url, span),), gaps)
        return Look(tuple(_logs(reader.lines, reader.total, url, span) for reader in readers if reader.total), gaps)


def _logs(lines: Sequence[LogLine], total: int, url: str, span: Window) -> Logs:
    return Logs(tuple(sorted(lines, key=lambda line: line.time)), total, url, span.since)


def _reasons(readers: Sequence[Reader], kept: int, total: int, settings: Settings) -> list[str]:
    """What the reader of a briefing has to know about lines that are not there."""
    reasons = list(dict.fromkeys(warning for reader in readers for warning in reader.warnings))
    if not total and not reasons:
        reasons.append(f"no lines of these services in {settings.index}")
    if kept < total:
        loud = f"; all {readers[0].total:,} warnings and errors kept" if _all_loud(readers) else ""
        reasons.append(f"sampled {kept:,} of {total:,} lines{loud}")
    return reasons


def _all_loud(readers: Sequence[Reader]) -> bool:
    return len(readers) > 1 and 0 < readers[0].total == len(readers[0].lines)


async def _together(work: Sequence[Coroutine[None, None, None]]) -> None:
    """All at once; the first error cancels the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
