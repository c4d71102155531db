"""The life of an incident through Slack: typed, tapped, reacted; killed in between; and beside it in PagerDuty."""

import asyncio
import hashlib
import hmac
import json
import ssl

import httpx
import pytest

from playground.slack.faults import Fault
from playground.terminal import as_text
from tests.chaos.person import ALICE, DANA, GUEST, Person
from tests.end_to_end.watch import briefed, channel_of, incident_channels, said_by_bot, until

SERVICE = "payment-service"
POSTGRES = pytest.param("postgresql", marks=pytest.mark.needs("postgres"))
SECRET = "made-up-webhook-secret"


@pytest.fixture
def at_work(open_town):
    """A town with one briefed incident, and its channel."""

    async def begin(town):
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        await until(lambda: channel_of(town, SERVICE).pins, what="the chores")
        return channel_of(town, SERVICE)

    return begin


def head(channel):
    return as_text(said_by_bot(channel)[0]).partition("\n\n")[0]


def statuses(channel):
    return [as_text(m) for m in said_by_bot(channel) if as_text(m).startswith("Status · ")]


async def test_what_people_type_and_mark_stands_in_the_head_in_the_channel_and_in_the_timeline(open_town, at_work):
    async with open_town() as town:
        channel = await at_work(town)
        dana, alice = Person(town, DANA, channel), Person(town, ALICE, channel)
        await asyncio.gather(dana.say("/incident ack"), alice.say("/incident ack"))
        await until(lambda: "acknowledged by" in head(channel), what="the head")
        await dana.say(f"/incident lead @{town.slack.workspace.users[ALICE].handle}")
        await dana.say("/incident severity SEV2 only one region")
        await alice.say("/incident status identified: the endpoint is wrong next=20m")
        (status,) = await until(lambda: statuses(channel), what="the status")
        assert "the endpoint is wrong" in status
        await until(lambda: "identified" in head(channel) and "SEV2" in head(channel), what="the head")
        assert f"lead <@{ALICE}>" in head(channel)
        assert head(channel).count("acknowledged by") == 1

        await dana.say("the port was 8443 before")
        words = next(m for m in channel.messages.values() if m.text == "the port was 8443 before")
        await alice.react(words, "pushpin")
        await dana.say("/incident note rolled nothing back yet")
        told = await _timeline_with(dana, "the port was 8443 before")
        for part in ("alert", "acknowledged", f"gave the lead to <@{ALICE}>", "set the severity to SEV2"):
            assert part in told
        await town.bot.stop()
        assert len(statuses(channel)) == 1


async def _timeline_with(person, words):
    """A reaction is heard beside everything else: the timeline is asked for until it is there."""
    async with asyncio.timeout(45):
        while True:
            before = len(person.heard())
            await person.say("/incident timeline")
            told = await until(lambda: person.heard()[before:], what="a timeline")  # noqa: B023
            if words in told[-1]:
                return told[-1]


async def test_eyes_acknowledge_for_members_and_a_guest_is_told_why_not(open_town, at_work):
    async with open_town() as town:
        channel = await at_work(town)
        first = said_by_bot(channel)[0]
        guest, dana = Person(town, GUEST, channel), Person(town, DANA, channel)
        await dana.join()
        await guest.react(first, "eyes")
        await guest.say("/incident ack")
        await guest.hears("guests")
        await dana.react(first, "eyes")
        await until(lambda: f"acknowledged by <@{DANA}>" in head(channel), what="the head")
        await dana.react(first, "eyes")
        await until(lambda: "acknowledged" not in head(channel), what="the head without it")


async def test_declared_from_elsewhere_it_has_a_channel_and_a_briefing(open_town):
    async with open_town() as town:
        incidents = next(c for c in town.slack.workspace.channels.values() if c.name == "incidents")
        dana = Person(town, DANA, incidents)
        await dana.say(f"/incident declare customers cannot pay service={SERVICE} severity=SEV1")
        told = await dana.hears("Declared")
        channel = await until(lambda: channel_of(town, SERVICE), what="the channel")
        assert f"#{channel.id}" in told or channel.name in told
        assert "SEV1 · payment-service" in await briefed(town, SERVICE)
        assert len(incident_channels(town)) == 1


def lost_answer(method):
    """Slack does it, but its answer is still on the way when the bot dies."""
    return Fault(method, when="after", delay=20.0)


