"""Who is on call is called, once, through PagerDuty's library and over TLS."""

from __future__ import annotations

import asyncio
import re
import traceback
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer

from integrations import pagerduty
from integrations.contract import Malformed, Paged, Refused, RoomError, Unreachable
from integrations.pagerduty.alerts import parse
from integrations.pagerduty.page import found, page
from tests.rooms.pagerduty.conftest import BOB, KEY

TOLD = ("PPAY", "SEV1 payment-service", "Dana asks for a person")


@pytest.fixture
def settings_for(certificates):
    def settings_for(url: str, sender: str = BOB.email, key: str = KEY, **more) -> pagerduty.Settings:
        return pagerduty.Settings(key, url, certificates.ca_file, page_from=sender, **more)

    return settings_for


async def test_the_first_level_of_the_policy_is_called(hub, settings_for):
    paged = await page(settings_for(hub.url), *TOLD, "INC-1")

    assert paged == Paged(
        ("Dana Demir",), f"{hub.url}/incidents/Q00000001", before=False, acknowledged=False, id="Q00000001"
    )
    (made,) = hub.incidents
    assert (made["title"], made["body"]["details"], made["urgency"]) == (TOLD[1], TOLD[2], "high")


async def test_the_same_key_calls_nobody_again_not_even_once_it_is_resolved(hub, settings_for):
    first = await page(settings_for(hub.url), *TOLD, "INC-1")
    for state, answered in (("triggered", False), ("acknowledged", True), ("resolved", True)):
        hub.incidents[0]["status"] = state
        as_before = replace(first, before=True, acknowledged=answered)
        assert await page(settings_for(hub.url), *TOLD, "INC-1") == as_before
        assert await found(settings_for(hub.url), "INC-1") == as_before
    assert not (await page(settings_for(hub.url), *TOLD, "INC-2")).before
    assert len(hub.incidents) == 2


async def test_where_nobody_was_called_nothing_is_found(hub, settings_for):
    assert await found(settings_for(hub.url), "INC-1") is None


async def test_two_at_once_call_once(hub, settings_for):
    both = await asyncio.gather(*(page(settings_for(hub.url), *TOLD, "INC-1") for _ in range(2)))

    assert sorted(paged.before for paged in both) == [False, True]
    assert {paged.who for paged in both} == {("Dana Demir",)}


async def test_the_bots_own_webhook_opens_no_incident_for_it(hub, settings_for):
    await page(settings_for(hub.url), *TOLD, "INC-1")

    delivered = parse({"event": {"event_type": "incident.triggered", "data": hub.incidents[0]}})

    assert (delivered.alerts, "bot itself" in delivered.ignored) == ((), True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sender": ""}, "PAGERDUTY_FROM"),
        ({"sender": "nobody@shop.example"}, "PAGERDUTY_FROM"),
        ({"key": "u+wrong-and-secret-WXYZ"}, r"401.*PAGERDUTY_API_KEY"),
    ],
)
async def test_what_is_not_set_right_is_named(hub, settings_for, change, words):
    with pytest.raises(Refused, match=words) as caught:
        await page(settings_for(hub.url, **change), *TOLD, "INC-1")
    assert "WXYZ" not in "".join(traceback.format_exception(caught.value))
    assert hub.incidents == []


async def test_a_policy_that_does_not_exist_is_named(hub, settings_for):
    with pytest.raises(Refused, match=r"escalation policy \(404\).*SERVICES_FILE"):
        await page(settings_for(hub.url), "PNOBODY", *TOLD[1:], "INC-1")


async def test_nobody_there(settings_for):
    with pytest.raises(Unreachable, match=r"no connection.*PAGERDUTY_API_URL"):
        await page(settings_for("https://127.0.0.1:1"), *TOLD, "INC-1")


async def test_another_replica_that_was_faster_in_between_has_called_them(odd_server: HTTPServer, settings_for):
    already = {
        "error": {
            "message": "Arguments Caused Error",
            "errors": ["Open incident with matching dedup key already exists"],
        }
    }
    theirs = {"assignments": [{"assignee": {"summary": "Dana"}}], "html_url": "https://x.example/1"}
    odd_server.expect_ordered_request("/incidents", method="GET").respond_with_json(NONE)
    odd_server.expect_ordered_request("/escalation_policies/PPAY").respond_with_json(POLICY)
    odd_server.expect_ordered_request("/incidents", method="POST").respond_with_json(already, 400)
    odd_server.expect_ordered_request("/incidents", method="GET").respond_with_json({"incidents": [theirs]})

    paged = await page(settings_for(odd_server.url_for("").rstrip("/")), *TOLD, "INC-1")

    assert paged == Paged(("Dana",), "https://x.example/1", before=True)


POLICY = {"escalation_policy": {"services": [{"id": "S1"}]}}
NO_SERVICES = {"escalation_policy": {"services": []}}
NONE = {"incidents": []}
BAD = [
    (NONE, POLICY, 403, {"error": {"message": "Access Denied"}}, Refused, r"403.*not read-only"),
    (NONE, POLICY, 400, {"error": {"message": "Arguments Caused Error"}}, Refused, r"400.*SERVICES_FILE"),
    (NONE, POLICY, 400, "<html>", Refused, "400"),
    (NONE, POLICY, 500, {}, Unreachable, "500"),
    (NONE, POLICY, 201, {"who": "?"}, Malformed, "not PagerDuty's"),
    (NONE, POLICY, 201, {"incident": {"assignments": [None]}}, Malformed, "who was called"),
    (NONE, NO_SERVICES, 201, {}, Refused, "no service uses.*SERVICES_FILE"),
    (NONE, {"x": 1}, 201, {}, Malformed, "not PagerDuty's"),
    ({"x": 1}, POLICY, 201, {}, Malformed, "not PagerDuty's"),
]


@pytest.mark.parametrize(("made", "policy", "status", "answer", "kind", "words"), BAD)
async def test_each_bad_answer_has_its_error(
    odd_server: HTTPServer, settings_for, made, policy, status, answer, kind, words
):
    odd_server.expect_request("/incidents", method="GET").respond_with_json(made)
    odd_server.expect_request(re.compile("/escalation_policies/.*")).respond_with_json(policy)
    posting = odd_server.expect_request("/incidents", method="POST")
    posting.respond_with_data(answer, status) if isinstance(answer, str) else posting.respond_with_json(answer, status)

    with pytest.raises(RoomError, match=words) as caught:
        await page(settings_for(odd_server.url_for("").rstrip("/")), *TOLD, "INC-1")

    assert type(caught.value) is kind
    assert KEY not in "".join(traceback.format_exception(caught.value))
