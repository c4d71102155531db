"""How Slack says no: an error word and, for some words, more fields beside it."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """A refusal in Slack's own words. `fields` stand beside `error` in the answer."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


def invalid_arguments(*messages: str) -> SlackError:
    """`invalid_arguments` with the reasons in `response_metadata.messages`, as Slack puts them."""
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {m}" for m in messages]})
