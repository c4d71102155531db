"""The audit chain (pure): each entry sealed over the one before it, with a key that the database does not hold."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.words import count

KEY_CHANGED = "key.changed"
"""The last entry under an old key; it carries the mark of the new one."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: how many entries it has, and the seal of the last one."""

    number: int = 0
    mac: str = ""

    def __str__(self) -> str:
        return f"{self.number}:{self.mac}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Reads `NUMBER:MAC`. Raises ValueError."""
        number, _, mac = text.strip().partition(":")
        if not (number.isascii() and number.isdigit()) or bool(mac) != bool(int(number)):
            raise ValueError("a head is NUMBER:MAC, as it stands in the bot's log")
        return cls(int(number), mac.lower())


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry as it stands in the database."""

    number: int
    """From 1, without gaps."""
    at: str
    """ISO 8601, UTC, with microseconds."""
    what: str
    who: str
    incident_id: str
    run_id: str
    facts: str
    """JSON."""
    mac: str = ""
    """The seal, hex."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry that is not as it was written, and why."""

    number: int
    why: str


def seal(entry: Recorded, previous: str, key: str) -> str:
    """HMAC-SHA256 (hex) under `key`, over the entry and the seal of the one before it (empty for the first).

    What is sealed is the JSON array [number, at, what, who, incident_id, run_id, facts, previous], in ASCII and
    without spaces, in which every text (the facts too) is a string, exactly as it is stored.
    """
    told = [entry.number, entry.at, entry.what, entry.who, entry.incident_id, entry.run_id, entry.facts, previous]
    text = json.dumps(told, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def sealed(entry: Recorded, previous: str, key: str) -> Recorded:
    """The entry with its seal."""
    return replace(entry, mac=seal(entry, previous, key))


def fits(entry: Recorded, previous: str, key: str) -> bool:
    """Whether the entry was written as it stands, behind that one, by somebody with the key."""
    return hmac.compare_digest(seal(entry, previous, key).encode(), entry.mac.encode())


def mark_of(key: str) -> str:
    """What tells keys apart without telling them: the first half of an HMAC under the key."""
    return hmac.new(key.encode(), b"first-responder audit key", hashlib.sha256).hexdigest()[:32]


def goes_on(last: Recorded, previous: str, key: str) -> bool:
    """Whether the next entry behind `last` has to be sealed with this key; `previous`: the seal before `last`."""
    if last.what == KEY_CHANGED:
        return _marked(last) == mark_of(key)
    return fits(last, previous, key)


def verify(entries: Iterable[Recorded], key: str, head: Head | None = None, older: Sequence[str] = ()) -> Head | Fault:
    """Where the chain ends, or the first fault in it. Reads the entries once, in the order of their numbers.

    `head`: one that the log or Slack has shown at some time; with it a tail that was cut off is found too. `older`:
    the keys before `key`, the oldest first, where the key was changed.
    """
    chain = _Chain((*older, key), head or Head())
    for entry, following in _pairs(entries):
        if why := chain.wrong_with(entry, following):
            return Fault(min(entry.number, chain.reached.number + 1), why)
        chain.step(entry)
    return chain.end()


class _Chain:
    """How far a chain was followed, and with which key it goes on."""

    def __init__(self, keys: Sequence[str], told: Head) -> None:
        self._keys = keys
        self._told = told
        self._turn = 0
        self._next_mark = ""
        self.reached = Head()

    def wrong_with(self, entry: Recorded, following: Recorded | None) -> str:
        """Why this entry cannot be the next one; empty where it is."""
        due = self.reached.number + 1
        if entry.number > due:
            return f"removed: after {self.reached.number} comes {entry.number}"
        if entry.number < due:
            return f"put in or moved: {entry.number} stands behind {self.reached.number}"
        if self._next_mark and self._next_mark != mark_of(self._key):
            return "the key was changed here, and not to this AUDIT_KEY: name the old keys, oldest first"
        if not fits(entry, self.reached.mac, self._key):
            return self._why_not(entry, following)
        if entry.number == self._told.number and entry.mac != self._told.mac:
            return "written anew: its seal fits the key, and is not the one that the head tells"
        return ""

    def step(self, entry: Recorded) -> None:
        """Goes on to the next entry, which was found to be as it was written."""
        self.reached = Head(entry.number, entry.mac)
        self._next_mark = ""
        if entry.what == KEY_CHANGED:
            self._next_mark = _marked(entry)
            self._turn += 1

    def end(self) -> Head | Fault:
        if self.reached.number < self._told.number:
            here = count(self.reached.number, "entry is", "entries are")
            return Fault(self.reached.number + 1, f"cut: the head tells of {self._told.number}, {here} here")
        return self.reached

    @property
    def _key(self) -> str:
        return self._keys[min(self._turn, len(self._keys) - 1)]

    def _why_not(self, entry: Recorded, following: Recorded | None) -> str:
        """By the next entry one sees which of the two it is: it was sealed over what this one's seal was."""
        if following is not None and fits(following, entry.mac, self._key):
            return "changed: its seal does not fit what it says"
        if self.reached.number == 0:
            return "written with another key than this AUDIT_KEY, or changed"
        return "changed, moved or put in by somebody without the key"


def _marked(entry: Recorded) -> str:
    """The mark of the key that comes next; of an entry that somebody has tampered with, none."""
    try:
        return str(json.loads(entry.facts)["key"])
    except (ValueError, KeyError, TypeError):
        return ""


def _pairs(entries: Iterable[Recorded]) -> Iterator[tuple[Recorded, Recorded | None]]:
    """Each entry with the one that follows it."""
    waiting: Recorded | None = None
    for entry in entries:
        if waiting is not None:
            yield waiting, entry
        waiting = entry
    if waiting is not None:
        yield waiting, None
