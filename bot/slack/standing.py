"""What this process knows of the bot's messages as they stand in Slack. It spares calls, and is asked of Slack again
where it may be wrong: after a call of which nothing was heard, and where another replica had the last word.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.domain.incident import Posted
from bot.ports import ChatError
from bot.slack.blocks import Message
from bot.slack.last_word import LastWords
from bot.slack.reading import Reading

REMEMBERED = 2_000


@dataclass(slots=True)
class Standing:
    """One message, as far as it is known."""

    thread: str
    ours: bool = False
    """Whether this very process posted it."""
    said: Message | None = None
    """What it says now, with all that carries on in the thread; None where that is not sure."""
    sure: bool = True
    """Whether `more` is all that stands there: not after a call of which nothing was heard."""
    more: list[str] = field(default_factory=list)
    """The ts of each message that carries on in the thread."""
    files: set[str] = field(default_factory=set)
    """Names of what this process has put into the thread."""


class Standings:
    """The newest of them; the oldest is forgotten first."""

    def __init__(self, reading: Reading, last_words: LastWords) -> None:
        self._reading = reading
        self._last_words = last_words
        self._known: dict[Posted, Standing] = {}

    async def begin(self, posted: Posted, standing: Standing) -> Standing:
        """A message that is new, or new to this process."""
        await self._last_words.first(_last_word_of(posted))
        return self._remember(posted, standing)

    def known(self, posted: Posted) -> Standing | None:
        """Without asking anybody."""
        return self._known.get(posted)

    async def thread_of(self, posted: Posted) -> str:
        """The thread that a message stands in, or begins. Raises ChatError."""
        known = self._known.get(posted) or self._remember(posted, await self._look_up(posted))
        return known.thread

    async def of(self, posted: Posted, thread: str | None = None) -> Standing:
        """What stands there, for whoever is about to change it: what another replica did to it is looked up. `thread`
        spares a call where nothing is known. Raises ChatError.
        """
        ours, known = await self._last_words.still_ours(_last_word_of(posted)), self._known.get(posted)
        if known is None:
            return self._remember(posted, await self._look_up(posted, thread))
        if not ours:
            _forget(known)
        if known.sure:
            return known
        try:
            known.more = (await self._look_up(posted, known.thread)).more
        except ChatError as problem:
            if problem.code != "thread_not_found":  # the message itself is gone, which its edit will say
                raise
        known.sure = True
        return known

    async def changed_alone(self, posted: Posted) -> bool:
        """After a change: whether no other replica changed it at the same time. Else nobody knows what stands."""
        ours = await self._last_words.still_ours(_last_word_of(posted))
        if not ours and (known := self._known.get(posted)):
            _forget(known)
        return ours

    @contextlib.contextmanager
    def looked_up_again_where_it_fails(self, posted: Posted) -> Iterator[None]:
        """A call of which nothing was heard may have been done: what stands there, Slack says then, and not we."""
        try:
            yield
        except ChatError:
            if known := self._known.get(posted):
                known.sure = False
            raise

    async def _look_up(self, posted: Posted, thread: str | None = None) -> Standing:
        """What another process put into the thread of this message, which costs a call less where that is known.

        Slack shows a thread only by the ts of its head: by that of a reply, that reply alone.
        """
        found: dict[int, str] = {}
        async for message in self._reading.messages(posted.channel_id, thread or posted.ts):
            if thread is None and message.get("ts") == posted.ts != (message.get("thread_ts") or posted.ts):
                return await self._look_up(posted, str(message["thread_ts"]))
            key = await self._reading.key_of(message)
            if key and key.startswith(f"{posted.ts}:more:"):
                found[int(key.rpartition(":")[2])] = str(message["ts"])
        return Standing(thread or posted.ts, more=[found[number] for number in sorted(found)])

    def _remember(self, posted: Posted, standing: Standing) -> Standing:
        self._known[posted] = standing
        if len(self._known) > REMEMBERED:
            self._known.pop(next(iter(self._known)))
        return standing


def _forget(standing: Standing) -> None:
    standing.said, standing.sure = None, False


def _last_word_of(posted: Posted) -> str:
    return f"{posted.channel_id}:{posted.ts}"
