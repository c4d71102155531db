"""What Prometheus answers: series of figures, or what else it means, as a RoomError in plain words (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.contract import Malformed, Refused, RoomError, Unreachable
from integrations.prometheus import NAME

URL_FIX = "PROMETHEUS_URL must be the address of Prometheus, up to and without /api/v1"
TOKEN_FIX = "PROMETHEUS_TOKEN must be a token that may read /api/v1"  # noqa: S105 - advice, no token
METRICS_FIX = "look at metrics in services.yaml"
_MOST_WORDS = 160
"""Characters of Prometheus' own words in a reason."""


@dataclass(frozen=True, slots=True)
class Row:
    """One series of an answer: its labels, unix seconds, and finite figures."""

    labels: Mapping[str, str]
    times: tuple[float, ...]
    values: tuple[float, ...]


class BadQuery(Refused):
    """Prometheus refused one query; others may do."""


class NoSuchPath(Refused):
    """Nothing is there under this path of the API."""


def silent(limit_s: float) -> Unreachable:
    """Nobody answered in time."""
    return Unreachable(NAME, f"no answer in {limit_s:g} s", URL_FIX)


def judge(status: int, content_type: str, body: bytes) -> None:
    """Passes an answer that may hold figures. Raises RoomError for any other."""
    if status != 200:
        raise _refusal(status, body)
    if "html" in content_type.lower():
        raise Malformed(NAME, "answered with a web page, not with figures", f"a login page? {URL_FIX}")


def _refusal(status: int, body: bytes) -> RoomError:
    match status:
        case 401 | 403:
            return Refused(NAME, f"does not let us in ({status})", TOKEN_FIX)
        case 404 | 405 | 410:
            return NoSuchPath(NAME, f"no such page there ({status})", URL_FIX)
        case 400 | 422:
            return BadQuery(NAME, f"refused the query: {_words(body)}", METRICS_FIX)
        case 429:
            return Unreachable(NAME, "asked too often (429)", "raise the rate limit before PROMETHEUS_URL")
        case _ if status >= 500:
            return Unreachable(NAME, f"failed inside ({status})", "look into its log; is PROMETHEUS_URL right?")
        case _:
            return Malformed(NAME, f"answered {status}", URL_FIX)


def _words(body: bytes) -> str:
    """Prometheus' own reason: {"status": "error", "errorType": "bad_data", "error": "…"}."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return "no reason given"
    words = said.get("error") if isinstance(said, dict) else None
    if not isinstance(words, str):
        return "no reason given"
    line = " ".join(words.split())
    return line if len(line) <= _MOST_WORDS else line[: _MOST_WORDS - 1] + "…"
