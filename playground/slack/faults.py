"""Faults on purpose: what a test tells the playground to do wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with calls of `method` (a pattern such as `chat.*`), `times` times (None: for ever).

    Any of: a `delay` in seconds, then an `error` word, an HTTP `status` with a `body`, or a dropped
    connection. With `when="after"` the call is carried out first and only its answer is lost or replaced.
    """

    method: str
    error: str | None = None
    status: int | None = None
    body: str = "<html><body>Something went wrong</body></html>"
    retry_after: int | None = None
    delay: float = 0.0
    drop: bool = False
    when: Literal["before", "after"] = "before"
    times: int | None = 1


class Faults:
    """The faults that are armed. Each call meets the first one that fits."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._armed.append(fault)

    def clear(self) -> None:
        self._armed.clear()

    def meet(self, method: str) -> Fault | None:
        """The fault that this call meets, counted down."""
        for index, fault in enumerate(self._armed):
            if fnmatchcase(method, fault.method):
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
