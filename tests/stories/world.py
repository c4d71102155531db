"""The world around the stories: a Slack that can refuse or hang, steps that a crash can cut short, sources."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import get_origin

from bot.catalog import Catalog
from bot.desk import Desk, Telling
from bot.domain.incident import Channel, Posted
from bot.domain.plain import as_text
from bot.gather import Gathering, Limits
from bot.looking.here import Here
from bot.measures import Measures
from bot.ports import ChatError, Marked
from bot.respond import respond
from bot.state.database import migrate, open_database
from bot.state.entries import SqlEntries
from bot.state.journal import journal
from bot.state.storms import SqlStorms
from integrations.contract import Look
from runbooks.model import Library
from tests.stories.incident_sample import NOW, alert

INCIDENTS = "C0INCIDENTS"
OWN = "C1"
"""The first channel that the bot opens."""
PATIENT = Limits(source_s=60, deadline_s=60, interim_s=60)
"""So that a source is never late because the machine is."""


class SetClock:
    moment = NOW

    def now(self):
        return self.moment


@dataclass
class Message:
    """What stands in Slack under one key, and everything that it said before."""

    posted: Posted
    key: str
    thread: str | None
    said: list[str]

    @property
    def text(self):
        return self.said[-1]


@dataclass
class Refusal:
    """Slack says no to a method, where its words hold `about`, so many times or for ever."""

    method: str
    error: Exception
    times: float
    about: str


class FakeSlack:
    """`bot.ports.Chat` in memory. Names, keys and channels can be refused or held up."""

    def __init__(self):
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.posted = 0
        self.topics: dict[str, str] = {}
        self.pins: list[Posted] = []
        self.archived: list[str] = []
        self.invited: list[str] = []
        self.pictures: list[str] = []
        self.files: dict[str, str] = {}
        self.whispers: list[tuple[str, str]] = []
        self.speaking: dict[str, dict[str, str]] = {}
        """Channel → who wrote in it lately."""
        self.reacting: dict[Posted, dict[str, list[str]]] = {}
        self.authors: dict[Posted, str] = {}
        """Who wrote what the bot did not."""
        self.calls: list[str] = []
        self._refusals: list[Refusal] = []
        self._lost: list[str] = []
        self._held: list[tuple[str, str, asyncio.Event, asyncio.Event]] = []

    # ── what a test does with it ──

    def refuse(self, method, error, *, passing=False, times=float("inf"), about=""):
        """From now on; `error` is Slack's word, or an exception of another kind."""
        problem = ChatError(error, passing=passing) if isinstance(error, str) else error
        self._refusals.append(Refusal(method, problem, times, about))

    def lose_the_answer(self, key):
        """The next message whose key ends so is posted, and the bot does not hear of it."""
        self._lost.append(key)

    def hold(self, method, *, about=""):
        """The next such call waits. Gives back two events: it has come, and let it go on."""
        came, go = asyncio.Event(), asyncio.Event()
        self._held.append((method, about, came, go))
        return came, go

    def remove(self, key):
        """Somebody deletes the message."""
        self.messages.remove(self.of(key))

    def tap(self, key, emoji, user, *, off=False):
        """Somebody sets a reaction on the message whose key ends so, or takes it back."""
        people = self.reacting.setdefault(self.of(key).posted, {}).setdefault(emoji, [])
        people.remove(user) if off else people.append(user)

    def of(self, key):
        """The one message whose key ends so; fails if there are none or two."""
        (found,) = (message for message in self.messages if message.key.endswith(key))
        return found

    def in_(self, channel_id):
        """The ends of the keys of what stands in a channel, in order."""
        return [
            message.key.split(":", 1)[1]
            for message in self.messages
            if message.posted.channel_id == channel_id and message.thread is None
        ]

    # ── what the bot does with it ──

    async def open_channel(self, name, incident_id):
        await self._door("open_channel", name)
        return self.channels.setdefault(incident_id, Channel(f"C{len(self.channels) + 1}", name))

    async def post(self, channel_id, briefing, *, key, thread=None):
        await self._door("post", f"{channel_id} {key}")
        self.posted += 1
        posted = Posted(channel_id, f"{self.posted}.0")
        self.messages.append(Message(posted, key, thread, [as_text(briefing)]))
        for lost in [one for one in self._lost if key.endswith(one)]:
            self._lost.remove(lost)
            raise ChatError("no answer", passing=True)
        return posted

    async def find(self, channel_id, key, thread=None):
        await self._door("find", f"{channel_id} {key}")
        here = (m.posted for m in self.messages if (m.posted.channel_id, m.key, m.thread) == (channel_id, key, thread))
        return next(here, None)

    async def stand(self, channel_id, briefing, *, key, thread=None):
        return await self.find(channel_id, key, thread) or await self.post(channel_id, briefing, key=key, thread=thread)

    async def edit(self, posted, briefing):
        message = next((m for m in self.messages if m.posted == posted), None)
        await self._door("edit", f"{posted.channel_id} {message.key if message else ''}")
        if message is None:
            raise ChatError("message_not_found", passing=False)
        message.said.append(as_text(briefing))

    async def topic(self, channel_id, text):
        await self._door("topic", channel_id)
        self.topics[channel_id] = text

    async def archive(self, channel_id):
        await self._door("archive", channel_id)
        self.archived.append(channel_id)

    async def pin(self, posted):
        await self._door("pin", posted.channel_id)
        self.pins.append(posted)

    async def invite(self, channel_id, emails, user_ids=()):
        await self._door("invite", channel_id)
        self.invited += [*emails, *user_ids]
        return ()

    async def picture(self, posted, png, *, title, alt, key):
        await self._door("picture", f"{posted.channel_id} {key}")
        if key not in self.pictures:
            self.pictures.append(key)

    async def file(self, posted, text, *, name, title, key):
        await self._door("file", f"{posted.channel_id} {key}")
        self.files.setdefault(key, text)

    async def react(self, posted, *emoji):
        await self._door("react", posted.channel_id)

    async def reactions(self, posted):
        await self._door("reactions", posted.channel_id)
        return {name: tuple(people) for name, people in self.reacting.get(posted, {}).items()}

    async def marked(self, posted):
        await self._door("marked", posted.channel_id)
        message = next((m for m in self.messages if m.posted == posted), None)
        if message is None:
            raise ChatError("message_not_found", passing=False)
        people = {name: tuple(who) for name, who in self.reacting.get(posted, {}).items() if who}
        link = f"https://slack.example/archives/{posted.channel_id}/p{posted.ts.replace('.', '')}"
        return Marked(self.authors.get(posted, ""), message.text, link, people)

    async def whisper(self, channel_id, user_id, briefing, thread=None):
        await self._door("whisper", f"{channel_id} {user_id}")
        self.whispers.append((user_id, as_text(briefing)))

    async def begin_reply(self, channel_id, thread, *, reader, key):
        await self._door("begin_reply", f"{channel_id} {reader} {key}")
        if begun := next((m for m in self.messages if (m.posted.channel_id, m.key) == (channel_id, key)), None):
            return begun.posted
        self.posted += 1
        posted = Posted(channel_id, f"{self.posted}.0")
        self.messages.append(Message(posted, key, thread, [""]))
        return posted

    async def grow_reply(self, posted, text, doing=()):
        """A courtesy: what the door refuses is not shown, and nobody hears of it."""
        with suppress(ChatError):
            await self._door("grow_reply", posted.channel_id)
            tasks = [f"[{one.state}] {one.title}" for one in doing]
            self._said(posted).append("\n".join((*tasks, text)))

    async def end_reply(self, posted, briefing):
        await self._door("end_reply", posted.channel_id)
        self._said(posted).append(as_text(briefing))

    async def said_since(self, channel_id, since):
        await self._door("said_since", channel_id)
        return dict(self.speaking.get(channel_id, {}))

    async def close(self): ...

    def _said(self, posted):
        """All that a message has said so far."""
        message = next((m for m in self.messages if m.posted == posted), None)
        if message is None:
            raise ChatError("message_not_found", passing=False)
        return message.said

    async def _door(self, method, words):
        self.calls.append(f"{method} {words}")
        for held in [h for h in self._held if h[0] == method and h[1] in words][:1]:
            self._held.remove(held)
            held[2].set()
            await held[3].wait()
        for refusal in self._refusals:
            if refusal.method == method and refusal.about in words and refusal.times > 0:
                refusal.times -= 1
                raise refusal.error


