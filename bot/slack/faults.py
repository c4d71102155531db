"""Slack's words for what is wrong, in ours: what it means, and who can mend it how (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

REINSTALL = "reinstall the app to the workspace, set SLACK_BOT_TOKEN to the new token, and restart the bot"

MEANINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "token_revoked": ("the token was revoked, or the app was removed", REINSTALL),
        "token_expired": ("the token has expired", REINSTALL),
        "invalid_auth": (
            "Slack does not know the token, or not from this address",
            "look at SLACK_BOT_TOKEN, and at the app's «Restrict API Token Usage» by IP address",
        ),
        "not_authed": ("no token reached Slack", "look at SLACK_BOT_TOKEN, and at what stands between here and Slack"),
        "account_inactive": (
            "the bot's user or the workspace is deactivated",
            f"ask a workspace admin; then {REINSTALL}",
        ),
        "org_login_required": ("the workspace is being moved", "wait: what is to be said is kept, and said afterwards"),
        "ekm_access_denied": ("administrators have suspended posting", "ask a workspace admin"),
        "ratelimited": (
            "Slack asks this app to come again later",
            "wait; if it stays so, look for another program that uses the same token",
        ),
        "channel_not_found": (
            "there is no public channel with this id: it was deleted or made private, or the id is wrong",
            "SLACK_INCIDENTS_CHANNEL must be the id (C…) of a public channel",
        ),
    }
)
"""Slack's word → what it means, what to do."""
NO_SLACK = "who answers is not Slack"
NO_JSON = "no_json"
"""Our word for an answer that Slack's library could not even take for a no."""

AWAY = (ClientError, OSError, TimeoutError)
"""What a call raises where nobody answers."""
UNREADABLE = (AttributeError, ValueError, RecursionError)
"""What a call raises where an answer with status 200 is no JSON object: the library reads it as one all the same."""
NO_ANSWER: tuple[type[Exception], ...] = (SlackApiError, *AWAY, *UNREADABLE)
"""All that a call raises for what came back, or did not."""


def word_of(problem: Exception) -> str:
    """Slack's own word; `ratelimited`, or `http_` and the status, where it said none; else what kept us from one."""
    if isinstance(problem, SlackApiError):
        return _its_word(problem)
    return NO_JSON if isinstance(problem, UNREADABLE) else type(problem).__name__


def is_no_slack(word: str) -> bool:
    """Whether it tells of something in Slack's place, and not of what was asked."""
    return word == NO_JSON or word.startswith("http_")


def _its_word(refused: SlackApiError) -> str:
    answer: Any = refused.response
    data = getattr(answer, "data", None)
    word = str(data.get("error") or "") if isinstance(data, dict) else ""
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 200))
    return "ratelimited" if status == 429 else word or f"http_{status}"


def meaning(word: str, fix: str) -> tuple[str, str]:
    """What is wrong, with Slack's word in it, and what to do: `fix` where the word does not tell."""
    if is_no_slack(word):
        told = f"HTTP {word.removeprefix('http_')} without JSON" if word != NO_JSON else "an answer without JSON"
        return f"{NO_SLACK}, or Slack is down: {told}", "look at SLACK_API_URL and the proxy"
    if word in MEANINGS:
        told, better = MEANINGS[word]
        return f"{told} ({word})", better
    return word, fix
