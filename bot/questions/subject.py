"""Which of the incidents that are told in one channel somebody means (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.incident import Incident, Posted

_EDGE = r"(?<![\w-]){}(?![\w-])"
"""A name that stands by itself: `payment` is not meant by `payment-db`."""


def subject(company: Sequence[Incident], text: str, thread: Posted | None = None, before: str = "") -> Incident:
    """The one that the words name by id or service, else the one in whose thread they stand; else the lead.

    `company`: the lead and then those that are told with it. Of several that are named, the lead, then an open one.
    `before`: the incident, by id, that the thread was about so far.
    """
    lead, *linked = company
    linked.sort(key=lambda one: one.status != "open")
    named = (one for one in (lead, *linked) if _names(text, one))
    there = (one for one in company if one.id == before or (thread is not None and one.message == thread))
    return next(named, None) or next(there, lead)


def called(company: Sequence[Incident], name: str) -> Incident | None:
    """The one with this id, or of this service, however it is written."""
    wanted = name.strip("`*_<> ").lower()
    return next((one for one in company if wanted in (one.id.lower(), one.service.lower())), None)


def _names(text: str, incident: Incident) -> bool:
    names = (re.escape(name) for name in (incident.id, incident.service) if name)
    return any(re.search(_EDGE.format(name), text, re.IGNORECASE) for name in names)
