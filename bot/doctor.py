"""Is everything in place? Each check is one line: what was looked at, how it went, and the fix for a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from integrations.contract import Ready, RoomError


@dataclass(frozen=True, slots=True)
class Check:
    what: str
    state: Literal["ok", "off", "warning", "fault"]
    """A `fault` makes doctor exit 1; `off` is a choice, a `warning` something to know."""
    detail: str
    fix: str = ""


_BUG = "check its address; else report it, with what the log of serve says of this source"

Examine = Callable[[], Awaitable[Check]]


class Answers(Protocol):
    """Something outside that says whether it is there and lets the bot in."""

    @property
    def name(self) -> str: ...

    async def ready(self) -> Ready:
        """Raises RoomError whose `fix` says what to do."""
        ...


def source(room: Answers) -> Examine:
    """What is configured must answer."""

    async def examine() -> Check:
        try:
            async with asyncio.timeout(10):
                return Check(room.name, "ok", (await room.ready()).detail)
        except RoomError as problem:
            return Check(room.name, "fault", problem.reason, problem.fix)
        except TimeoutError:
            return Check(room.name, "fault", "no answer in 10 s", "is the address right, and reachable from here?")
        except Exception as bug:  # at the fan-out: a bug in one source must not cost the lines of the others
            return Check(room.name, "fault", f"failed inside the bot ({type(bug).__name__})", _BUG)

    return examine


def off(name: str, setting: str) -> Check:
    return Check(name, "off", "not configured", f"set {setting} to turn it on")


async def examine_all(examinations: list[Examine]) -> list[Check]:
    """All of them side by side, in the order given."""
    return list(await asyncio.gather(*(examine() for examine in examinations)))


def as_text(checks: list[Check]) -> str:
    """A line for each check, its fix indented below; the faults counted last."""
    marks = {"ok": "✓", "off": "·", "warning": "!", "fault": "✗"}
    width = max((len(check.what) for check in checks), default=0)
    lines: list[str] = []
    for check in checks:
        lines.append(f"{marks[check.state]} {check.what:<{width}}  {check.detail}")
        if check.fix and check.state != "ok":
            lines.append(f"  {'':<{width}}  → {check.fix}")
    faults = sum(check.state == "fault" for check in checks)
    lines.append(f"{faults} fault{'' if faults == 1 else 's'}" if faults else "all that is configured works")
    return "\n".join(lines)
