"""How an incident was closed: by whom, in what words, and whether anybody looked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Literal

from bot.domain.incident import Incident, Posted

How = Literal["by a person", "by itself", "not reviewed", "not closed"]
"""`by itself`: AUTO_RESOLVE is set. `not reviewed`: nobody answered the proposal to close it, or could be asked.
`not closed`: of a draft that is written before its end, and never recorded.
"""
FALSE_ALARM = "false alarm"
"""What the entry of a closing says of one, beside the closer's words."""
_WORD = re.compile(r"[^\W\d_]+(?:['’-]\w+)*")
_FALSE_ALARM = re.compile(r"\s*false\s+alarm(?![\w'’-])[\s:;,.–—-]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Closing:
    """One for each opening of an incident, at most; the first one counts."""

    incident_id: str
    opening: int
    at: datetime
    by: str
    """A Slack user id, or `bot`."""
    how: How
    words: str = ""
    """What helped, or what a false alarm was, in the words of who closed it: masked, and data."""
    false_alarm: bool = False
    firing: tuple[str, ...] = ()
    """Names of the alerts that fired all the same."""
    unasked: bool = False
    """Of one that is `not reviewed`: the proposal to close it had no place where anybody would have seen it."""


def false_alarm(words: str) -> str | None:
    """What else is said by whoever closes it as a false alarm: these are the first words then, and whole ones.

    None: it is closed as a real one (pure).
    """
    found = _FALSE_ALARM.match(words)
    return words[found.end() :].strip() if found else None


def nearly_a_false_alarm(words: str) -> bool:
    """Whether it begins with words that are spelled nearly so, or mean it; other words with `alarm` in them are none.

    `flase alarm`, `false-alarm`, `false alert`; not `false alarms hid it` (pure).
    """
    first, second, *_ = (*_WORD.findall(words.lower())[:2], "", "")
    if false_alarm(words) is not None or (first == "false" and second.startswith("alarm")):
        return False
    apart = _close(first, ["false"], 0.75) and _close(second, ["alarm", "alert", "positive"], 0.75)
    return apart or _close(first, ["falsealarm", "false-alarm"], 0.85)


def _close(word: str, meant: Sequence[str], cutoff: float) -> bool:
    return bool(get_close_matches(word, meant, 1, cutoff))


def opened_again(incident: Incident, opening: int, by: datetime) -> datetime | None:
    """When this opening, which had begun by then, began; None: with the first alert, or nobody knows any more (pure).

    Of an incident only the present opening's beginning is kept, and the first's.
    """
    again = incident.reopened_at
    return again if opening > 1 and again is not None and again <= by else None


@dataclass(frozen=True, slots=True)
class Proposal:
    """People are asked whether an opening that is over may be closed."""

    incident_id: str
    opening: int
    number: int
    """From 1; a further one comes a while after somebody wanted it kept open."""
    at: datetime
    """When it was first to be made; once it stands, since when."""
    message: Posted | None = None
    kept_by: str = ""
    """Who wanted it kept open; empty: nobody."""


@dataclass(frozen=True, slots=True)
class Over:
    """An opening whose alerts are resolved, or that was closed, and that is not wrapped up yet."""

    incident_id: str
    opening: int
    since: datetime
    """When the last alert was resolved."""
    closed: bool
    asked: int = 0
    """How many proposals to close it were made."""
    kept_at: datetime | None = None
    """When somebody wanted it kept open, in answer to the last of them."""
    asked_at: datetime | None = None
    """When the last of them was to be made; where it stands, since when."""
    stands: bool = False
    """Whether the last of them stands in Slack."""
    lead: str | None = None
    """The incident that this one is told with, by id."""
    lead_closed_at: datetime | None = None
    """When that one was closed last."""

    @property
    def closed_with(self) -> str | None:
        """The lead, where its closing is of this end too; None where this one fired on, or again, after it."""
        return self.lead if self.lead_closed_at is not None and self.since <= self.lead_closed_at else None
