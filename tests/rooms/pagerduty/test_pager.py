"""The pager of the settings: what is missing is named one by one, and then it pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.catalog import Catalog
from bot.domain.entry import Entry
from bot.domain.incident import Incident, Severity
from bot.house.open_mirror import open_mirror
from bot.house.open_pager import open_pager
from bot.settings import Settings
from integrations.contract import Alert, Refused, Service
from tests.rooms.pagerduty.conftest import BOB, KEY

AT = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)
INCIDENT = Incident("INC-1", "pay", "prod", Severity.SEV1, "Slow", "open", AT, AT)
CATALOG = Catalog({"pay": Service("pay", oncall="PPAY"), "web": Service("web")})


@pytest.mark.parametrize(
    ("more", "service", "missing"),
    [
        ({}, "pay", "PAGERDUTY_API_KEY"),
        ({"pagerduty_api_key": KEY}, "pay", "PAGERDUTY_FROM"),
        ({"pagerduty_api_key": KEY, "pagerduty_from": BOB.email}, "web", "SERVICES_FILE"),
    ],
)
async def test_what_is_missing_is_named(more, service, missing):
    pager = open_pager(Settings(_env_file=None, **more), CATALOG)
    assert missing in pager.off(service)
    with pytest.raises(Refused, match=missing):
        await pager.page(service, "title", "body", "key")


async def test_it_pages_the_policy_of_the_service(hub, certificates):
    known = {"pagerduty_api_url": hub.url, "extra_ca_file": certificates.ca_file}
    settings = Settings(_env_file=None, pagerduty_api_key=KEY, pagerduty_from=BOB.email, **known)
    pager = open_pager(settings, CATALOG)
    assert pager.off("pay") == ""
    assert (await pager.page("pay", "title", "body", "key")).who == ("Dana Demir",)


async def test_who_answers_here_answers_the_page_of_ours_of_that_opening(hub, certificates):
    known = {"pagerduty_api_url": hub.url, "extra_ca_file": certificates.ca_file, "pagerduty_acknowledge": True}
    settings = Settings(_env_file=None, pagerduty_api_key=KEY, pagerduty_from=BOB.email, **known)
    pager, mirror = open_pager(settings, CATALOG), open_mirror(settings)
    assert await mirror.called(INCIDENT) is None
    made = await pager.escalate(INCIDENT, "title", "body", 1)
    assert await pager.answered(INCIDENT) is False
    page = await mirror.called(INCIDENT)
    assert (page, await mirror.called(replace(INCIDENT, opening=2))) == (made.id, None)
    await mirror.tell(page, Entry("INC-1", "acknowledged:1:0:1", AT, "acknowledged", "Dana"))
    assert await pager.answered(INCIDENT) is True


@pytest.fixture
def settings(hub, certificates):
    known = {"pagerduty_api_url": hub.url, "extra_ca_file": certificates.ca_file, "pagerduty_acknowledge": True}
    return Settings(_env_file=None, pagerduty_api_key=KEY, pagerduty_from=BOB.email, **known)


@pytest.fixture
def pager(settings):
    return open_pager(settings, CATALOG)


async def test_where_the_page_of_ours_was_resolved_there_the_next_call_makes_another(hub, pager, settings):
    first = await pager.escalate(INCIDENT, "title", "body", 1)
    hub.incidents[0]["status"] = "resolved"
    second = await pager.escalate(INCIDENT, "title", "body", 2)
    assert (second.id != first.id, second.before, second.acknowledged) == (True, False, False)
    assert second.who == ("Eve Eriksen",)
    assert hub.done == [f"level 2 {second.id}"]
    assert await pager.escalate(INCIDENT, "title", "body", 2) == second
    assert len(hub.incidents) == 2
    assert (await pager.answered(INCIDENT, second.id), await pager.answered(INCIDENT)) == (False, False)
    assert await pager.answered(INCIDENT, first.id) is True
    assert await open_mirror(settings).called(INCIDENT) == second.id
    hub.incidents[1]["status"] = "resolved"
    third = await pager.escalate(INCIDENT, "title", "body", 1)
    assert (third.before, third.who, len(hub.incidents)) == (False, ("Dana Demir",), 3)


async def test_what_was_answered_by_resolving_it_there_is_still_answered(hub, pager):
    await pager.escalate(INCIDENT, "title", "body", 1)
    hub.incidents[0]["status"] = "resolved"
    assert await pager.answered(INCIDENT) is True


async def test_of_an_incident_of_theirs_that_is_resolved_nobody_is_called_and_that_is_said(hub, pager):
    hub.incidents.append({"id": "Q1", "status": "resolved", "incident_key": "k"})
    alert = Alert("pagerduty", "Q1", "Slow", "firing", INCIDENT.started_at)
    with pytest.raises(Refused, match="resolved"):
        await pager.escalate(replace(INCIDENT, alerts=(alert,)), "title", "body", 2)
    assert (hub.done, len(hub.incidents)) == ([], 1)


async def test_a_cause_that_was_named_and_then_rejected_is_noted_there_as_both(hub, certificates):
    hub.incidents.append({"id": "Q1", "status": "triggered", "incident_key": "k"})
    known = {"pagerduty_api_url": hub.url, "extra_ca_file": certificates.ca_file, "pagerduty_notes": True}
    settings = Settings(_env_file=None, pagerduty_api_key=KEY, pagerduty_from=BOB.email, **known)
    at, mirror = datetime(2026, 11, 3, 4, 0, tzinfo=UTC), open_mirror(settings)
    for number, text in ((1, "the moon"), (2, "")):
        await mirror.tell("Q1", Entry("INC-1", f"cause:{number}", at, "cause", "Dana", text, number=number))
    assert [note["content"] for note in hub.incidents[0]["notes"]] == [
        "[INC-1 #1] Dana in Slack, cause: the moon",
        "[INC-1 #2] Dana in Slack, rejected a cause that was named",
    ]