@dataclass
class Life:
    """`bot.ports.Steps` in one life of the process: it can end before a named step, or after it was recorded.

    `undone` is the harder end: the step's effect is there and its record is not. So it is where the database goes away
    at a step's very end, and the step is done `twice` in one life.
    """

    recorded: dict[str, object] = field(default_factory=dict)
    taken_up: bool = False
    twice: str = ""
    ends: tuple[str, str] = ("", "")
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def once(self, name, act, kind):
        async def go():
            if name in self.recorded:
                return self.recorded[name]
            await self._maybe_end("before", name)
            result = await act()
            if name == self.twice:
                self.taken_up = True
                result = await act()
            assert isinstance(result, get_origin(kind) or kind)
            await self._maybe_end("undone", name)
            self.recorded[name] = result
            await self._maybe_end("after", name)
            return result

        return go()

    async def sleep(self, seconds): ...

    async def _maybe_end(self, when, name):
        if self.ends == (when, name):
            self.over.set()
        if self.over.is_set():  # nothing more happens in this life
            await asyncio.Event().wait()


class Source:
    """Answers with what it was given, once it may."""

    tools = ()

    def __init__(self, name="prometheus", *findings, waits_for=None):
        self.name, self._findings, self._waits_for = name, findings, waits_for

    async def look(self, scope):
        if self._waits_for is not None:
            await self._waits_for.wait()
        return Look(self._findings)

    async def close(self): ...


