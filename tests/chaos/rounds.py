"""One incident with everything in it: its alerts, a question, a runbook with two gates, its end; and its people."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime

import httpx

from playground.alerting import NEVER, fingerprint
from playground.slack.errors import SlackError
from playground.terminal import as_text
from tests.chaos.person import DANA, YES, Person, ended, gates, runs
from tests.end_to_end.watch import briefing, channel_of, said_by_bot

ASKERS = ("U0BEN00002", "U0CHEN0003", "U0EMRE0005", "U0FATIMA06", "U0IVO00009", "U0JUNE0010", "U0KOFI0011")
STEPS = 2
BOOK = "id: both\ntitle: Both steps\nrisk: medium\nsteps:\n" + "".join(
    f"  - name: step {number}\n    action: exec\n    command: note {{{{service}}}} {number}\n    approval: required\n"
    for number in range(1, STEPS + 1)
)
LOOK_S = 0.1
IMPATIENT_S = 8.0
"""After so long without a sign people ask again."""
REPEAT = 0.3
"""Of the alerts that are taken, so many are sent once more, as a group that still fires is."""


class Sender:
    """Sends as Alertmanager does: the same again until it is answered 202. Notes what was sent."""

    def __init__(self, town, strike, draw):
        self.sent: list[tuple[str, str]] = []
        """(fingerprint, status) of each alert that was answered 202."""
        self.answers: Counter[str] = Counter()
        """What else was answered."""
        self._town, self._strike, self._draw = town, strike, draw

    async def send(self, service, name="HighErrorRate", status="firing", began=None):
        """Returns once it is taken."""
        body = payload(service, name, status, began or datetime.now(UTC))
        while not await self._try(body, "alert" if status == "firing" else "resolve"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        self.sent.append((body["alerts"][0]["fingerprint"], status))
        if self._draw.random() < REPEAT:
            await self._try(body, "repeat")

    async def _try(self, body, what) -> bool:
        token = self._town.env["ALERTMANAGER_WEBHOOK_TOKEN"]
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self._town.bot.url}/webhooks/alertmanager"
        self._strike.seen(f"{what} sent")
        try:
            async with httpx.AsyncClient(timeout=10.0, trust_env=False) as client:
                answer = (await client.post(url, json=body, headers=headers)).status_code
        except httpx.TransportError as problem:
            self.answers[type(problem).__name__] += 1
            return False
        if answer != 202:
            self.answers[f"HTTP {answer}"] += 1
            return False
        self._strike.seen(f"{what} taken")
        return True


class Round:
    """One such incident. `told` is everything that was told of it to its end."""

    def __init__(self, town, sender, strike, service, number, draw):
        self.service, self.began = service, datetime.now(UTC)
        self.yes: Counter[str] = Counter()
        """Gate's text → how often Dana set ✅ at one that shows it."""
        self.questions: list[str] = []
        """The ts of each question that was typed."""
        self._town, self._sender, self._strike, self._draw = town, sender, strike, draw
        self._asker = ASKERS[number % len(ASKERS)]

    async def play(self):
        """From its first alert to its end; alerts, question and runbook side by side."""
        await self._sender.send(self.service, began=self.began)
        await seen(lambda: briefing(self.channel))
        await asyncio.gather(self._joins(), self._asks(), self._runs())
        for name in ("HighErrorRate", "HighLatency"):
            await self._sender.send(self.service, name, "resolved", self.began)
        await seen(lambda: "resolved" in as_text(said_by_bot(self.channel)[0]))

    @property
    def channel(self):
        return channel_of(self._town, self.service)

    async def _joins(self):
        await self._sender.send(self.service, "HighLatency", began=self.began)

    async def _asks(self):
        """Until an answer stands under one of the questions."""
        person = Person(self._town, self._asker, self.channel)
        await person.join()
        while not any(self._answered(ts) for ts in self.questions):
            before = set(self.channel.messages)
            await person.say("did anything change in the last hour?")
            self.questions += [ts for ts, m in self.channel.messages.items() if ts not in before and not m.bot_id]
            self._strike.seen("question asked")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IMPATIENT_S):
                    await seen(lambda: any(self._answered(ts) for ts in self.questions))

    def _answered(self, ts):
        return any(is_whole(reply) for reply in self.channel.replies(ts) if reply.bot_id)

    async def _runs(self):
        """Asks for the runbook until it runs, and answers its gates until it has ended."""
        dana = Person(self._town, DANA, self.channel)
        await dana.join()
        while not runs(self.channel):
            with contextlib.suppress(SlackError):
                self._strike.seen("run asked")
                await dana.say("/incident-action run both")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2.0):
                    await seen(lambda: runs(self.channel))
        while not ended(runs(self.channel)[-1]):
            await asyncio.sleep(self._draw.uniform(0.05, 0.5))
            for gate in gates(self.channel):
                if DANA not in gate.reactions.get(YES, []):
                    self.yes[step_of(gate)] += 1
                    await dana.react(gate, YES)
                    self._strike.seen("approved")
            for message in runs(self.channel):
                if not ended(message):
                    await dana.press(message, "Run again (asks first)")
                    await dana.press(message, "Run again")
                    await dana.press(message, "Ask again")


async def seen(look):
    """Waits for it, however long that takes: whoever runs the whole sets the limit."""
    while not look():  # noqa: ASYNC110 - what is watched are plain objects
        await asyncio.sleep(LOOK_S)


def step_of(gate) -> str:
    """The number of the step that a gate shows."""
    return as_text(gate).partition("step ")[2][:1]


def is_whole(reply) -> bool:
    """Whether an answer says all that it has to say: its small print stands."""
    return "· $" in as_text(reply) or "no model was used" in as_text(reply)


def payload(service, name, status, began):
    """One alert as Alertmanager sends it."""
    labels = {"alertname": name, "env": "prod", "service": service, "severity": "critical"}
    alert = {
        "status": status,
        "labels": labels,
        "annotations": {"summary": f"{service} answers with errors"},
        "startsAt": began.isoformat(),
        "endsAt": datetime.now(UTC).isoformat() if status == "resolved" else NEVER,
        "generatorURL": "",
        "fingerprint": fingerprint(labels),
    }
    return {
        "version": "4",
        "receiver": "first-responder",
        "status": status,
        "alerts": [alert],
        "truncatedAlerts": 0,
        "groupKey": f'{{}}:{{service="{service}"}}',
        "groupLabels": {"service": service},
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "",
    }
