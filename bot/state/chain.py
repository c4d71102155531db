"""The audit chain (pure): each entry sealed over the one before it with a key that the database does not hold."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends: how many entries there are, and the seal of the last one."""

    number: int = 0
    mac: str = ""

    def __str__(self) -> str:
        return f"{self.number}:{self.mac}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Reads `NUMBER:MAC`. Raises ValueError."""
        number, _, mac = text.strip().partition(":")
        if not number.isascii() or not number.isdigit() or (mac == "") != (int(number) == 0):
            raise ValueError("a head is NUMBER:MAC, as it stands in the log and in `audit verify`")
        return cls(int(number), mac.lower())


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry as it stands in the database."""

    number: int
    """From 1, without gaps."""
    at: datetime
    what: str
    who: str
    incident_id: str
    run_id: str
    facts: str
    """JSON, the very text that is sealed."""
    mac: str = ""
    """Hex."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry that is not as it was written, and why."""

    number: int
    why: str


def seal(entry: Recorded, previous: str, key: str) -> str:
    """HMAC-SHA256 (hex) under the key, over the entry and the seal of the one before it (empty for the first).

    What is sealed is the JSON array [number, at, what, who, incident_id, run_id, facts, previous], ASCII, without
    spaces; `at` in ISO 8601, UTC, with microseconds; `facts` as the text that is stored.
    """
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    told = [entry.number, at, entry.what, entry.who, entry.incident_id, entry.run_id, entry.facts, previous]
    text = json.dumps(told, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(key.encode(), text.encode("ascii"), hashlib.sha256).hexdigest()


def sealed(entry: Recorded, previous: str, key: str) -> Recorded:
    """The entry with its seal."""
    return replace(entry, mac=seal(entry, previous, key))


def verify(entries: Iterable[Recorded], key: str, head: Head | None = None) -> Head | Fault:
    """Where the chain ends, or the first fault in it. `head`: an entry that stood there at some time, from the log."""
    raise NotImplementedError
