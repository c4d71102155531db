"""The name of an incident's channel: short, sortable, and within Slack's rules whatever the service is called."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from integrations.contract import aware

LONGEST = 80
"""Slack's limit for a channel's name, of lowercase letters, numbers, `-` and `_`
(docs.slack.dev/reference/methods/conversations.create)."""
_SUFFIX = len("-999")
"""Room for the number that follows a name that is taken."""
_LONGEST_ID = 20
_OTHERS = re.compile(r"[^a-z0-9_]+")


def channel_name(service: str, started_at: datetime) -> str:
    """`inc-<service>-<MMDD>-<HHMM>` in UTC, of lowercase letters, digits, `-` and `_` only.

    Letters with accents lose them; a service without any such letter is called «service». Raises ValueError for a
    naive time.
    """
    when = f"{aware(started_at):%m%d-%H%M}"
    plain = unicodedata.normalize("NFKD", service[:1_000]).encode("ascii", "ignore").decode().lower()
    room = LONGEST - _SUFFIX - len(f"inc--{when}")
    slug = _OTHERS.sub("-", plain).strip("-_")[:room].strip("-_")
    return f"inc-{slug or 'service'}-{when}"


def numbered(name: str, number: int) -> str:
    """The name to try when `name` is taken: `name-2`, `name-3`, … up to `name-999`."""
    return f"{name}-{number}"


def told_apart(name: str, incident_id: str) -> str:
    """The name that nobody else can have, for when the numbered ones are taken: with the incident's id behind it."""
    suffix = "-" + _OTHERS.sub("-", incident_id.lower().removeprefix("inc-"))[:_LONGEST_ID]
    return name[: LONGEST - len(suffix)].rstrip("-_") + suffix
