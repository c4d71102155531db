"""Guests, people of another workspace and user groups: what the playground's Slack shows them, and what it refuses."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.scenarios.company import PEOPLE
from playground.slack import channels, messages
from playground.slack.cast import ELSEWHERE, LEADS, PAYMENTS, PIA, WIM, Newcomer, Usergroup
from playground.slack.limits import REACTED_SHOWN
from playground.slack.messages import Draft
from playground.slack.model import Channel
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER, SLACKBOT
from playground.world import Person

DANA = next(person for person in PEOPLE if person.handle == "dana")
ZOE = Person("U000ZOE", "zoe", "Zoe Gone", "zoe@playground.example")
GONE = Usergroup("S0DISBANDED", "disbanded", "Disbanded", (DANA.slack_id,), disabled=True)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    newcomers = (Newcomer(PIA, "guest"), Newcomer(WIM, "outsider"), Newcomer(ZOE, "deactivated"))
    settings = SlackSettings(newcomers=newcomers, usergroups=(PAYMENTS, LEADS, GONE))
    async with running(settings, PEOPLE) as running_slack:
        yield running_slack


@pytest.fixture
def bot(slack: Slack) -> AsyncWebClient:
    return AsyncWebClient(slack.workspace.settings.bot_token, base_url=slack.api_url)


@pytest.fixture
async def page(slack: Slack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=slack.url, trust_env=False) as http:
        yield http


@pytest.fixture
async def incident(slack: Slack) -> Channel:
    channel = channels.create(slack.workspace, BOT_USER, "inc-a")
    channels.invite(slack.workspace, channel, BOT_USER, [DANA.slack_id])
    return channel


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def do(page: httpx.AsyncClient, who: Person, doing: str, **what: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await page.post(f"/page/{doing}", json={"as": who.slack_id, **what})).json()
    return answer


async def seen_by(page: httpx.AsyncClient, who: Person) -> set[str]:
    state = (await page.get("/page/state", params={"as": who.slack_id})).json()
    assert state["me"] == who.slack_id
    return {channel["name"] for channel in state["channels"]}


async def test_the_wire_says_who_somebody_is(bot: AsyncWebClient) -> None:
    shown = {who: (await bot.users_info(user=who.slack_id))["user"] for who in (DANA, PIA, WIM, ZOE)}
    flags = ("is_restricted", "is_stranger", "deleted")
    assert {who.handle: [user[flag] for flag in flags] for who, user in shown.items()} == {
        "dana": [False, False, False],
        "pia": [True, False, False],
        "wim": [False, True, False],
        "zoe": [False, False, True],
    }
    assert (shown[WIM]["team_id"], shown[PIA]["team_id"] == shown[DANA]["team_id"]) == (ELSEWHERE, True)
    assert WIM.slack_id not in [user["id"] for user in (await bot.users_list())["members"]]
    for who in (WIM, ZOE):
        assert await refusal(bot.users_lookupByEmail(email=who.email)) == "users_not_found"


async def test_groups_name_their_people_unless_they_are_disbanded(bot: AsyncWebClient) -> None:
    members = (await bot.usergroups_users_list(usergroup=PAYMENTS.id))["users"]
    assert members == ["U0DANA0004", "U0ALICE001"]
    assert [group["id"] for group in (await bot.usergroups_list())["usergroups"]] == [PAYMENTS.id, LEADS.id]
    for group in (GONE.id, "S0NOSUCH"):
        assert await refusal(bot.usergroups_users_list(usergroup=group)) == "no_such_subteam"
    assert (await bot.usergroups_users_list(usergroup=GONE.id, include_disabled=True))["users"] == [DANA.slack_id]


async def test_guests_and_outsiders_see_only_what_they_are_in(page: httpx.AsyncClient, incident: Channel) -> None:
    assert await seen_by(page, DANA) == {"general", "incidents", "inc-a"}
    assert await seen_by(page, PIA) == {"incidents"}
    assert await seen_by(page, WIM) == set()
    for who in (PIA, WIM):
        assert (await do(page, who, "join", channel=incident.id)) == {"error": "channel_not_found"}
        at = {"as": who.slack_id, "channel": incident.id}
        assert (await page.get("/page/messages", params=at)).status_code == 404


async def test_nobody_acts_as_an_app_or_as_somebody_who_left(page: httpx.AsyncClient, slack: Slack) -> None:
    for who in (BOT_USER, SLACKBOT, ZOE.slack_id, "U0NOBODY"):
        state = (await page.get("/page/state", params={"as": who})).json()
        assert state["me"] == slack.workspace.settings.you.slack_id


async def test_inviting_somebody_from_elsewhere_shares_the_channel(
    page: httpx.AsyncClient, bot: AsyncWebClient, incident: Channel
) -> None:
    assert await refusal(bot.conversations_invite(channel=incident.id, users=[WIM.slack_id])) == (
        "user_team_not_in_channel"
    )
    assert await refusal(bot.conversations_invite(channel=incident.id, users=[ZOE.slack_id])) == "cant_invite"
    assert await do(page, DANA, "say", channel=incident.id, text="/invite @pia") == {}
    before = (await bot.conversations_info(channel=incident.id))["channel"]
    assert await do(page, DANA, "say", channel=incident.id, text="/invite @wim @wimm") == {"error": "user_not_found"}
    assert await do(page, DANA, "say", channel=incident.id, text="/invite @wim") == {}
    after = (await bot.conversations_info(channel=incident.id))["channel"]
    assert [(c["is_shared"], c["is_ext_shared"]) for c in (before, after)] == [(False, False), (True, True)]
    assert after["connected_team_ids"] == [ELSEWHERE]
    assert {"inc-a"} == await seen_by(page, WIM)
    twice = await do(page, DANA, "say", channel=incident.id, text="/invite @wim")
    assert twice == {"error": "already_in_channel"}


async def test_each_of_them_reacts_as_themselves_where_they_are(
    page: httpx.AsyncClient, slack: Slack, bot: AsyncWebClient, incident: Channel
) -> None:
    message = messages.post(slack.workspace, incident, BOT_USER, Draft("may I?"))
    react = {"channel": incident.id, "ts": message.ts, "name": "white_check_mark"}
    assert await do(page, WIM, "react", **react) == {"error": "channel_not_found"}
    await do(page, DANA, "say", channel=incident.id, text="/invite @pia @wim")
    for who in (DANA, PIA, WIM):
        assert await do(page, who, "react", **react) == {}
    assert message.reactions == {"white_check_mark": [DANA.slack_id, PIA.slack_id, WIM.slack_id]}
    await do(page, PIA, "react", **react)
    assert message.reactions == {"white_check_mark": [DANA.slack_id, WIM.slack_id]}


async def test_reactions_name_everybody_only_when_asked_for_all(slack: Slack, bot: AsyncWebClient) -> None:
    incidents = slack.workspace.named("incidents")
    assert incidents
    message = messages.post(slack.workspace, incidents, BOT_USER, Draft("may I?"))
    for person in PEOPLE:
        messages.react(slack.workspace, incidents, person.slack_id, message, "x")
    at = {"channel": incidents.id, "timestamp": message.ts}
    for full, named in ((False, REACTED_SHOWN), (True, len(PEOPLE))):
        (shown,) = (await bot.reactions_get(full=full, **at))["message"]["reactions"]
        assert (len(shown["users"]), shown["count"]) == (named, len(PEOPLE))
    assert len(message.reactions["x"]) == len(PEOPLE)
