"""One call of a Web API method: its arguments, who makes it, and how a method is described."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from playground.slack.errors import SlackError, invalid_arguments
from playground.slack.model import Channel, Json, Token
from playground.slack.workspace import Workspace

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """Arguments come as text (query, form) or as JSON values; the readers here take both."""

    workspace: Workspace
    args: Mapping[str, Any]
    token: Token

    @property
    def who(self) -> str:
        return self.token.user_id

    def text(self, name: str) -> str:
        """Raises SlackError `invalid_arguments` if it is missing."""
        value = self.args.get(name)
        if value is None or value == "":
            raise invalid_arguments(f"missing required field: {name}")
        return _plain(value)

    def maybe(self, name: str) -> str | None:
        value = self.args.get(name)
        return None if value is None or value == "" else _plain(value)

    def flag(self, name: str) -> bool:
        return str(self.args.get(name, "")).lower() in {"1", "true"}

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`. Raises SlackError `invalid_limit`."""
        raw = self.maybe(name)
        if raw is None:
            return default
        if not raw.isdigit() or not 1 <= int(raw) <= most:
            raise SlackError(f"invalid_{name}")
        return int(raw)

    def json(self, name: str, refusal: str) -> Any:
        """A value that may come as JSON text; None if it is missing. Raises SlackError `refusal`."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(refusal) from None

    def names(self, name: str) -> list[str]:
        """A list that comes with commas between or as a JSON list."""
        value = self.args.get(name)
        items = value if isinstance(value, list) else str(value or "").split(",")
        return [str(item).strip() for item in items if str(item).strip()]

    def channel(self, name: str = "channel") -> Channel:
        return self.workspace.channel(self.text(name), seen_by=self.who)


@dataclass(frozen=True, slots=True)
class Method:
    """`scopes` are alternatives: any one of them will do. None of them: no scope needed."""

    run: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    token: Literal["bot", "app", "none"] = "bot"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def one_page(items: Sequence[T], call: Call, *, default: int, most: int) -> tuple[Sequence[T], Json]:
    """The part of `items` that `cursor` and `limit` ask for, and the `response_metadata` for the next part."""
    limit = call.number("limit", default, most)
    start = _position(call.maybe("cursor"))
    rest = start + limit < len(items)
    following = base64.b64encode(f"next:{start + limit}".encode()).decode() if rest else ""
    return items[start : start + limit], {"next_cursor": following}


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
    except ValueError:
        raise SlackError("invalid_cursor") from None
    if word != "next" or not number.isdigit():
        raise SlackError("invalid_cursor")
    return int(number)
