"""What was done in Slack is done in PagerDuty once, through its library and over TLS; what is refused is said plain."""

from __future__ import annotations

import pytest

from integrations import pagerduty
from integrations.contract import Malformed, Refused, RoomError, Unreachable
from integrations.pagerduty.acts import mark
from integrations.pagerduty.reflect import move, note
from tests.rooms.pagerduty.conftest import BOB, KEY

MARK = mark("INC-ABCDEFGHIJ", 3)


@pytest.fixture
def settings_for(certificates):
    def settings_for(url: str, sender: str = BOB.email, key: str = KEY, **more) -> pagerduty.Settings:
        return pagerduty.Settings(key, url, certificates.ca_file, page_from=sender, **more)

    return settings_for


@pytest.fixture
def fired(hub):
    hub.incidents.append({"id": "Q1", "status": "triggered", "incident_key": "k"})
    return hub


async def test_it_is_acknowledged_and_resolved_once_however_often_it_is_asked(fired, settings_for):
    for to in ("acknowledged", "acknowledged", "resolved", "resolved", "acknowledged"):
        await move(settings_for(fired.url), "Q1", to)
    assert fired.done == ["acknowledged Q1", "resolved Q1"]


async def test_a_note_stands_there_once_by_its_mark_and_within_bounds(fired, settings_for):
    for text in ("the pool\nis full", "other words", "x" * 5_000):
        await note(settings_for(fired.url), "Q1", MARK, text)
    await note(settings_for(fired.url), "Q1", mark("INC-ABCDEFGHIJ", 33), "x" * 5_000)
    first, second = (one["content"] for one in fired.incidents[0]["notes"])
    assert first == "[INC-ABCDEFGHIJ #3] the pool is full"
    assert len(second) == 2_000


@pytest.mark.parametrize(("sender", "fix"), [("", "PAGERDUTY_FROM"), ("nobody@shop.example", "PAGERDUTY_FROM")])
async def test_in_nobodys_name_nothing_is_done_and_the_setting_is_named(fired, settings_for, sender, fix):
    for doing in (move(settings_for(fired.url, sender), "Q1", "resolved"), note(settings_for(fired.url, sender), "Q1", MARK, "x")):  # fmt: skip  # noqa: E501
        with pytest.raises(Refused, match=fix):
            await doing
    assert fired.done == []


async def test_an_incident_that_is_not_there_is_said_so(fired, settings_for):
    with pytest.raises(Refused, match="does not know this incident"):
        await move(settings_for(fired.url), "Q9", "resolved")


async def test_a_wrong_key_is_refused_without_being_told(fired, settings_for):
    with pytest.raises(Refused, match="401") as refused:
        await move(settings_for(fired.url, key="u+wrong-and-secret"), "Q1", "resolved")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [(403, "{}", Refused), (429, "{}", Unreachable), (500, "{}", Unreachable), (200, "<html>", Malformed),
     (200, "{}", Malformed), (200, '{"incident": 7, "notes": 7}', Malformed)],
)  # fmt: skip
async def test_whatever_it_answers_is_a_room_error(odd_server, settings_for, status, body, problem):
    odd_server.expect_request("/incidents/Q1").respond_with_data(body, status, content_type="application/json")
    odd_server.expect_request("/incidents/Q1/notes").respond_with_data(body, status, content_type="application/json")
    url = odd_server.url_for("").rstrip("/")
    with pytest.raises(problem):
        await move(settings_for(url), "Q1", "resolved")
    with pytest.raises(problem):
        await note(settings_for(url), "Q1", MARK, "x")


async def test_nobody_there_is_a_room_error_too(settings_for):
    with pytest.raises(RoomError):
        await move(settings_for("https://127.0.0.1:9"), "Q1", "resolved")
