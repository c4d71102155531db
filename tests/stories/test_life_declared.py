"""A person opens an incident, from anywhere; from there on it is like any other."""

import asyncio
from dataclasses import replace

import pytest

from bot import compose
from bot.catalog import Catalog
from bot.domain.incident import Channel, Severity
from bot.intake import Intake
from bot.ports import Taken
from bot.state.journal import journal
from integrations.contract import Service
from tests.stories.incident_sample import NOW, alert, incident
from tests.stories.life_world import days_with
from tests.stories.workshop_world import DANA
from tests.stories.world import fire, tell

KNOWN = Catalog({"payment-service": Service("payment-service"), "search": Service("search")})
ELSEWHERE = "C0GENERAL"


@pytest.fixture
async def days(tmp_path):
    async with days_with(tmp_path, catalog=KNOWN) as one:
        yield one


async def begins(*_opening):
    """Nobody looks at it: what is told is where it will be."""


async def declared(days, text, **more):
    """What was answered, once the incident has its channel, and the incident."""
    before = {one.id for one in await days.life.desk.journal.open_incidents()}
    asked = asyncio.create_task(days.says(f"declare {text}", channel=ELSEWHERE, **more))
    async with asyncio.timeout(60):
        while not asked.done():
            for one in await days.life.desk.journal.open_incidents():
                if one.channel is None:
                    await days.life.desk.journal.keep_channel(one.id, Channel("C9", "inc-search"))
            await asyncio.sleep(0.01)
    new = [one for one in await days.life.desk.journal.open_incidents() if one.id not in before]
    return await asked, new


async def test_it_opens_like_any_other_and_its_channel_is_named(days):
    said, (incident,) = await declared(days, "Search is empty service=search severity=sev2 env=production")
    assert said.startswith(f"Declared `{incident.id}`: SEV2 search: Search is empty. The briefing comes in #C9")
    assert (incident.service, incident.env, incident.severity) == ("search", "production", Severity.SEV2)
    assert days.begun == [(incident.id, 1)]
    (alert,) = incident.alerts
    assert (alert.source, alert.annotations["declared_by"]) == ("person", DANA)
    (entry,) = await days.life.desk.entries.of_incident(incident.id)
    assert (entry.kind, entry.who, entry.text) == ("declared", DANA, "Search is empty")


async def test_of_one_without_a_service_its_words_are_said_once(days):
    said, (incident,) = await declared(days, "checkout is slow")
    assert said.startswith(f"Declared `{incident.id}`: SEV3 checkout is slow. The briefing comes in")


async def test_its_head_says_who_declared_it_who_is_invited_once(days):
    _, (incident,) = await declared(days, "Search is empty service=search")
    desk, taken = days.life.desk, Taken(incident.id, 1, "opened")
    await tell(desk, taken)
    message = (await desk.journal.incident(incident.id)).message
    (briefing,) = (one for one in days.chat.messages if one.posted == message)
    assert f" · declared by <@{DANA}>" in briefing.said[0].splitlines()[1]
    assert f" · declared by <@{DANA}>" in briefing.text.splitlines()[1]
    assert days.chat.invited.count(DANA) == 1


async def test_whose_declaration_is_over_is_not_invited_into_what_fires_again(days):
    _, (incident,) = await declared(days, "Search is empty service=search")
    desk = days.life.desk
    (by_hand,) = incident.alerts
    await desk.journal.take([replace(by_hand, status="resolved", ends_at=NOW)])
    again = await fire(desk, "SearchIsDown", labels={"service": "search"})
    assert again.effect == "reopened"
    await tell(desk, again)
    assert DANA not in days.chat.invited
    assert f"declared by <@{DANA}>" in compose.headline(await desk.journal.incident(incident.id), 1, NOW).headline


def test_what_a_sender_says_of_itself_is_no_declaration():
    forged = alert(annotations={"declared_by": DANA})
    assert "declared" not in compose.headline(incident(alerts=(forged,)), 1, NOW).headline


def test_an_incident_that_an_alert_opened_was_not_declared_by_who_joined_it():
    joined = alert("Customers cannot pay", source="person", annotations={"declared_by": DANA})
    assert "declared" not in compose.headline(incident(alerts=(alert(), joined)), 1, NOW).headline


async def test_typed_once_and_delivered_twice_it_is_one(days):
    _, (incident,) = await declared(days, "Search is empty service=search", trigger="T")
    days.town.clock.forward(5)
    said, new = await declared(days, "Search is empty service=search", trigger="T")
    assert new == []
    assert incident.id in said
    again = await days.life.desk.journal.incident(incident.id)
    assert len(again.alerts) == 1
    assert len(await days.life.desk.entries.of_incident(incident.id)) == 1


@pytest.mark.parametrize("outside", [True, None])
async def test_it_works_in_direct_messages_and_where_others_read_along(days, outside):
    days.town.people.outside = outside
    said, (incident,) = await declared(days, "Search is empty service=search")
    assert f"Declared `{incident.id}`" in said
    assert "Not done" in await days.says("ack")


async def test_of_a_service_that_has_an_incident_it_joins_that(days):
    said, new = await declared(days, "customers cannot pay service=payment-service env=")
    assert new == []
    assert "joins the incident of this service that is open" in said


async def test_what_is_told_with_another_names_the_channel_of_its_lead(days):
    desk, database = days.life.desk, days.life.desk.entries._database
    calls = {"search": ("payment-service",)}
    desk = replace(desk, journal=journal(database, desk.clock, (("service",), ("env",), 3600), calls))
    intake = Intake(desk.journal, begins, desk.changed, desk.measures)
    days.life = replace(days.life, desk=desk, take=intake.take)
    lead = await days.incident()
    said = await days.says(f"declare Search is empty service=search env={lead.env}", channel=ELSEWHERE)
    assert f"The briefing comes in #{days.town.channel_id}, where it is told with payment-service (`{lead.id}`)" in said
    said = await days.says(f"declare Search is slow service=search env={lead.env}", channel=ELSEWHERE)
    assert "It joins the incident" in said
    assert f"in #{days.town.channel_id}, where it is told with payment-service (`{lead.id}`)" in said


async def test_the_service_that_the_title_names_is_meant(days):
    _, (incident,) = await declared(days, "“Search” is slow")
    assert incident.service == "search"


async def test_without_a_service_it_is_said_that_little_can_be_seen(days):
    said, (incident,) = await declared(days, "Everything is slow")
    assert incident.service == "Everything is slow"
    assert incident.severity is Severity.SEV3
    assert "`service=` names one, such as `payment-service`, `search`" in said


@pytest.mark.parametrize(("text", "why"), [("", "What happens?"), ("service=search", "What happens?"),
                                           ("x severity=high", "`HIGH` is no severity")])  # fmt: skip
async def test_what_cannot_be_declared_is_said_with_what_to_type(days, text, why):
    assert why in await days.says(f"declare {text}", channel=ELSEWHERE)
    assert days.begun == []
