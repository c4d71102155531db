"""What the page may ask and is told, without a browser."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx
import pytest

from playground.slack import channels, messages
from playground.slack.director import Scenario
from playground.slack.messages import Draft
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings, Usergroup
from playground.slack.typed import as_mrkdwn
from playground.slack.workspace import BOT_USER
from playground.world import Person

DANA = Person("U000000DANA", "dana", "Dana Okafor", "dana@example.com")
EVE = Person("U0000000EVE", "eve", "Eve Moss", "eve@example.com")
ONCALL = Usergroup("S0ONCALL", "payments-oncall", "Payments", (DANA.slack_id,))
PATIENCE = 45.0


class OneScenario:
    state: Any = "ready"

    def scenarios(self) -> list[Scenario]:
        return [Scenario("leak", "A memory leak", "It grows.", self.state)]

    def on_call(self) -> dict[str, list[str]]:
        return {DANA.slack_id: ["ledger"], EVE.slack_id: ["shop", "shop-store"]}

    async def start(self, scenario_id: str) -> None:
        self.state = {"leak": "firing"}[scenario_id]

    async def resolve(self, scenario_id: str) -> None:
        self.state = "resolved"


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with running(SlackSettings(usergroups=(ONCALL,)), [DANA, EVE], OneScenario()) as running_slack:
        yield running_slack


@pytest.fixture
async def page(slack: Slack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=slack.url, trust_env=False) as http:
        yield http


async def channel_of(page: httpx.AsyncClient, name: str, user: str = "") -> dict[str, Any]:
    state = (await page.get("/page/state", params={"as": user})).json()
    return next(channel for channel in state["channels"] if channel["name"] == name)


async def test_the_page_lets_no_other_origin_in(page: httpx.AsyncClient, slack: Slack):
    policy = (await page.get("/")).headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    form = await page.post("/page/say", data={"channel": "x", "text": "forged"})
    assert form.status_code == 415
    address = slack.url.replace("http", "ws") + "page/live"
    async with aiohttp.ClientSession() as session:
        for origin in ("https://evil.example", ""):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(address, headers={"Origin": origin})


@pytest.mark.parametrize(
    ("doing", "body", "status"),
    [
        ("say", "[]", 400),
        ("say", "{}", 400),
        ("dance", "{}", 400),
        ("say", '{"channel": "C404", "text": "x"}', 400),
        ("start", '{"id": "nothing like it"}', 400),
    ],
)
async def test_a_call_of_another_shape_is_refused(page: httpx.AsyncClient, doing: str, body: str, status: int):
    answer = await page.post(f"/page/{doing}", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, "error" in answer.json()) == (status, True)


async def test_unread_messages_and_mentions_are_counted_for_each_person(page: httpx.AsyncClient, slack: Slack):
    general = slack.workspace.named("general")
    assert general
    for text in ("one", f"two for <@{DANA.slack_id}>"):
        last = messages.post(slack.workspace, general, slack.workspace.settings.you.slack_id, Draft(text))
    for_dana = await channel_of(page, "general", DANA.slack_id)
    for_you = await channel_of(page, "general")
    assert [(c["unread"], c["mentions"]) for c in (for_dana, for_you)] == [(2, 1), (0, 0)]
    await page.post("/page/read", json={"as": DANA.slack_id, "channel": general.id, "ts": last.ts})
    assert (await channel_of(page, "general", DANA.slack_id))["unread"] == 0


async def test_it_is_told_what_makes_somebody_an_approver(page: httpx.AsyncClient):
    users = {user["name"]: user for user in (await page.get("/page/state")).json()["users"]}
    assert users["Dana Okafor"]["about"] == "@payments-oncall, on call for ledger"
    assert users["Eve Moss"]["about"] == "on call for shop and 1 more"
    assert users["You"]["about"] == "in no user group"


async def test_one_has_to_join_before_one_speaks(page: httpx.AsyncClient, slack: Slack):
    incident = channels.create(slack.workspace, BOT_USER, "inc-a")
    said = {"channel": incident.id, "text": "hello"}
    assert (await page.post("/page/say", json=said)).json() == {"error": "not_in_channel"}
    await page.post("/page/join", json={"channel": incident.id})
    assert "ts" in (await page.post("/page/say", json=said)).json()


async def test_a_whisper_is_shown_to_one_person(page: httpx.AsyncClient, slack: Slack):
    general = slack.workspace.named("general")
    assert general
    messages.whisper(slack.workspace, general, BOT_USER, DANA.slack_id, Draft("psst"))
    for user, texts in ((DANA.slack_id, ["psst"]), ("", [])):
        seen = await page.get("/page/messages", params={"as": user, "channel": general.id})
        assert [message["text"] for message in seen.json()] == texts


async def test_a_second_click_takes_a_reaction_back(page: httpx.AsyncClient, slack: Slack):
    general = slack.workspace.named("general")
    assert general
    message = messages.post(slack.workspace, general, DANA.slack_id, Draft("x"))
    react = {"channel": general.id, "ts": message.ts, "name": "eyes"}
    await page.post("/page/react", json=react)
    assert message.reactions == {"eyes": [slack.workspace.settings.you.slack_id]}
    await page.post("/page/react", json=react)
    assert message.reactions == {}


async def test_scenarios_are_started_and_the_page_is_told(page: httpx.AsyncClient, slack: Slack):
    address = slack.url.replace("http", "ws") + "page/live"
    async with aiohttp.ClientSession() as session, session.ws_connect(address, origin=slack.url[:-1]) as live:
        assert (await live.receive_json(timeout=PATIENCE))["scenarios"][0]["state"] == "ready"
        await page.post("/page/start", json={"id": "leak"})
        assert (await live.receive_json(timeout=PATIENCE))["scenarios"][0]["state"] == "firing"
        await page.post("/page/resolve", json={"id": "leak"})
        assert (await live.receive_json(timeout=PATIENCE))["scenarios"][0]["state"] == "resolved"


async def test_a_permalink_opens_the_page_at_the_message(page: httpx.AsyncClient):
    answer = await page.get("/archives/C123/p1700000000000100")
    assert (answer.status_code, answer.headers["location"]) == (307, "/#C123/p1700000000000100")


async def test_an_uploaded_page_of_html_is_not_a_page_here(page: httpx.AsyncClient, slack: Slack):
    from playground.slack.model import File

    slack.workspace.files["F1"] = File("F1", "a.html", 1, BOT_USER, 0, content=b"<script>alert(1)</script>")
    answer = await page.get("/page/files/F1")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("@dana look", f"<@{DANA.slack_id}> look"),
        ("(@dana)", f"(<@{DANA.slack_id}>)"),
        ("@payments-oncall", "<!subteam^S0ONCALL>"),
        ("@here @nobody", "<!here> @nobody"),
        ("dana@dana.example", "dana@dana.example"),
        ("see https://example.com/a?b=1&c=2.", "see <https://example.com/a?b=1&amp;c=2>."),
        ("`@dana` #nowhere", "`@dana` #nowhere"),
    ],
)
async def test_what_is_typed_becomes_mrkdwn(slack: Slack, typed: str, text: str):
    assert as_mrkdwn(slack.workspace, typed) == text


async def test_a_channel_that_is_typed_becomes_a_link(slack: Slack):
    general = slack.workspace.named("general")
    assert general
    assert as_mrkdwn(slack.workspace, "in #general") == f"in <#{general.id}|general>"
