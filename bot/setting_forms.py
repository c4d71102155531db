"""Settings that can be told to be wrong from their form alone, before anybody is asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

_ID = re.compile(r"oncall|[USW][A-Z0-9]+")


def _ids(entries: tuple[str, ...]) -> tuple[str, ...]:
    """A name in place of an id would let nobody approve, and say so only when somebody is needed."""
    if not all(map(_ID.fullmatch, entries)):
        raise PydanticCustomError("ids", "takes ids that Slack gives (U… a person, S… a user group) and oncall")
    return entries


def _not(other: str, takes: str) -> Callable[[SecretStr | None], SecretStr | None]:
    """Refuses what is clearly the `other` token; whether it is a good one only Slack can say."""

    def check(token: SecretStr | None) -> SecretStr | None:
        if token is not None and token.get_secret_value().startswith(other):
            raise PydanticCustomError("token", "takes {takes}", {"takes": takes})
        return token

    return check


BotToken = Annotated[
    SecretStr | None, AfterValidator(_not("xapp-", "the bot's token (xoxb-…); xapp-… is for SLACK_APP_TOKEN"))
]
AppToken = Annotated[
    SecretStr | None, AfterValidator(_not("xox", "the app's token (xapp-…); xoxb-… is for SLACK_BOT_TOKEN"))
]
WhoApproves = Annotated[tuple[str, ...], NoDecode, AfterValidator(_ids)]
"""User ids, user group ids, `oncall`. Comma-separated."""
