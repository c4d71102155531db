"""The next level of an incident's policy is called, through PagerDuty's library and over TLS."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from integrations import pagerduty
from integrations.contract import Refused, RoomError, Unreachable
from integrations.pagerduty.level import call_level, standing
from integrations.pagerduty.page import page
from tests.rooms.pagerduty.conftest import BOB, KEY


@pytest.fixture
def settings_for(certificates):
    def settings_for(url: str, sender: str = BOB.email) -> pagerduty.Settings:
        return pagerduty.Settings(KEY, url, certificates.ca_file, page_from=sender)

    return settings_for


@pytest.fixture
async def made(hub, settings_for):
    return await page(settings_for(hub.url), "PPAY", "SEV1 cart", "nobody acknowledged it", "INC-1")


async def test_the_second_level_is_called_and_again_changes_nothing(hub, settings_for, made):
    second = await call_level(settings_for(hub.url), made.id, 2)
    assert second.who
    assert second.who != made.who
    assert await call_level(settings_for(hub.url), made.id, 2) == second
    assert hub.done == [f"level 2 {made.id}"]


async def test_who_acknowledged_it_is_passed_over_for_a_new_reason(hub, settings_for, made):
    hub.incidents[0]["status"] = "acknowledged"
    assert (await standing(settings_for(hub.url), made.id)).acknowledged
    assert (await call_level(settings_for(hub.url), made.id, 2)).acknowledged is False


async def test_for_what_is_resolved_nobody_is_called(hub, settings_for, made):
    hub.incidents[0]["status"] = "resolved"
    with pytest.raises(Refused, match="resolved there"):
        await call_level(settings_for(hub.url), made.id, 2)
    assert hub.done == []


async def test_a_level_that_there_is_not_is_named(hub, settings_for, made):
    with pytest.raises(Refused, match="no level 9"):
        await call_level(settings_for(hub.url), made.id, 9)


@pytest.mark.parametrize("sender", ["", "nobody@shop.example"])
async def test_in_whose_name_is_asked_for(hub, settings_for, made, sender):
    with pytest.raises(Refused, match="PAGERDUTY_FROM"):
        await call_level(settings_for(hub.url, sender), made.id, 2)


@pytest.mark.parametrize("status", [403, 404, 429, 500])
async def test_each_bad_answer_is_a_plain_error(odd_server: HTTPServer, settings_for, status):
    odd_server.expect_request("/incidents/Q1").respond_with_json({"error": {"message": "no"}}, status)
    with pytest.raises(RoomError) as caught:
        await call_level(settings_for(odd_server.url_for("").rstrip("/")), "Q1", 2)
    assert KEY not in str(caught.value)


async def test_nobody_there(settings_for):
    with pytest.raises(Unreachable):
        await standing(settings_for("https://127.0.0.1:1"), "Q1")
