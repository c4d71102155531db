"""Resolved incidents of PagerDuty's: all that it tells, asked for as it takes it, and what was left out is said."""

from datetime import timedelta

import pytest

from integrations import pagerduty
from integrations.contract import Refused
from integrations.pagerduty.client import PagerDuty
from integrations.pagerduty.past import resolved
from tests.rooms.pagerduty.conftest import KEY, NOW

YEAR = timedelta(days=365)


def over(days_ago, number, status="resolved", **changes):
    at = f"{NOW - timedelta(days=days_ago):%Y-%m-%dT%H:%M:%SZ}"
    wire = {"id": f"Q{number}", "incident_number": number, "title": "Down", "service": {"summary": "cart"}}
    return wire | {"status": status, "created_at": at, "resolved_at": at, "notes": [], **changes}


@pytest.fixture
def settings(hub, certificates):
    return pagerduty.Settings(api_key=KEY, api_url=hub.url, ca_file=certificates.ca_file)


async def numbers(settings, since=NOW - YEAR, **more):
    past = await resolved(settings, since, NOW, **more)
    return [one.number for one in past.found], past.left_out_before


async def test_a_year_is_asked_for_in_spans_that_pagerduty_takes_and_nothing_comes_twice(hub, settings):
    days = (364, 300, 181, 180, 179, 90, 89, 1)
    hub.incidents += [over(ago, number) for number, ago in enumerate(days)]
    hub.incidents += [over(2, 98, status="triggered"), over(400, 99)]
    assert await numbers(settings) == ([*range(len(days))], None)
    assert await numbers(settings, NOW - timedelta(days=100)) == ([5, 6, 7], None)


async def test_page_after_page_is_asked_for(hub, settings):
    hub.incidents += [over(1 + number / 1_000, 250 - number) for number in range(250)]
    found, left_out = await numbers(settings)
    assert (found, left_out) == ([*range(1, 251)], None)


async def test_of_too_many_the_oldest_are_left_out_and_since_when_is_said(hub, settings):
    hub.incidents += [over(ago, 300 - ago) for ago in (300, 200, 100, 10, 1)]
    assert await numbers(settings, most=3) == ([200, 290, 299], NOW - timedelta(days=100))
    assert await numbers(settings, most=5) == ([0, 100, 200, 290, 299], None)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"since": "2025-03-03T00:00:00Z", "until": "2026-03-03T00:00:00Z"}, [" is invalid."]),
        ({"since": "yesterday"}, ["Time is invalid."]),
        ({"limit": 100, "offset": 9_901}, ["Offset+limit exceeds maximum allowed value of 10000."]),
    ],
)
async def test_the_stand_in_refuses_what_pagerduty_refuses(settings, asked, told):
    room = PagerDuty(settings)
    answer = await room.run(lambda client: client.get("/incidents", params=asked), 10)
    await room.close()
    assert answer.status_code == 400
    assert answer.json()["error"]["errors"][0].startswith(told[0])


async def test_a_refused_question_is_not_told_as_an_unknown_policy(odd_server, certificates):
    odd_server.expect_request("/incidents").respond_with_json({"error": {"code": 2001}}, status=400)
    settings = pagerduty.Settings(KEY, odd_server.url_for("").rstrip("/"), certificates.ca_file)
    with pytest.raises(Refused) as refused:
        await resolved(settings, NOW - YEAR, NOW)
    assert "policy" not in str(refused.value)
    assert "--days" in str(refused.value)
