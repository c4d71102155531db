"""Where an incident stands: what its record says of it by now (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.entry import BOT, Entry
from bot.domain.incident import Incident


@dataclass(frozen=True, slots=True)
class Standing:
    """Each is the entry that counts; None: there is none."""

    acknowledgements: tuple[Entry, ...] = ()
    """Of the present opening, those that were not taken back."""
    called: Entry | None = None
    """Why somebody was to be called last, in the present opening; None: the bot called nobody.

    One that nobody acknowledged asks for no more than a call before it does.
    """
    reached: bool = False
    """Whether somebody was called for it, as far as is on record: else there is no call that anybody could answer."""
    severity: Entry | None = None
    """Set by a person: outranks what the alerts say."""
    lead: Entry | None = None
    """`value` is the user id: who was named, or to whom it was handed over."""
    status: Entry | None = None
    """The last update of the present opening; `value` is its `State`, `due` when the next was promised."""
    cause: Entry | None = None
    """As a person told it: outranks what the bot thought. None once it was rejected: it always has words."""
    resolved: Entry | None = None
    """By a person or by PagerDuty; none once it was opened again."""
    closed: Entry | None = None
    """None once it was opened again."""
    pinned: tuple[Entry, ...] = ()
    """Those that were not taken back."""

    @property
    def acknowledged(self) -> Entry | None:
        """By whom first."""
        return next(iter(self.acknowledgements), None)

    @property
    def taken(self) -> Entry | None:
        """Whose acknowledgement counts by now: a call asks for one that comes after it."""
        return self.acknowledged if self.called is None else self.answer(self.called)

    def answer(self, call: Entry) -> Entry | None:
        """Who acknowledged after this call first.

        By its number: the clocks of two replicas differ. And by its time: what was done elsewhere before is heard late.
        Where it is called because nobody acknowledged, whoever did counts, also in that very moment.
        """
        if of_nobody(call):
            return self.acknowledged
        after = (one for one in self.acknowledgements if one.number > call.number and one.at >= call.at)
        return next(after, None)


def standing(entries: Iterable[Entry], opened: datetime | None = None, ended: datetime | None = None) -> Standing:
    """What the entries, in their order, come to.

    `opened` is when the opening began: who acknowledged, said, resolved or closed before that did it for an earlier
    one. `ended`, of one that may be long over, is when it was closed: so do they after that for a later one. Severity,
    lead and cause stay with the incident.
    """
    now = Standing()
    for entry in entries:
        past = opened is not None and entry.at < opened and entry.kind in _OF_AN_OPENING
        later = ended is not None and entry.at > ended and entry.kind in _BEGINS_ANEW
        now = now if past or later else _after(now, entry)
    return now


_OF_AN_OPENING = frozenset({"acknowledged", "unacknowledged", "escalated", "status", "resolved", "closed"})
_BEGINS_ANEW = _OF_AN_OPENING | {"reopened"}
_LAST_COUNTS = frozenset({"severity", "lead", "status", "cause", "resolved", "closed"})


def _after(now: Standing, entry: Entry) -> Standing:
    return replace(now, **_changed(now, entry))


def _changed(now: Standing, entry: Entry) -> Mapping[str, Any]:
    """By field of `Standing`."""
    match entry.kind:
        case "acknowledged" | "unacknowledged":
            others = tuple(one for one in now.acknowledgements if taking_back(one) != entry.key)
            return {"acknowledgements": (*others, entry) if entry.kind == "acknowledged" else others}
        case "escalated" | "reassigned":
            return _called(now, entry)
        case "reopened":
            gone = dict.fromkeys(("called", "status", "resolved", "closed"))
            return {**gone, "acknowledgements": (), "reached": False}
        case "pinned" | "unpinned":
            pins = tuple(one for one in now.pinned if one.value != entry.value)
            return {"pinned": (*pins, entry) if entry.kind == "pinned" else pins}
        case "handoff":
            return {"lead": entry} if entry.value else {}
        case kind:
            return {kind: _last(now, entry)} if kind in _LAST_COUNTS else {}


def _called(now: Standing, entry: Entry) -> Mapping[str, Any]:
    """By an entry that the next level is to be called, or that it was; those of people elsewhere are passed over."""
    if entry.kind == "reassigned":
        return {"reached": now.reached or (now.called is not None and entry.who == BOT)}
    asks = _calls(entry) and not (now.called and of_nobody(entry))
    return {"called": entry, "reached": False} if asks else {}


def _last(now: Standing, entry: Entry) -> Entry | None:
    """Itself; of one without words that only rejects a cause, the cause that it leaves."""
    if entry.kind != "cause" or entry.text:
        return entry
    return None if now.cause is not None and entry.key == rejecting(now.cause) else now.cause


def ask_at(incident: Incident, entries: Iterable[Entry], pace: timedelta) -> datetime | None:
    """When somebody is to be asked for a status, if nothing is said until then; None: nobody is.

    That is when the next one was promised, while that is still to come after the last word; else so long after that
    word. Whoever does not answer is asked again after as long, three times in all; then it is theirs to know.
    """
    since = [entry for entry in entries if entry.at >= incident.last_opened_at]
    now = standing(since)
    if not pace or incident.status == "resolved" or now.resolved or now.closed:
        return None
    last = max((n for n, entry in enumerate(since) if entry.kind in _WORDS), default=-1)
    asked = [entry for entry in since[last + 1 :] if entry.kind == "reminded"]
    if len(asked) >= MOST_REMINDERS or (now.status is not None and now.status.value == "resolved"):
        return None
    if asked:
        return asked[-1].at + pace
    spent = max((entry.at for entry in since if entry.kind in _WORDS or entry.kind == "reminded"), default=None)
    promised = now.status.due if now.status else None
    if promised and spent and promised > spent:  # not asked for yet, and nothing was said since
        return promised
    return (since[last].at if last >= 0 else incident.last_opened_at) + pace


_WORDS = frozenset({"status", "note", "handoff"})
MOST_REMINDERS = 3


def last_word(incident: Incident, entries: Iterable[Entry]) -> datetime:
    """When somebody last said how its present opening stands; its beginning where nobody has."""
    said = (entry.at for entry in entries if entry.kind in _WORDS)
    return max((at for at in said if at >= incident.last_opened_at), default=incident.last_opened_at)


def acknowledging(incident: Incident, entries: Iterable[Entry], at: datetime) -> str:
    """The key of an acknowledgement that was given at this moment.

    It changes with each that was taken back, with each opening, and with each time that the bot had somebody called: of
    those who acknowledge at once, one does.
    """
    before = [entry for entry in entries if entry.at <= at]
    given_up = sum(entry.kind in ("unacknowledged", "reopened") for entry in before)
    calls = sum(_calls(entry) for entry in before)
    return f"acknowledged:{incident.opening}:{given_up}" + (f":{calls}" if calls else "")


def acknowledged_at(incident: Incident, entries: Iterable[Entry], now: datetime) -> datetime:
    """When whoever acknowledges now does: after what the record holds of it, whatever another replica's clock said."""
    turns = (entry.at for entry in entries if _calls(entry) or entry.kind in ("unacknowledged", "reopened"))
    return max(now, incident.last_opened_at, *turns)


def of_nobody(call: Entry) -> bool:
    """Whether it is called because nobody acknowledged."""
    return call.key.endswith(":unacknowledged")


def taking_back(acknowledged: Entry) -> str:
    """The key of the entry that takes this one back."""
    return f"un{acknowledged.key}"


def rejecting(cause: Entry) -> str:
    """The key of the entry, without words, by which somebody who looked at this cause rejects it.

    Where another was named since, that one stands.
    """
    return f"reviewed:cause:{cause.incident_id}:{cause.key.removeprefix('cause:')}"


def _calls(entry: Entry) -> bool:
    """Not what is escalated by hand elsewhere: that is told of, and asks for no answer here."""
    return entry.kind == "escalated" and entry.who == BOT
