"""Reading a sender's JSON at the door: clean text, aware times, labels. What cannot be read names its path."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

from integrations.contract import Alert, Delivery, Malformed, Rejected

LONGEST_TEXT = 16_384
"""Characters kept of one label or annotation; nobody reads more, and a row of the database stays small."""
MOST_LABELS = 200
"""Labels kept of one alert, in the sender's order."""
MOST_ALERTS = 5_000
"""Alerts read of one delivery: a body of 1 MiB holds no more that are real."""
MOST_REJECTED = 100
"""Rejected alerts that are told one by one."""
LONGEST_LINK = 3_000
"""Slack takes no longer address; a cut one leads nowhere, so it is left out."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL stores no NUL, and no encoding a lone surrogate."""
_IN_LINKS = "%/:?#[]@!$&'()*+,;=~"
"""Of RFC 3986: what stands in an address as it is, `%` included so that nothing is encoded twice."""
_NEVER_BEFORE = datetime(1971, 1, 1, tzinfo=UTC)
"""Go's zero time, 0001-01-01, and other ways to say «not yet»."""
_FRACTION = re.compile(r"(\.\d{6})\d+")


class Wrong(ValueError):
    """A value of the payload cannot be read: where it stands, and what it should be."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    """An object, or Wrong."""
    if isinstance(value, dict):
        return value
    raise Wrong(where, f"must be an object, not {_kind(value)}")


def text(value: Any, where: str) -> str:
    """Text that any database stores; numbers and booleans are written out. None is empty. Raises Wrong."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return _UNSTORABLE.sub("\ufffd", str(value))[:LONGEST_TEXT]
    raise Wrong(where, f"must be text, not {_kind(value)}")


def texts(value: Any, where: str) -> dict[str, str]:
    """Labels or annotations; missing is empty. Raises Wrong."""
    if value is None:
        return {}
    pairs = list(mapping(value, where).items())[:MOST_LABELS]
    return {text(key, where)[:256]: text(item, f"{where}.{text(key, where)[:80]}") for key, item in pairs}


def moment(value: Any, where: str) -> datetime:
    """A time of ISO 8601 in UTC; one without a zone is read as UTC. Raises Wrong."""
    found = maybe_moment(value, where)
    if found is None:
        raise Wrong(where, "must be a time such as 2026-11-21T03:42:00Z")
    return found


def maybe_moment(value: Any, where: str) -> datetime | None:
    """As `moment`; None where it is missing, empty, or one of the years before 1971 that mean «not yet»."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Wrong(where, f"must be a time such as 2026-11-21T03:42:00Z, not {_kind(value)}")
    try:
        found = datetime.fromisoformat(_FRACTION.sub(r"\1", value.strip()))
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        if value.startswith("0001-01-01"):
            return None
        raise Wrong(where, f"is no time: {value[:40]!r}") from None
    return None if found < _NEVER_BEFORE else found


def link(value: Any) -> str | None:
    """An http address, or None for anything else: nobody should be led to a `javascript:`.

    Characters that no address holds are encoded: a bare `|` or `>` would end a link in Slack.
    """
    if not isinstance(value, str) or not value.lower().startswith(("http://", "https://")):
        return None
    clean = quote(_UNSTORABLE.sub("", value).strip(), safe=_IN_LINKS)
    return clean if len(clean) <= LONGEST_LINK else None


def fingerprint_of(labels: Mapping[str, str]) -> str:
    """Of the labels, for a sender that gives none: 16 hex digits of SHA-256 over the sorted pairs."""
    told = "\xff".join(f"{key}\xff{labels[key]}" for key in sorted(labels))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def delivery(source: str, entries: Sequence[Any], path: str, read: Callable[[Any, str], Alert]) -> Delivery:
    """Reads each entry; the good are kept and the bad listed. Raises Malformed where none is good."""
    alerts: list[Alert] = []
    rejected: list[Rejected] = []
    for index, entry in enumerate(entries[:MOST_ALERTS]):
        try:
            alerts.append(read(entry, f"{path}[{index}]" if path else "payload"))
        except Wrong as wrong:
            rejected.append(Rejected(wrong.where, wrong.reason))
    if rejected and not alerts:
        raise Malformed(source, f"{rejected[0].where}: {rejected[0].reason}")
    return Delivery(tuple(alerts), (*rejected[:MOST_REJECTED], *_untold(path, len(entries), len(rejected))))


def _untold(path: str, entries: int, rejected: int) -> Iterator[Rejected]:
    if rejected > MOST_REJECTED:
        yield Rejected(path, f"{rejected - MOST_REJECTED} more could not be read")
    if entries > MOST_ALERTS:
        yield Rejected(path, f"{entries - MOST_ALERTS} more were not looked at; send at most {MOST_ALERTS:,} at once")


def group(source: str, payload: object, sender: str, read: Callable[[Any, str], Alert]) -> Delivery:
    """The alerts of a webhook in Alertmanager's form, which is Grafana's too. Good ones are kept where others are bad.

    Raises Malformed, naming the field, for another shape or when no alert is good; `sender` is what was expected.
    """
    if not isinstance(payload, dict) or not isinstance(payload.get("alerts"), list):
        raise Malformed(source, f"alerts: must be a list; is this {sender}?")
    found = delivery(source, payload["alerts"], "alerts", read)
    return replace(found, rejected=found.rejected + _truncated(payload))


def alert_of_group(source: str, found: Mapping[str, Any], where: str) -> Alert:
    """What every alert of such a group says in the same way; severity and summary by their plainest names.

    Raises Wrong.
    """
    labels = texts(found.get("labels"), f"{where}.labels")
    annotations = texts(found.get("annotations"), f"{where}.annotations")
    status = status_of(found.get("status"), f"{where}.status")
    ended = found.get("endsAt") if status == "resolved" else None
    return Alert(
        source=source,
        fingerprint=text(found.get("fingerprint"), f"{where}.fingerprint")[:255] or fingerprint_of(labels),
        name=labels.get("alertname") or "alert without a name",
        status=status,
        starts_at=moment(found.get("startsAt"), f"{where}.startsAt"),
        ends_at=maybe_moment(ended, f"{where}.endsAt"),
        severity=labels.get("severity", ""),
        summary=annotations.get("summary") or annotations.get("description", ""),
        labels=labels,
        annotations=annotations,
        url=link(found.get("generatorURL")),
    )


def _truncated(payload: Mapping[str, Any]) -> tuple[Rejected, ...]:
    """What the sender itself left out, by its own limit (Alertmanager's `max_alerts`)."""
    count = payload.get("truncatedAlerts")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        return ()
    return (Rejected("truncatedAlerts", f"left out by the sender: {count}; see max_alerts of its webhook"),)


def status_of(value: Any, where: str) -> Literal["firing", "resolved"]:
    """`firing` or `resolved`. Raises Wrong."""
    word = text(value, where).strip().lower()
    if word == "firing":
        return "firing"
    if word == "resolved":
        return "resolved"
    raise Wrong(where, f"must be firing or resolved, not {word[:40]!r}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
