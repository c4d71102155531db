"""«Get me a human»: asked once, called once, and where nobody can be called it is said who could be."""

from dataclasses import replace

import pytest

from bot.catalog import Catalog
from bot.domain.plain import as_text
from bot.questions import page_person
from integrations.contract import OnCall, Refused, Service, Unreachable
from tests.stories.incident_sample import NOW
from tests.stories.pager import FakePager
from tests.stories.world import FakeSlack, Source, desk_with, fire, tell

DANA = OnCall(1, "Dana Demir", "dana@shop.example", NOW)
PAYMENTS = Catalog({"payment-service": Service("payment-service", owner="Payments")})


@pytest.fixture
async def desk(tmp_path):
    async with desk_with(tmp_path, FakeSlack(), Source("pagerduty", DANA)) as d:
        yield d


@pytest.fixture
async def incident(desk):
    taken = await fire(desk)
    await tell(desk, taken)
    return await desk.journal.incident(taken.incident_id)


def buttons(briefing):
    return [(b.does, b.value) for section in briefing.sections for b in section.buttons]


async def test_a_button_asks_before_anybody_is_called(desk, incident):
    pager = FakePager()
    offered = await page_person.offer(desk, pager, incident)
    assert "Page the on-call of payment-service?" in as_text(offered)
    assert "Dana Demir" in as_text(offered)
    assert buttons(offered) == [("page.person", incident.id)]
    assert pager.told == []


async def test_they_are_called_once_for_each_opening_and_it_is_said_whom(desk, incident):
    pager = FakePager()
    first = as_text(await page_person.call(desk, pager, incident, "U0LEE"))
    again = as_text(await page_person.call(desk, pager, incident, "U0EVE"))
    assert ("Paged: Dana Demir" in first, "<@U0LEE>" in first) == (True, True)
    assert ("Paged before: Dana Demir" in again, "Nobody was called again" in again) == (True, True)
    reopened = replace(incident, opening=2)
    assert "Paged: Dana Demir" in as_text(await page_person.call(desk, pager, reopened, "U0LEE"))


async def test_whoever_was_called_already_is_named_before_anybody_taps(desk, incident):
    pager = FakePager()
    await page_person.call(desk, pager, incident, "U0LEE")
    said = await page_person.offer(desk, pager, incident)
    assert "Paged before: Dana Demir, for this incident, not answered yet." in as_text(said)
    assert "Escalate" in as_text(said)
    assert buttons(said) == []


async def test_a_pager_that_does_not_tell_who_was_called_offers_the_button(desk, incident):
    said = await page_person.offer(desk, FakePager(problem=Unreachable("pagerduty", "no answer")), incident)
    assert buttons(said) == [("page.person", incident.id)]


async def test_of_a_resolved_incident_it_says_that_it_is(desk, incident):
    over = replace(incident, status="resolved")
    assert "It is resolved." in as_text(await page_person.offer(desk, FakePager(), over))


async def test_the_page_says_what_it_is_about_and_no_secret(desk, incident):
    pager = FakePager()
    leaky = replace(incident, title="HighErrorRate password=hunter2hunter2")
    await page_person.call(desk, pager, leaky, "U0LEE")
    ((title, body),) = pager.told
    assert ("payment-service" in title, incident.id in body, "U0LEE" in body) == (True, True, True)
    assert "hunter2" not in title + body


async def test_where_nobody_can_be_called_it_is_said_who_could_be_and_what_to_set(desk, incident):
    pager = FakePager(missing="PAGERDUTY_FROM is not set")
    for said in (
        await page_person.offer(desk, pager, incident),
        await page_person.call(desk, pager, incident, "U0LEE"),
    ):
        assert ("PAGERDUTY_FROM is not set" in as_text(said), "Dana Demir" in as_text(said)) == (True, True)
        assert buttons(said) == []
    assert pager.told == []


async def test_without_a_turn_the_owner_is_named_and_without_one_what_to_set(desk, incident, tmp_path):
    unseen = replace(incident, opening=2)
    pager = FakePager(missing="PAGERDUTY_FROM is not set")
    assert "`oncall` and `owner` in SERVICES_FILE" in as_text(await page_person.offer(desk, pager, unseen))
    owned = replace(desk, catalog=PAYMENTS)
    assert "Owner · Payments" in as_text(await page_person.offer(owned, pager, unseen))


async def test_a_refusal_is_said_with_what_mends_it(desk, incident):
    pager = FakePager(problem=Refused("pagerduty", "no right to page (403)", "PAGERDUTY_API_KEY may only read"))
    said = await page_person.call(desk, pager, incident, "U0LEE")
    assert "Nobody was paged" in as_text(said)
    assert ("(403)" in as_text(said), "PAGERDUTY_API_KEY" in as_text(said), "Dana" in as_text(said)) == (
        True,
        True,
        True,
    )
    assert buttons(said) == []


async def test_a_pager_that_does_not_answer_may_be_tried_again(desk, incident):
    said = await page_person.call(desk, FakePager(problem=Unreachable("pagerduty", "no answer")), incident, "U0LEE")
    assert "did not answer" in as_text(said)
    assert buttons(said) == [("page.person", incident.id)]
