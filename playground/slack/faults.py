"""Faults on purpose: what a test tells the playground to do wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from playground.armed import Armed


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with calls of `method` (a pattern such as `chat.*`), `times` times (None: for ever).

    Any of: a `delay` in seconds, then an `error` word, an HTTP `status` with a `body` of a `kind`, or a
    dropped connection. With `when="after"` the call is carried out first and only its answer is lost or replaced.
    """

    method: str
    error: str | None = None
    status: int | None = None
    body: str = "<html><body>Something went wrong</body></html>"
    kind: str = "text/html"
    retry_after: int | None = None
    delay: float = 0.0
    drop: bool = False
    when: Literal["before", "after"] = "before"
    times: int | None = 1


class Faults(Armed[Fault]):
    """The faults that are armed, by method."""

    def __init__(self) -> None:
        super().__init__(lambda fault: fault.method)
