"""Who is asked for a status, when, how often, and what becomes of the draft."""

import pytest

from bot.catalog import Catalog
from bot.domain.said import Form
from integrations.contract import Service
from tests.stories.life_world import days_with
from tests.stories.workshop_world import DANA, ERIN

FACING = Catalog({"payment-service": Service("payment-service", customer_facing=True, depends_on=("ledger",))})


@pytest.fixture
async def days(tmp_path):
    async with days_with(tmp_path, catalog=FACING) as one:
        yield one


async def test_nobody_is_asked_before_it_is_time(days):
    await days.passes(14)
    assert days.told() == []


async def test_the_lead_is_asked_after_fifteen_minutes_at_sev1_once(days):
    await days.says(f"lead <@{ERIN}>")
    await days.passes()
    await days.passes(15)
    await days.passes()
    (_, asked) = days.told()
    assert asked.startswith(f"<@{ERIN}> no status for 15 min.")
    assert "Draft · " in asked


async def test_without_a_lead_whoever_acknowledged_is_asked_and_else_nobody_is_called(days):
    await days.passes(15)
    (asked,) = days.told()
    assert asked.startswith("No status for 15 min, and nobody leads")
    await days.says("ack", ERIN)
    await days.passes(15)
    assert days.told()[-1].startswith(f"<@{ERIN}> no status for 30 min.")


async def test_others_are_asked_after_thirty_minutes(days):
    await days.says("severity SEV3")
    await days.passes(29)
    assert days.told() == []
    await days.passes(1)
    assert len(days.told()) == 1


async def test_what_was_promised_counts_instead_of_the_pace(days):
    await days.says("status identified: x next=40m")
    await days.passes(39)
    assert len(days.told()) == 1
    await days.passes(1)
    assert "no status for 40 min" in days.told()[-1].lower()


async def test_what_was_promised_counts_once_and_after_another_word_the_pace_does(days):
    await days.says("status identified: x next=40m")
    await days.passes(40)
    await days.says("note still at it")
    await days.passes(14)
    assert len(days.told()) == 2
    await days.passes(1)
    assert len(days.told()) == 3
    assert "no status for 15 min" in days.told()[-1].lower()


async def test_a_word_before_the_promised_moment_changes_nothing_of_it_and_one_after_it_begins_the_pace(days):
    await days.says("status identified: x next=40m")
    days.town.clock.forward(20 * 60)
    await days.says("note still at it")
    await days.passes(19)
    assert len(days.told()) == 1
    days.town.clock.forward(5 * 60)  # nobody looked in between
    await days.says("note nearly there")
    await days.passes(14)
    assert len(days.told()) == 1
    await days.passes(1)
    assert len(days.told()) == 2


async def test_after_three_in_a_row_nobody_is_asked_until_something_is_said(days):
    for _ in range(6):
        await days.passes(15)
    assert len(days.told()) == 3
    await days.says("note still at it")
    await days.passes(15)
    assert len(days.told()) == 4


async def test_nobody_is_asked_once_it_is_over_or_said_to_be(days):
    await days.says("status resolved: it is over")
    await days.passes(60)
    assert len(days.told()) == 1


async def test_the_pace_can_be_none(tmp_path):
    from datetime import timedelta

    from bot.life.reach import Pace

    async with days_with(tmp_path, pace=Pace(timedelta(), timedelta())) as days:
        await days.passes(600)
        assert days.told() == []


async def test_one_tap_sends_the_draft_once_and_the_buttons_are_gone(days):
    await days.passes(15)
    (reminder,) = await days.entries("reminded")
    (asked,) = [message for message in days.chat.messages if message.key.startswith("entry:")]
    value = f"{reminder.incident_id} {reminder.number}"
    assert await days.taps("status.send", value, ERIN, asked.posted) is None
    assert f"Sent before, by <@{ERIN}>" in await days.taps("status.send", value, DANA, asked.posted)
    (status,) = await days.entries("status")
    assert (status.who, status.text, status.value) == (ERIN, reminder.text, reminder.value)
    assert f"<@{ERIN}> sent it" in asked.text
    await days.passes()
    assert len(days.told()) == 2


async def test_the_draft_can_be_changed_first_and_is_then_sent_once_with_the_other_button_too(days):
    await days.passes(15)
    (reminder,) = await days.entries("reminded")
    value = f"{reminder.incident_id} {reminder.number}"
    form = await days.taps("status.change", value)
    assert isinstance(form, Form)
    assert {field.name: field.value for field in form.fields}["text"] == reminder.text
    assert "Sent" in await days.fills(form, ERIN, state="monitoring", text="a rollback is out", next="")
    assert "Sent before" in await days.taps("status.send", value)
    (status,) = await days.entries("status")
    assert status.text == "a rollback is out"


async def test_a_draft_that_is_not_there_is_said_so(days):
    assert "not there any more" in await days.taps("status.send", f"{days.town.incident_id} 99")


async def test_customers_get_words_of_their_own_where_the_service_faces_them(days):
    await days.passes(15)
    (asked,) = days.told()
    _, _, outside = asked.partition("For the status page")
    assert "Since 03:" in outside
    assert "Next update by" in outside
    assert "payment" not in outside
    form = await days.says("status")
    assert "For the status page" in form.lines[0]
    assert "payment" not in form.lines[0]


async def test_colleagues_services_have_no_status_page(tmp_path):
    async with days_with(tmp_path) as days:
        await days.passes(15)
        assert "For the status page" not in days.told()[0]
        assert (await days.says("status")).lines == ()
