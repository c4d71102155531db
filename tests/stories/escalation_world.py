"""The world around an escalation: a record, a Slack, a pager and an engine, as little of them as it needs."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from bot.desk import Desk
from bot.domain.approval import Person
from bot.domain.entry import Entry
from bot.domain.incident import Channel, Incident, Posted, Severity
from bot.life.escalate import Escalation, escalate, look_for_reasons
from bot.life.reach import Life
from bot.measures import Measures
from bot.ports import JournalDown
from integrations.contract import Alert, Paged, Refused, Unreachable

NOW = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)
AFTER = timedelta(minutes=10)


def incident(id_="INC-1", *, severity=Severity.SEV1, minutes=3, service="cart", name="Slow", over=None, **more):
    alert = Alert("alertmanager", id_, name, "resolved" if over else "firing", NOW - AFTER, ends_at=over)
    at = NOW - timedelta(minutes=minutes)
    where = {"channel": Channel("C1", "inc-cart"), "message": Posted("C1", "1.0")}
    more = {"status": "open", "alerts": (alert,)} | where | more
    return Incident(id_, service, "prod", severity, name, started_at=at, opened_at=at, **more)


def entry(kind, **more):
    return Entry("INC-1", more.pop("key", kind), more.pop("at", NOW), kind, more.pop("who", "U1"), **more)


class World:
    """A record, a Slack and a pager, as little of them as it needs; steps are remembered as the engine would."""

    def __init__(self, one=None):
        self.one = one or incident(minutes=10)
        self.entries, self.posted, self.calls, self.slept = [], {}, [], []
        self.answer_at, self.missing, self.top, self.silent = None, "", 3, 0
        self.done, self.events_of_runs, self.of_lead, self.read = {}, [], [], []
        self.eyes = []
        self.pages, self.resolved = [], set()
        ports = {"journal": self, "chat": self, "clock": self, "links": self, "entries": self}
        unused = {"looking": None, "catalog": None, "library": None, "measures": Measures()}
        channels = {"incidents_channel": "C0", "channel_timeout_s": 60.0, "channel_name": str}
        desk = Desk(**ports, **unused, **channels)
        self.at = Escalation(desk, self, self, ("unacknowledged",), AFTER)
        self.down, self.found = False, None
        self.life = Life(desk, self, self, self, self, self.of_open)

    # the record
    async def open_incidents(self):
        if self.down:
            raise JournalDown
        return (self.one,) if self.one.status == "open" else ()

    async def incident(self, id_):
        return self.one if id_ == "INC-1" else incident(id_, minutes=10)

    async def in_channel(self, _channel_id):
        return self.one

    async def report(self, _id, _opening):
        self.read.append("report")
        return self.found

    async def linked_to(self, _id):
        self.read.append("links")
        return ()

    async def of_open(self):
        return {"INC-1": tuple(self.entries)} if self.one.status == "open" else {}

    async def of_incident(self, id_):
        return list(self.entries) if id_ == "INC-1" else self.of_lead

    async def append(self, one):
        if one.key in {known.key for known in self.entries}:
            return None
        self.entries.append(replace(one, number=len(self.entries) + 1))
        return self.entries[-1]

    async def keyed(self, _id, key):
        return next((one for one in self.entries if one.key == key), None)

    async def at_message(self, posted):
        return "INC-1" if posted == self.one.message else None

    async def of_alert(self, _source, _fingerprint):
        return "INC-1"

    def now(self):
        return NOW + timedelta(seconds=sum(self.slept))

    # Slack
    async def find(self, _channel, key):
        return self.posted.get(key)

    async def post(self, _channel, message, *, key):
        assert key not in self.posted
        self.posted[key] = message.headline

    async def reactions(self, _posted):
        return {"eyes": tuple(self.eyes)}

    async def person(self, *_about):
        return Person("", full_member=True)

    # the pager
    source = "pagerduty"

    def off(self, _service):
        return self.missing

    def level(self, _incident):
        return 0

    async def answered(self, _incident, page=""):
        by_now = self.answer_at is not None and len(self.calls) >= self.answer_at
        return by_now or (page or next(iter(self.pages[-1:]), "")) in self.resolved

    async def escalate(self, _incident, title, body, level):
        if self.silent:
            self.silent -= 1
            raise Unreachable("pagerduty", "no answer")
        if level > self.top:
            raise Refused("pagerduty", f"its escalation policy has no level {level}", "call somebody by hand")
        self.calls.append((level, title, body))
        await self.while_called(level)
        if not self.pages or self.pages[-1] in self.resolved:
            self.pages.append(f"Q{len(self.pages) + 1}")
        return Paged((f"Person {level}",), "https://pd.example/Q1", before=False, acknowledged=False, id=self.pages[-1])

    # the engine
    async def once(self, name, act, _kind):
        if name not in self.done:
            self.done[name] = await act()
        return self.done[name]

    async def sleep(self, seconds):
        self.slept.append(seconds)
        for _ in range(20):  # what runs beside the story goes on
            await asyncio.sleep(0)
        await self.while_asleep()

    async def while_called(self, level):
        """What happens while the pager calls; for tests to replace."""

    async def while_asleep(self):
        """What happens while a level has its time to answer; for tests to replace."""

    async def look(self):
        begun = []

        async def begin(_id, number):
            begun.append(number)

        # `of_incident` stands for runs too
        self.at = replace(self.at, runs=SimpleNamespace(of_incident=self._runs, events=self._events))
        await look_for_reasons(self.at, begin)
        return begun

    async def _runs(self, _id):
        self.read.append("runs")
        return [SimpleNamespace(id="R1")] if self.events_of_runs else []

    async def _events(self, _run_id):
        return self.events_of_runs

    async def tell(self, number=1):
        """The story of the record's entry of this number."""
        await escalate(self.at, self.entries[number - 1], self)
