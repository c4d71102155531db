"""Slack's rate limits: how many calls a minute each method takes before it answers 429."""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` within `seconds`; with `per_channel`, counted for each channel by itself."""

    calls: int
    seconds: float = 60.0
    per_channel: bool = False


_TIER_1, _TIER_2, _TIER_3, _TIER_4 = Rate(1), Rate(20), Rate(50), Rate(100)
_TIERS: Mapping[Rate, str] = {
    _TIER_1: "apps.connections.open",
    _TIER_2: (
        "conversations.create conversations.list conversations.archive conversations.unarchive conversations.rename"
        " conversations.setTopic conversations.setPurpose users.list usergroups.list usergroups.users.list"
        " pins.add pins.remove pins.list reactions.remove chat.startStream chat.stopStream"
    ),
    _TIER_3: (
        "conversations.history conversations.replies conversations.info conversations.invite conversations.join"
        " conversations.kick conversations.open chat.update chat.delete reactions.add reactions.get"
        " users.lookupByEmail bots.info"
    ),
    _TIER_4: (
        "conversations.members users.info chat.postEphemeral views.open views.update chat.appendStream"
        " files.getUploadURLExternal files.completeUploadExternal api.test auth.test"
    ),
}

REAL: Mapping[str, Rate] = MappingProxyType(
    {name: rate for rate, names in _TIERS.items() for name in names.split()}
    | {"chat.postMessage": Rate(1, 1.0, per_channel=True), "apps.connections.open": Rate(10)}
)
"""Slack's documented tiers (1, 20, 50 and 100 calls a minute); posting is one a second for each channel.

Opening a socket is in tier 1, but the real one lets through more when a client reconnects.
"""


class Meter:
    """Counts calls and says when the next one is due. Time comes from `clock`."""

    def __init__(self, rates: Mapping[str, Rate], clock: Callable[[], datetime]) -> None:
        self.rates: dict[str, Rate] = dict(rates)
        self._clock = clock
        self.taken: Counter[str] = Counter()
        """How often each method was called and let through, and in `refused` sent away."""
        self.refused: Counter[str] = Counter()
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def wait(self, method: str, channel: str) -> int | None:
        """Counts the call; None when it may go on, else the whole seconds after which to try again."""
        rate = self.rates.get(method)
        if rate is None:
            self.taken[method] += 1
            return None
        now = self._clock().timestamp()
        calls = self._calls[method, channel if rate.per_channel else ""]
        while calls and calls[0] <= now - rate.seconds:
            calls.popleft()
        if len(calls) < rate.calls:
            calls.append(now)
            self.taken[method] += 1
            return None
        self.refused[method] += 1
        return max(1, math.ceil(calls[0] + rate.seconds - now))
