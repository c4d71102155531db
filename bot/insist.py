"""How hard Slack is tried: what must be said is tried until it stands, what is nice to have for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import stamina
import structlog

from bot.ports import ChatError

T = TypeVar("T")
log = structlog.get_logger(__name__)

MENDED_BY_PEOPLE = timedelta(seconds=60)
"""How often a refusal is tried again that only people can mend (a revoked token, a missing scope)."""
PATIENCE_S = 120.0
"""How long the nice-to-have is tried, so that the next things need not wait for it."""
OUTAGE_S = 3_600.0
"""How long what may come late, and for which nothing waits, is tried: an outage of Slack is over by then, or an hour of
it is known to everybody."""
LOCKED_OUT = frozenset(
    {
        *("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"),
        *("org_login_required", "ekm_access_denied"),
    }
)
"""What Slack says to a token, or in a workspace, that is shut. People put that right for everything at once."""
HOPELESS = frozenset(
    {
        *("is_archived", "is_inactive", "channel_not_found", "not_in_channel", "restricted_action"),
        *("message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed"),
        *("msg_too_long", "msg_blocks_too_long", "invalid_blocks"),
    }
)
"""What Slack says of a place in which the bot can no longer speak, of a message that people removed, or of words
that it will never take: trying again mends none of it."""


async def insist(act: Callable[[], Awaitable[T]]) -> T:
    """Tries until Slack does it: soon again where that may help, each minute where people have to mend it.

    Raises ChatError at once where no trying helps.
    """
    async for tried in stamina.retry_context(on=_again, attempts=None, timeout=None, wait_initial=0.5, wait_max=10.0):
        with tried:
            return await act()
    raise AssertionError("it is tried for ever")


def _again(problem: Exception) -> bool | timedelta:
    if not isinstance(problem, ChatError) or problem.code in HOPELESS:
        return False
    return True if problem.passing else MENDED_BY_PEOPLE


async def attempt(what: str, act: Callable[[], Awaitable[object]], patience_s: float = PATIENCE_S) -> bool:
    """Tries for a while and goes on without it; tells whether it was done.

    With the patience for an outage it also waits for a token that people have to put right.
    """

    def again(problem: Exception) -> bool | timedelta:
        if not isinstance(problem, ChatError):
            return False
        return MENDED_BY_PEOPLE if problem.code in LOCKED_OUT and patience_s >= OUTAGE_S else problem.passing

    try:
        async for tried in stamina.retry_context(on=again, attempts=None, timeout=patience_s, wait_max=10.0):
            with tried:
                await act()
    except ChatError as problem:
        log.warning("went on without it", what=what, slack=problem.code)
        return False
    return True
