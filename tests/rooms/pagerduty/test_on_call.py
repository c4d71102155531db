"""Who is on call, and how the PagerDuty room fails, through PagerDuty's library and over TLS."""

from __future__ import annotations

import re
import traceback
from datetime import UTC, datetime

import pytest

from integrations.contract import Look, Malformed, OnCall, Refused, Unreachable

UNTIL = datetime(2026, 3, 3, 9, 42, tzinfo=UTC)
ANYTHING = re.compile(".*")


async def test_who_is_on_call_by_level(hub, room, scope_for):
    look = await room.look(scope_for("PPAY"))

    assert look == Look(
        (
            OnCall(1, "Dana Demir", "dana@shop.example", UNTIL, f"{hub.url}/users/P0DANA"),
            OnCall(2, "Eve Eriksen", "eve@shop.example", UNTIL, f"{hub.url}/users/P0EVE"),
        )
    )
    assert len(hub.requests) == 1


async def test_a_service_without_a_policy_asks_nothing_and_is_no_gap(hub, room, scope_for):
    assert await room.look(scope_for(None)) == Look()
    assert hub.requests == []


async def test_a_policy_with_nobody_on_call(room, scope_for):
    assert await room.look(scope_for("PNOBODY")) == Look()


async def test_ready(room):
    assert (await room.ready()).detail == "PagerDuty, on-call can be read"


async def test_a_wrong_key_is_refused_and_not_a_letter_of_it_is_told(hub, open_room, scope_for):
    room = open_room(hub.url, key="u+wrong-and-secret-WXYZ")

    for asked in (room.look(scope_for("PPAY")), room.ready()):
        with pytest.raises(Refused, match=r"401.*PAGERDUTY_API_KEY") as caught:
            await asked
        assert "WXYZ" not in "".join(traceback.format_exception(caught.value))


async def test_plain_http_is_refused_before_anything_is_sent(open_room, scope_for):
    with pytest.raises(Refused, match=r"PAGERDUTY_API_URL must begin with https"):
        await open_room("http://127.0.0.1:1").look(scope_for("PPAY"))


async def test_an_authority_that_nobody_named_is_not_trusted(hub, open_room, scope_for):
    with pytest.raises(Unreachable, match=r"not trusted.*EXTRA_CA_FILE"):
        await open_room(hub.url, ca_file=None).look(scope_for("PPAY"))


async def test_nobody_there(open_room, scope_for):
    with pytest.raises(Unreachable, match=r"no connection.*PAGERDUTY_API_URL"):
        await open_room("https://127.0.0.1:1").look(scope_for("PPAY"))


TURN = {
    "escalation_level": 1,
    "end": None,
    "user": {"id": "PX", "summary": "Always On", "html_url": None},
}
ANSWERS = [
    (403, {"error": {"message": "Forbidden"}}, Refused, r"403.*PAGERDUTY_API_KEY"),
    (404, {"error": {"message": "Not Found"}}, Refused, r"escalation policy \(404\).*SERVICES_FILE"),
    (429, {"error": {"message": "Rate Limit Exceeded"}}, Unreachable, "rate limit"),
    (500, {"error": {"message": "Oh"}}, Unreachable, "500"),
    (302, {}, Refused, "302.*PAGERDUTY_API_URL"),
    (200, "<html>Log in</html>", Malformed, "not PagerDuty's"),
    (200, {"people": []}, Malformed, "not PagerDuty's"),
    (200, ["x"], Malformed, "not PagerDuty's"),
    (200, {"oncalls": [{**TURN, "user": None}]}, Malformed, "not PagerDuty's"),
    (200, {"oncalls": [{**TURN, "end": "tomorrow"}]}, Malformed, "not PagerDuty's"),
]


@pytest.mark.parametrize(("status", "body", "kind", "words"), ANSWERS)
async def test_each_bad_answer_has_its_error(odd_server, open_room, scope_for, status, body, kind, words):
    if isinstance(body, str):
        odd_server.expect_request(ANYTHING).respond_with_data(body, status, content_type="text/html")
    else:
        odd_server.expect_request(ANYTHING).respond_with_json(body, status)

    with pytest.raises(kind, match=words) as caught:
        await open_room(odd_server.url_for("").rstrip("/")).look(scope_for("PPAY"))

    assert type(caught.value) is kind
    assert "made-up-pagerduty-key" not in "".join(traceback.format_exception(caught.value))
    assert len(odd_server.log) <= 2


async def test_one_person_of_two_schedules_is_told_once_with_the_longer_turn(odd_server, open_room, scope_for):
    short, long = ({**TURN, "end": f"2026-03-03T0{hour}:00:00Z"} for hour in (5, 9))
    odd_server.expect_request(ANYTHING).respond_with_json({"oncalls": [short, long]})

    look = await open_room(odd_server.url_for("").rstrip("/")).look(scope_for("PPAY"))

    assert look.findings == (OnCall(1, "Always On", "", datetime(2026, 3, 3, 9, tzinfo=UTC)),)
