"""Faults on purpose: what a test tells the model's stand-in to do wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

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


class Faults:
    """The faults that are armed. Each valid request meets the first one that fits; counting tokens meets none."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        self._armed.extend(faults)

    def clear(self) -> None:
        self._armed.clear()

    def meet(self, model: str) -> Fault | None:
        """The fault that this request meets, counted down."""
        for index, fault in enumerate(self._armed):
            if fnmatchcase(model, fault.model):
                self._count_down(index, fault)
                return fault
        return None

    def _count_down(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times <= 1:
            del self._armed[index]
        else:
            self._armed[index] = replace(fault, times=fault.times - 1)


def overloaded() -> ApiError:
    return ApiError(529, "overloaded_error", "Overloaded")
