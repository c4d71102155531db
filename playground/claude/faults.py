"""Faults on purpose: what a test tells the model's stand-in to do wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from playground.armed import Armed
from playground.claude.errors import ApiError

Kind = Literal[
    "rate_limit",  # 429 with `retry-after`
    "overloaded",  # 529
    "error",  # 500
    "refusal",  # an empty answer whose stop reason says that it is refused
    "max_tokens",  # half of the answer's text, as if `max_tokens` were reached
    "context_full",  # half of the answer's text, as if the context window were full
    "pause_turn",  # a turn that is to be sent back as it is, to go on
    "thinking",  # a block of thinking before the answer, as some models send it unasked
    "broken_stream",  # the connection is cut in the middle of the answer
    "stream_error",  # an `error` event in the middle of a stream; 529 where nothing is streamed
    "slow",  # the first byte comes `seconds` later
    "garbage",  # 200 and a page of HTML that calls itself the answer
]
SLOWEST_S = 30.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with requests for `model` (a pattern: `claude-haiku-*`), `times` times (None: for ever)."""

    kind: Kind
    model: str = "*"
    times: int | None = 1
    retry_after: int = 1
    """Seconds, of a `rate_limit`."""
    seconds: float = 1.0
    """Of `slow`, at most 30."""

    def refusal(self) -> ApiError | None:
        """The error that is answered instead, where this fault is one."""
        match self.kind:
            case "rate_limit":
                words = "This request would exceed your organization's rate limit."
                return ApiError(429, "rate_limit_error", words, {"retry-after": str(self.retry_after)})
            case "overloaded":
                return overloaded()
            case "error":
                return ApiError(500, "api_error", "Internal server error")
            case _:
                return None


class Faults(Armed[Fault]):
    """The faults that are armed, by model. Counting tokens meets none."""

    def __init__(self) -> None:
        super().__init__(lambda fault: fault.model)


def overloaded() -> ApiError:
    return ApiError(529, "overloaded_error", "Overloaded")
