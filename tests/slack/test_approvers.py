"""`doctor` names every approver that cannot approve, and risks that too few can approve."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.settings import Settings
from bot.slack.approvers import approver_checks
from bot.slack.scopes import SCOPES
from playground.slack.cast import PIA, WIM, Newcomer, Usergroup
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER
from playground.world import Person

DANA = Person("U00DANA", "dana", "Dana Dale", "dana@example.com")
LEE = Person("U000LEE", "lee", "Lee Loo", "lee@example.com")
GROUP = Usergroup("S0PAYMENTS", "payments-oncall", "Payments", (DANA.slack_id, LEE.slack_id))
EMPTY = Usergroup("S0EMPTY", "empty", "Empty")


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    settings = SlackSettings(
        bot_scopes=frozenset(SCOPES),
        usergroups=(GROUP, EMPTY),
        newcomers=(Newcomer(PIA, "guest"), Newcomer(WIM, "outsider")),
    )
    async with running(settings, (DANA, LEE)) as server:
        yield server


async def found(slack: Slack, **settings: Any) -> list[tuple[str, str, str]]:
    token = slack.workspace.settings.bot_token
    more = {"slack_bot_token": token, "slack_api_url": slack.api_url} | settings
    return [(c.state, c.detail, c.fix) for c in await approver_checks(Settings(_env_file=None, **more))]  # type: ignore[call-arg]


async def test_with_nobody_set_nothing_can_be_approved(slack: Slack) -> None:
    ((state, detail, fix),) = await found(slack)
    assert (state, detail) == ("warning", "nobody is set, so that no step can be approved")
    assert "set APPROVERS" in fix


async def test_enough_approvers_are_counted(slack: Slack) -> None:
    checks = await found(slack, approvers=(GROUP.id, "oncall"), approvers_low=(DANA.slack_id,), pagerduty_api_key="k")
    assert checks == [("ok", "low 1, medium 2 + on call, high 2 + on call, critical 2 + on call", "")]


@pytest.mark.parametrize(
    ("entry", "words", "fix"),
    [
        ("S0NOSUCH", "Slack says no_such_subteam", "look at the id"),
        ("U0NOSUCH", "Slack says user_not_found", "look at the id"),
        (EMPTY.id, "has nobody in it", "add people"),
        (PIA.slack_id, "is a guest", "full member"),
        (WIM.slack_id, "is not of this workspace", "full member"),
        (BOT_USER, "is a bot", "full member"),
        ("oncall", "PagerDuty is off", "PAGERDUTY_API_KEY"),
    ],
)
async def test_an_approver_that_cannot_approve_is_named_with_its_setting_and_the_fix(
    slack: Slack, entry: str, words: str, fix: str
) -> None:
    checks = await found(slack, approvers=(GROUP.id,), approvers_high=(GROUP.id, entry), emergency_approvers=(entry,))
    assert [(state, detail.split(":")[0]) for state, detail, _ in checks] == [
        ("fault", "APPROVERS_HIGH"),
        ("fault", "EMERGENCY_APPROVERS"),
    ]
    assert all(f"{entry} {words}" in detail and fix in mend for _, detail, mend in checks)


async def test_groups_that_cannot_be_read_for_want_of_a_scope_say_how_to_get_it(slack: Slack) -> None:
    slack.workspace.add_token("xoxb-old", BOT_USER, set(SCOPES) - {"usergroups:read"})
    (check, *_) = await found(slack, slack_bot_token="xoxb-old", approvers=(GROUP.id,))
    assert check[1] == "APPROVERS: S0PAYMENTS Slack says missing_scope"
    assert "slack-manifest.yaml" in check[2]


async def test_critical_needs_two_and_so_does_a_second_person(slack: Slack) -> None:
    alone = await found(slack, approvers=(DANA.slack_id,))
    assert [detail for _, detail, _ in alone] == ["critical risk needs 2 people, and 1 can approve it"]
    second = await found(slack, approvers=(DANA.slack_id,), require_second_person=True)
    assert len(second) == 4
    nobody = await found(slack, approvers_critical=(GROUP.id,))
    assert [detail for _, detail, _ in nobody] == [
        f"nobody can approve {risk} risk" for risk in ("low", "medium", "high")
    ]
