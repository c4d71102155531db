"""What the two processes say to each other: a JSON message a line, over pipes that nobody else holds."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Discriminator

from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.state import codec
from integrations.contract import Refused, RoomError, Scope, ToolAnswer, Unreachable

LONGEST = 64 * 1024 * 1024
"""Bytes of one message. A report has a few hundred thousand: it holds figures of one service and no log lines."""


@dataclass(frozen=True, slots=True)
class LookInto:
    scope: Scope
    kind: Literal["look"] = "look"


@dataclass(frozen=True, slots=True)
class Draw:
    report: Report
    incident: Incident
    kind: Literal["draw"] = "draw"


@dataclass(frozen=True, slots=True)
class UseTool:
    tool: str
    arguments: Mapping[str, Any]
    scope: Scope
    kind: Literal["use"] = "use"


@dataclass(frozen=True, slots=True)
class Glimpsed:
    """What is known before every source has answered; the whole follows."""

    report: Report
    kind: Literal["glimpsed"] = "glimpsed"


@dataclass(frozen=True, slots=True)
class Seen:
    report: Report
    kind: Literal["seen"] = "seen"


@dataclass(frozen=True, slots=True)
class Drawn:
    base64: str
    """Empty where there was nothing to draw."""
    kind: Literal["drawn"] = "drawn"

    @classmethod
    def of(cls, png: bytes | None) -> Drawn:
        return cls(b64encode(png or b"").decode())

    @property
    def png(self) -> bytes | None:
        return b64decode(self.base64) or None


@dataclass(frozen=True, slots=True)
class Used:
    answer: ToolAnswer
    kind: Literal["used"] = "used"


@dataclass(frozen=True, slots=True)
class NotUsed:
    """The tool could not, or would not, answer."""

    source: str
    reason: str
    passing: bool
    """Whether another try later may do better."""
    kind: Literal["not_used"] = "not_used"

    @classmethod
    def of(cls, error: RoomError) -> NotUsed:
        return cls(error.source, error.reason, isinstance(error, Unreachable))

    @property
    def error(self) -> RoomError:
        return (Unreachable if self.passing else Refused)(self.source, self.reason)


@dataclass(frozen=True, slots=True)
class Failed:
    """A bug kept it from an answer; the log tells more."""

    kind: Literal["failed"] = "failed"


Question = LookInto | Draw | UseTool
Final = Seen | Drawn | Used | NotUsed | Failed


@dataclass(frozen=True, slots=True)
class Asked:
    number: int
    """Each answer carries its question's."""
    question: Annotated[Question, Discriminator("kind")]


@dataclass(frozen=True, slots=True)
class Answered:
    number: int
    answer: Annotated[Glimpsed | Final, Discriminator("kind")]
    """Without its kind, a report would be read twice: as what is known early and as the whole."""


M = TypeVar("M", Asked, Answered)


def line(message: Asked | Answered) -> bytes:
    """The message as one line."""
    return codec.dump(message, type(message)).encode() + b"\n"


async def read(reader: asyncio.StreamReader, kind: type[M]) -> M | None:
    """The next message; None once the other side has ended, be it within a line. Raises pydantic's ValidationError."""
    text = await reader.readline()
    if not text.endswith(b"\n"):
        return None
    message: M = codec.read(text.decode(), kind)
    return message
