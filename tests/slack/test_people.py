"""Who somebody is and what they may: read fresh, and whatever cannot be read is no yes."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.approval import Person
from bot.slack.people import SlackPeople
from bot.slack.scopes import SCOPES
from bot.slack.web import Web
from playground.slack import channels as in_slack
from playground.slack.cast import PIA, WIM, Newcomer, Usergroup
from playground.slack.faults import Fault
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER, SLACKBOT
from playground.world import Person as Somebody

DANA = Somebody("U00DANA", "dana", "Dana Dale", "dana@example.com")
LEE = Somebody("U000LEE", "lee", "Lee Loo", "lee@example.com")
ZOE = Somebody("U000ZOE", "zoe", "Zoe Gone", "zoe@example.com")
MAX = Somebody("U000MAX", "max", "Max One", "max@contractor.example")
EVERYBODY = (*(who.slack_id for who in (DANA, LEE, ZOE, MAX, PIA, WIM)), BOT_USER, SLACKBOT)
GROUP = Usergroup("S0PAYMENTS", "payments-oncall", "Payments", (DANA.slack_id, PIA.slack_id, WIM.slack_id))
GONE = Usergroup("S0DISBANDED", "disbanded", "Disbanded", (DANA.slack_id,), disabled=True)


class Rota:
    """Who is on call, as a test says."""

    def __init__(self) -> None:
        self.emails: tuple[str, ...] = ()
        self.problem: Exception | None = None
        self.asked: list[str] = []

    async def __call__(self, service: str) -> tuple[str, ...]:
        self.asked.append(service)
        if self.problem:
            raise self.problem
        return self.emails


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    newcomers = (
        Newcomer(PIA, "guest"),
        Newcomer(MAX, "single_channel_guest"),
        Newcomer(WIM, "outsider"),
        Newcomer(ZOE, "deactivated"),
    )
    settings = SlackSettings(bot_scopes=frozenset(SCOPES), usergroups=(GROUP, GONE), newcomers=newcomers)
    async with running(settings, (DANA, LEE)) as server:
        yield server


@pytest.fixture
def rota() -> Rota:
    return Rota()


@pytest.fixture
async def people(slack: Slack, rota: Rota) -> AsyncIterator[SlackPeople]:
    web = Web(slack.workspace.settings.bot_token, slack.api_url)
    yield SlackPeople(web, rota, patience_s=30.0)
    await web.close()


async def may(people: SlackPeople, who: Somebody, *approvers: str) -> bool | None:
    return (await people.person(who.slack_id, approvers, "payment-service")).may


@pytest.mark.parametrize(
    ("user_id", "words"),
    [
        (PIA.slack_id, "guests"),
        (MAX.slack_id, "guests"),
        (WIM.slack_id, "not a member of this workspace"),
        (ZOE.slack_id, "deactivated"),
        (BOT_USER, "bots"),
        (SLACKBOT, "bots"),
        ("U0NOBODY", "not a member of this workspace"),
    ],
)
async def test_whoever_is_no_full_member_may_nothing_on_whatever_list_they_are(
    people: SlackPeople, rota: Rota, user_id: str, words: str
) -> None:
    rota.emails = ("pia@contractor.example", "zoe@example.com")
    person = await people.person(user_id, (user_id, GROUP.id, "oncall"), "payment-service")
    assert (person.full_member, person.may) == (False, False)
    assert words in person.why_not


async def test_a_full_member_is_found_by_id_by_group_and_by_being_on_call(people: SlackPeople, rota: Rota) -> None:
    rota.emails = ("nobody@example.com", "LEE@example.com")
    assert await people.person(DANA.slack_id, (DANA.slack_id,), "s") == Person(DANA.slack_id, True, True)
    assert await may(people, DANA, "U0OTHER", GROUP.id) is True
    assert await may(people, LEE, "oncall") is True
    assert rota.asked == ["payment-service"]
    stranger = await people.person(LEE.slack_id, (GROUP.id,), "s")
    assert (stranger.full_member, stranger.may) == (True, False)
    assert "not one of its approvers" in stranger.why_not
    assert await may(people, DANA) is False


async def test_membership_is_read_fresh(slack: Slack, people: SlackPeople) -> None:
    ws = slack.workspace
    assert await may(people, DANA, GROUP.id) is True
    ws.usergroups[GROUP.id] = replace(GROUP, users=(LEE.slack_id,))
    assert (await may(people, DANA, GROUP.id), await may(people, LEE, GROUP.id)) == (False, True)
    ws.users[LEE.slack_id].standing = "guest"
    assert await may(people, LEE, GROUP.id) is False


@pytest.mark.parametrize("approver", ["S0NOSUCH", "S0DISBANDED"])
async def test_a_group_that_cannot_be_read_is_no_yes_unless_another_list_says_it(
    people: SlackPeople, approver: str
) -> None:
    assert await may(people, DANA, approver) is None
    assert await may(people, DANA, approver, GROUP.id) is True
    assert await may(people, DANA, DANA.slack_id, approver) is True
    assert await may(people, LEE, approver, GROUP.id) is None
    assert "could not be read" in (await people.person(LEE.slack_id, (approver,), "s")).why_not


@pytest.mark.parametrize(
    "fault",
    [
        Fault("usergroups.users.list", error="missing_scope", times=None),
        Fault("usergroups.users.list", status=500, times=None),
        Fault("usergroups.users.list", drop=True, times=None),
        Fault("usergroups.users.list", delay=5.0, times=None),
        Fault("usergroups.users.list", status=429, error="ratelimited", retry_after=3600, times=None),
    ],
    ids=["scope", "fault", "dropped", "silent", "limited"],
)
async def test_whatever_slack_does_nothing_is_raised(slack: Slack, rota: Rota, fault: Fault) -> None:
    web = Web(slack.workspace.settings.bot_token, slack.api_url)
    people = SlackPeople(web, rota, patience_s=0.8)
    slack.workspace.faults.add(fault)
    assert await may(people, DANA, GROUP.id) is None
    await web.close()


@pytest.mark.parametrize("problem", [RuntimeError("away"), TimeoutError()])
async def test_an_unreadable_rota_is_no_yes(people: SlackPeople, rota: Rota, problem: Exception) -> None:
    rota.problem = problem
    assert await may(people, DANA, "oncall") is None
    assert await may(people, DANA, "oncall", GROUP.id) is True


@pytest.mark.parametrize("method", ["users.info", "auth.test"])
async def test_somebody_who_cannot_be_read_is_no_full_member(slack: Slack, people: SlackPeople, method: str) -> None:
    slack.workspace.faults.add(Fault(method, error="internal_error", times=None))
    person = await people.person(DANA.slack_id, (DANA.slack_id,), "s")
    assert (person.full_member, person.may) == (False, None)
    assert "try again" in person.why_not


async def test_nobody_of_all_of_them_may_without_approvers(people: SlackPeople) -> None:
    for user_id in EVERYBODY:
        assert (await people.person(user_id, (), "s")).may is False


async def test_a_channel_that_outsiders_share_is_known_as_such(slack: Slack, people: SlackPeople) -> None:
    ws = slack.workspace
    incidents = ws.named("incidents")
    assert incidents
    assert await people.shared(incidents.id) is False
    in_slack.connect(ws, incidents, DANA.slack_id, WIM.slack_id)
    assert await people.shared(incidents.id) is True
    assert await people.shared("C0NOSUCH") is None


async def test_people_have_a_name_for_where_slacks_ids_say_nothing(people):
    assert await people.name(DANA.slack_id) == "dana"
    assert await people.name("U0NOBODY") == ""
