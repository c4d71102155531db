"""`doctor` on a Slack in trouble: each fault by its name, with what to do, and never a crash or a secret."""

import pytest

from bot.settings import Settings
from bot.slack.checks import slack_checks
from bot.slack.scopes import SCOPES
from playground.slack import channels as in_slack
from playground.slack.faults import Fault
from playground.slack.serve import running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER


@pytest.fixture
async def slack():
    async with running(SlackSettings(bot_scopes=frozenset(SCOPES))) as server:
        yield server


async def examined(slack, **more):
    """What doctor says of Slack: check → state, detail and fix."""
    known = {
        "slack_bot_token": slack.workspace.settings.bot_token,
        "slack_app_token": slack.workspace.settings.app_token,
        "slack_api_url": slack.api_url,
        "slack_incidents_channel": slack.workspace.named("incidents").id,
    }
    checks = await slack_checks(Settings(_env_file=None, **{**known, **more}))
    told = " ".join(f"{check.detail} {check.fix}" for check in checks)
    assert slack.workspace.settings.bot_token not in told
    assert slack.workspace.settings.app_token not in told
    return {check.what: (check.state, check.detail, check.fix) for check in checks}


@pytest.mark.parametrize(
    ("fault", "detail", "fix"),
    [
        (Fault("*", error="token_revoked"), "revoked, or the app was removed (token_revoked)", "SLACK_BOT_TOKEN"),
        (Fault("*", error="token_expired"), "expired", "reinstall the app"),
        (Fault("*", error="invalid_auth"), "does not know the token", "SLACK_BOT_TOKEN"),
        (Fault("*", error="account_inactive"), "deactivated", "workspace admin"),
        (Fault("*", error="org_login_required"), "being moved", "said afterwards"),
        (Fault("*", error="a_new_word"), "a_new_word", "slack-manifest.yaml"),
        (Fault("*", status=429, error="ratelimited", retry_after=1), "come again later (ratelimited)", "same token"),
        (Fault("*", status=500), "HTTP 500 without JSON", "SLACK_API_URL"),
        (Fault("*", status=200), "HTTP 200 without JSON", "the proxy"),
        (Fault("*", status=200, body='{"ok": tr'), "HTTP 200 without JSON", "the proxy"),
        (Fault("*", status=200, body=""), "HTTP 200 without JSON", "the proxy"),
        (Fault("*", status=503, body="upstream", kind="text/plain"), "HTTP 503 without JSON", "the proxy"),
        (Fault("*", status=200, body="upstream", kind="text/plain"), "without JSON", "the proxy"),
        (Fault("*", status=200, body='["ok"]', kind="application/json"), "without JSON", "the proxy"),
        (Fault("*", drop=True, times=None), "no answer (ServerDisconnectedError)", "the network"),
    ],
    ids=lambda value: getattr(value, "error", None) or getattr(value, "status", None),
)
async def test_a_fault_of_the_token_or_of_slack_is_named_with_what_to_do(slack, fault, detail, fix):
    slack.workspace.faults.add(fault)
    ((what, (state, told, help_)),) = (await examined(slack)).items()
    assert (what, state) == ("slack", "fault")
    assert detail in told
    assert fix in help_


@pytest.mark.parametrize("method", ["apps.connections.open", "conversations.info"])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 200},
        {"status": 200, "kind": "text/plain"},
        {"status": 429, "error": "ratelimited"},
        {"drop": True, "times": None},
    ],
)
async def test_what_fails_later_is_named_at_its_own_check(slack, method, fault):
    slack.workspace.faults.add(Fault(method, **fault))
    found = await examined(slack)
    what = "slack events" if method.startswith("apps") else "slack channel"
    assert [name for name, (state, *_) in found.items() if state == "fault"] == [what]


async def test_an_archived_or_a_deleted_incidents_channel_is_named(slack):
    channel = slack.workspace.named("incidents")
    in_slack.archive(slack.workspace, channel, BOT_USER)
    state, detail, fix = (await examined(slack))["slack channel"]
    assert (state, detail) == ("fault", "#incidents is archived: nobody is told there")
    assert "SLACK_INCIDENTS_CHANNEL" in fix
    gone = {"slack_incidents_channel": channel.id}
    del slack.workspace.channels[channel.id]
    in_slack.create(slack.workspace, BOT_USER, "incidents")
    state, detail, _ = (await examined(slack, **gone))["slack channel"]
    assert state == "fault"
    assert "deleted or made private" in detail