STAGES = {
    "on record, nothing shown": Fault("conversations.history", delay=20.0),
    "said, answer lost": lost_answer("chat.postMessage"),
    "edited, answer lost": lost_answer("chat.update"),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("database", ["sqlite", POSTGRES])
async def test_killed_after_the_record_it_is_shown_and_said_once(open_town, at_work, database, stage, request):
    more = {"DATABASE_URL": request.getfixturevalue("postgres_url")} if database == "postgresql" else {}
    async with open_town(**more) as town:
        channel = await at_work(town)
        town.slack.workspace.faults.add(STAGES[stage])
        dana = Person(town, DANA, channel)
        await dana.say("/incident status identified: the endpoint is wrong")
        await dana.hears("Sent to the channel")
        if stage == "said, answer lost":
            await until(lambda: statuses(channel), what="the status")
        if stage == "edited, answer lost":
            await until(lambda: "identified" in head(channel), what="the edit")
        await town.bot.kill()
        town.slack.workspace.faults.clear()

        await town.bot.start()
        await until(lambda: statuses(channel) and "identified" in head(channel), what="what was on record")
        await town.bot.stop()
        assert len(statuses(channel)) == 1
        assert head(channel).count("the endpoint is wrong") == 1


async def test_a_draft_is_sent_with_one_tap(open_town, at_work):
    async with open_town(STATUS_REMINDER_S="1", STATUS_REMINDER_URGENT_S="1") as town:
        channel = await at_work(town)
        asked = await until(lambda: _asked(channel), what="the reminder")
        assert await Person(town, DANA, channel).press(asked, "Send it")
        (status, *_) = await until(lambda: statuses(channel), what="the status")
        assert f"<@{DANA}>" in status
        await until(lambda: "sent it" in as_text(asked), what="the draft's end")


def _asked(channel):
    return next((m for m in said_by_bot(channel) if "Draft" in as_text(m) and "Send it" in str(m.blocks)), None)


# ── beside it in PagerDuty ───────────────────────────────────────────────────────────────────────


class Pager:
    """PagerDuty's side: an incident there, its events as signed webhooks, and what became of it."""

    def __init__(self, town):
        self._town = town
        env = town.env
        trusted = ssl.create_default_context(cafile=env["EXTRA_CA_FILE"])
        key = {"Authorization": f"Token token={env['PAGERDUTY_API_KEY']}", "From": env["PAGERDUTY_FROM"]}
        self._api = httpx.AsyncClient(base_url=env["PAGERDUTY_API_URL"], verify=trusted, headers=key, timeout=30)
        self.id = ""

    async def close(self):
        await self._api.aclose()

    async def fires(self):
        policy = {"id": "PPAY001", "type": "escalation_policy_reference"}
        service = {"id": "SPAY001", "type": "service_reference"}
        wanted = {"type": "incident", "title": "Payments fail", "service": service, "escalation_policy": policy}
        made = await self._api.post("/incidents", json={"incident": wanted})
        self.id = made.json()["incident"]["id"]
        await self.tells("triggered", "E1")

    async def tells(self, kind, event_id, **data):
        """One event, delivered twice."""
        incident = {"id": self.id, "title": "Payments fail", "created_at": "2026-11-21T03:40:00Z", "incident_key": "k"}
        incident |= {"service": {"summary": SERVICE}, "priority": {"summary": "P1"}, "urgency": "high"}
        event = {"id": event_id, "event_type": f"incident.{kind}", "occurred_at": "2026-11-21T03:41:00Z"}
        event |= {"agent": {"type": "user_reference", "summary": "Dana Demir"}, "data": data or incident}
        body = json.dumps({"event": event}).encode()
        signed = "v1=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"x-pagerduty-signature": signed, "content-type": "application/json"}
        async with httpx.AsyncClient(timeout=30) as client:
            for _ in "12":
                answer = await client.post(f"{self._town.bot.url}/webhooks/pagerduty", content=body, headers=headers)
                assert answer.status_code == 202, answer.text

    async def state(self):
        return (await self._api.get(f"/incidents/{self.id}")).json()["incident"]["status"]

    async def notes(self):
        return [one["content"] for one in (await self._api.get(f"/incidents/{self.id}/notes")).json()["notes"]]

    async def becomes(self, look, wanted):
        async with asyncio.timeout(45):
            while True:
                if wanted(found := await look()):
                    return found
                await asyncio.sleep(0.1)


async def test_an_incident_of_pagerduty_says_the_same_in_both_places(open_town):
    switched = dict.fromkeys(("PAGERDUTY_ACKNOWLEDGE", "PAGERDUTY_NOTES", "PAGERDUTY_RESOLVE"), "true")
    async with open_town(PAGERDUTY_WEBHOOK_SECRET=SECRET, **switched) as town:
        pager = Pager(town)
        await pager.fires()
        await briefed(town, SERVICE)
        channel = channel_of(town, SERVICE)
        dana = Person(town, DANA, channel)
        await dana.say("/incident ack")
        await pager.becomes(pager.state, lambda state: state == "acknowledged")
        await pager.tells("acknowledged", "E2")  # what PagerDuty tells of our own doing
        await dana.say("/incident note the port was wrong")
        (note,) = await pager.becomes(pager.notes, bool)
        assert note.endswith("dana in Slack, noted: the port was wrong")
        incident = {"id": pager.id, "type": "incident_reference"}
        await pager.tells("annotated", "E3", id="N1", type="incident_note", content=note, incident=incident)
        await pager.tells("annotated", "E4", id="N2", type="incident_note", content="I look too", incident=incident)
        await dana.say("/incident timeline")
        told = await dana.hears("I look too")
        assert told.count("the port was wrong") == 1
        assert f"acknowledged by <@{DANA}>" in head(channel)

        await dana.say("/incident resolve port put right")
        await pager.becomes(pager.state, lambda state: state == "resolved")
        await town.bot.stop()
        assert len(await pager.notes()) == 1
        await pager.close()
