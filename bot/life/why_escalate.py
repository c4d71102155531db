"""When the next level has to be called: rules that a team switches on, over what the record holds (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from bot.domain.analysis import Analysis
from bot.domain.approval import Expired
from bot.domain.entry import Entry
from bot.domain.incident import Incident, Severity
from bot.domain.run import Ended, Event, GateDecided
from bot.domain.words import count, span
from bot.life.lifecycle import Standing
from integrations.contract import Alert

Rule = Literal["unacknowledged", "unknown", "several", "data", "steps", "expired"]
"""`unacknowledged`: for so long. `unknown`: no cause is known of a SEV1. `several`: services are affected. `data`:
signs of data lost or taken. `steps`: runbooks that were refused or failed, twice. `expired`: an approval that nobody
gave."""
RULES: tuple[Rule, ...] = get_args(Rule)

OF_REPORTS: frozenset[Rule] = frozenset({"unknown", "data"})
"""Rules that look at what was found,"""
OF_RUNS: frozenset[Rule] = frozenset({"steps", "expired"})
"""at runs,"""
OF_ALL_TOLD_WITH_IT: frozenset[Rule] = frozenset(RULES) - {"unacknowledged"}
"""and at what is told with the incident."""
SEVERAL = 3
"""Services, the incident's own included."""
TWICE = 2
LATELY = timedelta(minutes=30)
"""An alert that fires, resolves and fires again calls nobody twice in so long for the same reason."""
_SIGNS = re.compile(
    r"data[ _-]?loss|corrupt(?:ed|ion)|checksum mismatch|unauthori[sz]ed access|exfiltrat|data breach|ransom|"
    r"intrusion|credential(?:s)? (?:leak|stolen|exposed)|privilege escalation|truncated table|lost writes?",
    re.IGNORECASE,
)
"""Words by which monitors and databases speak of it. Few on purpose: each calls somebody out of bed."""


@dataclass(frozen=True, slots=True)
class Known:
    """One incident as the rules see it."""

    incident: Incident
    standing: Standing
    found: Analysis | None
    """None: nobody has looked yet."""
    told_with: Sequence[Incident]
    """Those that are linked to it."""
    events: Sequence[Event]
    """Of all runs in its present opening, also of those that are linked to it."""

    @property
    def open(self) -> tuple[Incident, ...]:
        """It, and those that are told with it and not over."""
        return tuple(one for one in (self.incident, *self.told_with) if one.status == "open")


@dataclass(frozen=True, slots=True)
class Reason:
    rule: Rule
    text: str
    """Why, in a few words for people; from our own words and figures only."""


def reasons(known: Known, rules: Iterable[Rule], after: timedelta, now: datetime) -> tuple[Reason, ...]:
    """Every rule that is switched on and holds, in the order of `RULES`."""
    wanted = frozenset(rules)
    held = ((rule, _JUDGES[rule](known, after, now)) for rule in RULES if rule in wanted)
    return tuple(Reason(rule, text) for rule, text in held if text)


def judged(
    known: Sequence[Incident], rules: Sequence[Rule], oncall: Callable[[str], str | None]
) -> Iterator[tuple[Incident, Sequence[Rule]]]:
    """Of all open incidents, the most important first, those for which somebody may be called, and by which rules.

    Who answers for a lead answers for what is told with it. In a storm nobody can acknowledge each incident: for those
    of one storm that the same people answer for, only the first is `unacknowledged`.
    """
    there, had = {one.id for one in known}, set[tuple[str, str]]()
    for one in known:
        if one.lead in there:
            continue
        storm = (one.storm, oncall(one.service) or "") if one.storm else None
        yield one, [rule for rule in rules if rule != "unacknowledged" or storm not in had]
        if storm:
            had.add(storm)


def to_judge(incident: Incident, rules: Iterable[Rule], entries: Sequence[Entry], now: datetime) -> Sequence[Rule]:
    """Those of the rules for which nobody was called in this opening, nor a moment ago."""
    had = {entry.key for entry in entries}
    return [rule for rule in rules if key_of(incident, rule) not in had and not called_lately(entries, rule, now)]


def key_of(incident: Incident, rule: Rule) -> str:
    """Of the entry that somebody is called for this reason: one for each opening."""
    return f"escalated:{incident.opening}:{rule}"


def called_lately(entries: Iterable[Entry], rule: Rule, now: datetime) -> bool:
    """Whether somebody was called for this reason a moment ago, also in an earlier opening.

    That nobody acknowledged it is a reason of its own in each opening: it takes its time to come.
    """
    before = (one for one in entries if one.kind == "escalated" and one.key.endswith(f":{rule}"))
    return rule != "unacknowledged" and any(now - one.at < LATELY for one in before)


def _unacknowledged(known: Known, after: timedelta, now: datetime) -> str:
    opened = known.incident.last_opened_at
    if known.standing.acknowledged is not None or now - opened < after:
        return ""
    return f"nobody acknowledged it for {span((now - opened).total_seconds())}"


def _unknown(known: Known, _after: timedelta, _now: datetime) -> str:
    worst = min((one.severity for one in known.open), default=known.incident.severity)
    if known.found is None or worst is not Severity.SEV1 or known.standing.cause is not None:
        return ""
    return "the cause of a SEV1 is unknown" if known.found.confidence == "unknown" else ""


def _several(known: Known, _after: timedelta, _now: datetime) -> str:
    services = {one.service for one in known.open}
    return f"{count(len(services), 'service')} are affected" if len(services) >= SEVERAL else ""


def _data(known: Known, _after: timedelta, _now: datetime) -> str:
    texts = [text for one in known.open for alert in _of_now(one) for text in (alert.name, alert.summary)]
    if known.found is not None:
        texts += [pattern.template for pattern in known.found.patterns]
    return "there are signs of data lost or taken" if any(_SIGNS.search(text) for text in texts) else ""


def _of_now(incident: Incident) -> Iterator[Alert]:
    """Those of its present opening: an earlier one had its call."""
    since = incident.last_opened_at
    return (
        one for one in incident.alerts if one.status == "firing" or (one.ends_at is not None and one.ends_at > since)
    )


def _steps(known: Known, _after: timedelta, _now: datetime) -> str:
    failed = sum(isinstance(one, Ended) and one.result in ("failed", "denied", "refused") for one in known.events)
    return f"{count(failed, 'runbook')} failed or were refused" if failed >= TWICE else ""


def _expired(known: Known, _after: timedelta, _now: datetime) -> str:
    unanswered = any(isinstance(one, GateDecided) and isinstance(one.verdict, Expired) for one in known.events)
    return "an approval ran out unanswered" if unanswered else ""


_JUDGES = {
    "unacknowledged": _unacknowledged,
    "unknown": _unknown,
    "several": _several,
    "data": _data,
    "steps": _steps,
    "expired": _expired,
}
