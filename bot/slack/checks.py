"""What `doctor` asks of Slack: the tokens, the scopes, the incidents channel, and the approvers."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor import Check
from bot.settings import Settings
from bot.slack.approvers import approver_checks
from bot.slack.faults import AWAY, UNREADABLE, is_no_slack, meaning, word_of
from bot.slack.scopes import MANIFEST, SCOPES
from integrations.contract import RoomError
from integrations.trust import context as tls_context

REFUSED = (SlackApiError, *UNREADABLE)
"""What is raised where somebody answers, and it is no yes."""


async def slack_checks(settings: Settings) -> list[Check]:
    """One check for each thing that Slack must grant."""
    if settings.slack_bot_token is None:
        return [Check("slack", "fault", "SLACK_BOT_TOKEN is not set", "create the app from slack-manifest.yaml")]
    try:
        tls = tls_context("slack", settings.extra_ca_file)
    except RoomError as wrong:
        return [Check("slack", "fault", wrong.reason, wrong.fix)]
    web = AsyncWebClient(
        settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, ssl=tls, timeout=10
    )
    token = await _token(web)
    if token.state == "fault":
        return [token]
    return [
        token,
        await _hearing(settings, web),
        await _incidents_channel(settings, web),
        *await approver_checks(settings),
    ]


async def _token(web: AsyncWebClient) -> Check:
    try:
        who = await web.auth_test()
    except REFUSED as refused:
        return Check("slack", "fault", *meaning(word_of(refused), f"look at SLACK_BOT_TOKEN; {MANIFEST}"))
    except AWAY as away:
        return _no_answer("slack", away)
    granted = set(str(who.headers.get("x-oauth-scopes", "")).replace(" ", "").split(","))
    if missing := sorted(set(SCOPES) - granted):
        return Check("slack", "fault", f"missing scopes: {', '.join(missing)}", MANIFEST)
    return Check("slack", "ok", f"{who.get('user')} in {who.get('team')}, {len(SCOPES)} scopes")


async def _hearing(settings: Settings, web: AsyncWebClient) -> Check:
    if settings.slack_app_token is None:
        if settings.slack_signing_secret is None:
            fix = "set SLACK_APP_TOKEN (Socket Mode), or SLACK_SIGNING_SECRET (HTTP on /slack/events)"
            return Check("slack events", "fault", "the bot cannot hear: neither token nor secret is set", fix)
        return Check("slack events", "ok", "signed HTTP on /slack/events")
    try:
        await web.apps_connections_open(app_token=settings.slack_app_token.get_secret_value())
    except REFUSED as refused:
        fix = "look at SLACK_APP_TOKEN: an app-level token (xapp-…) with the scope connections:write"
        word = word_of(refused)
        shared = is_no_slack(word) or word == "ratelimited"
        return Check("slack events", "fault", *(meaning(word, fix) if shared else (word, fix)))
    except AWAY as away:
        return _no_answer("slack events", away)
    return Check("slack events", "ok", "Socket Mode")


async def _incidents_channel(settings: Settings, web: AsyncWebClient) -> Check:
    channel = settings.slack_incidents_channel
    if channel is None:
        fix = "set SLACK_INCIDENTS_CHANNEL: a line for each incident, and the place to speak when no channel opens"
        return Check("slack channel", "warning", "no incidents channel", fix)
    try:
        found = await web.conversations_info(channel=channel)
    except REFUSED as refused:
        fix = "SLACK_INCIDENTS_CHANNEL must be the id (C…) of a public channel"
        return Check("slack channel", "fault", *meaning(word_of(refused), fix))
    except AWAY as away:
        return _no_answer("slack channel", away)
    name = found["channel"].get("name")
    if found["channel"].get("is_archived"):
        fix = "unarchive it, or set SLACK_INCIDENTS_CHANNEL to another and restart the bot"
        return Check("slack channel", "fault", f"#{name} is archived: nobody is told there", fix)
    if not found["channel"].get("is_member"):
        return Check("slack channel", "fault", f"the bot is not in #{name}", "/invite it there")
    return Check("slack channel", "ok", f"#{name}")


def _no_answer(what: str, away: Exception) -> Check:
    return Check(what, "fault", f"no answer ({type(away).__name__})", "look at SLACK_API_URL and the network")