@asynccontextmanager
async def desk_with(
    tmp_path, chat, *sources, incidents=INCIDENTS, library=None, limits=None, channel_timeout_s=60.0, storm_threshold=0
):
    """A desk with the real journal on SQLite; everything on it belongs to one test."""
    url = f"sqlite:///{tmp_path / 'stories.sqlite'}"
    migrate(url)
    database = open_database(url)
    clock = SetClock()
    yield Desk(
        journal=journal(database, clock, (("service",), ("env",), 3600), storm_threshold=storm_threshold),
        chat=chat,
        clock=clock,
        looking=Here(Gathering(sources, (), limits or PATIENT), library or Library()),
        catalog=Catalog(),
        library=library or Library(),
        measures=Measures(),
        incidents_channel=incidents,
        channel_timeout_s=channel_timeout_s,
        channel_name=lambda incident: f"inc-{incident.service}",
        storms=SqlStorms(database, clock, storm_threshold),
        entries=SqlEntries(database),
    )
    await database.dispose()


async def fire(desk, name="HighErrorRate", **changes):
    """An alert comes in; what it did."""
    (taken,) = await desk.journal.take([alert(name, **changes)])
    return taken


async def resolve(desk, name="HighErrorRate", **changes):
    return await fire(desk, name, status="resolved", ends_at=NOW, **changes)


async def tell(desk, taken, steps=None):
    """The story of one opening, from its start to its end."""
    steps = steps or Life()
    async with asyncio.timeout(60):
        await respond(Telling(desk, taken.incident_id, taken.opening, lambda: steps.taken_up), steps)


@asynccontextmanager
async def telling(desk, taken, steps=None):
    """The story beside the test; what is left of it at the end is stopped, as when the process ends."""
    others = asyncio.all_tasks()
    story = asyncio.create_task(tell(desk, taken, steps))
    try:
        yield story
    finally:
        left = asyncio.all_tasks() - others
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def live(desk, taken, life):
    """One life of the process: it is over when the story has ended or where `life` says."""
    async with telling(desk, taken, life) as story:
        over = asyncio.create_task(life.over.wait())
        await asyncio.wait({story, over}, return_when=asyncio.FIRST_COMPLETED)
        if story.done():
            story.result()


async def eventually(true):
    """Waits until something is so; `true` may be a coroutine function.

    For 14 seconds at most: after 15 much of the bot looks by itself, and a test is to see that it was woken.
    """
    async with asyncio.timeout(14):
        while True:
            found = true()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.005)


async def stopped(task):
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
