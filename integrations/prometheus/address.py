"""The address of Prometheus, apart from who we are there (pure)."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from integrations.contract import Refused
from integrations.prometheus import NAME
from integrations.prometheus.answers import URL_FIX


def bare(url: str) -> str:
    """The address without user, password and trailing slash. Raises Refused when it is none."""
    parts = _parts(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def user_and_password(url: str) -> tuple[str, str] | None:
    """What stands before the @. Raises Refused when the address is none."""
    parts = _parts(url)
    return (unquote(parts.username), unquote(parts.password or "")) if parts.username else None


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise Refused(NAME, "PROMETHEUS_URL is no http:// or https:// address", URL_FIX)
    return parts
