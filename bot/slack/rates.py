"""How often Slack lets each method be called.

The tiers are those of docs.slack.dev/apis/web-api/rate-limits: 1, 20, 50 and 100 calls a minute («20+ per minute»), for
each method, app and workspace; which tier a method is in stands on its page under docs.slack.dev/reference/methods.
Posting has a limit of its own: one message a second for each channel, «short bursts >1 allowed».
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.pace import Rate

_TIER_2, _TIER_3, _TIER_4 = Rate(20), Rate(50), Rate(100)
POSTING = Rate(4, 4.0, per_channel=True)
"""One a second, four of them at once: a run that begins says three things. How long a short burst may be Slack does not
say; the first that it refuses is the last (`bot.slack.governor.EVENLY_S`)."""
_TIERS: Mapping[Rate, str] = {
    _TIER_2: (
        "conversations.create conversations.list conversations.archive conversations.rename"
        " conversations.setTopic conversations.setPurpose usergroups.users.list usergroups.list users.list"
        " pins.add pins.remove pins.list reactions.remove chat.startStream chat.stopStream"
    ),
    _TIER_3: (
        "conversations.history conversations.replies conversations.info conversations.invite conversations.join"
        " conversations.open chat.update chat.delete reactions.add reactions.get users.lookupByEmail"
    ),
    _TIER_4: (
        "conversations.members users.info chat.postEphemeral chat.appendStream"
        " files.getUploadURLExternal files.completeUploadExternal auth.test views.open"
    ),
}
PUBLISHED: Mapping[str, Rate] = MappingProxyType(
    {name: rate for rate, names in _TIERS.items() for name in names.split()} | {"chat.postMessage": POSTING}
)
OTHERWISE = _TIER_2
"""For a method that is not named here."""
NONE: Mapping[str, Rate] | None = None
"""For a Slack without limits, such as a stand-in: only what it asks for is waited for."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be called. `about`: the ts of the message that it changes."""

    method: str
    channel: str = ""
    about: str = ""


def rate_of(call: Call, rates: Mapping[str, Rate] | None) -> Rate | None:
    """None: there is no limit."""
    return None if rates is None else rates.get(call.method, OTHERWISE)


def limit_of(call: Call, rate: Rate | None) -> str:
    """The name of the limit that the call counts for."""
    per_channel = call.method == "chat.postMessage" if rate is None else rate.per_channel
    return f"{call.method} {call.channel}" if per_channel else call.method
