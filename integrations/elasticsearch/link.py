"""Links for people: Kibana's Discover where it is known, else the search itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from integrations.contract import Window
from integrations.elasticsearch import Settings


def link(
    services: Iterable[str], span: Window, settings: Settings, *, levels: Iterable[str] = (), words: Iterable[str] = ()
) -> str:
    """Where a person sees the same lines. Never carries the user or the password of ELASTICSEARCH_URL."""
    since, until = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (span.since, span.until))
    wanted = (
        (settings.service_field, " or ", tuple(services)),
        (settings.level_field, " or ", tuple(levels)),
        (settings.message_field, " and ", tuple(words)),
    )
    if settings.kibana_url:
        parts = [f"{field}:({glue.join(_quoted(values))})" for field, glue, values in wanted if values]
        time = f"(time:(from:'{since}',to:'{until}'))"
        query = f"(query:(language:kuery,query:'{_rison(' and '.join(parts))}'))"
        return f"{settings.kibana_url.rstrip('/')}/app/discover#/?_g={quote(time, safe='')}&_a={quote(query, safe='')}"
    parts = [f"{field}:({glue.upper().join(_quoted(values))})" for field, glue, values in wanted if values]
    asked = f"{' AND '.join(parts)} AND {settings.time_field}:[{since} TO {until}]"
    at = urlsplit(settings.url)
    base = f"{at.scheme}://{at.netloc.rpartition('@')[2]}{at.path.rstrip('/')}"
    return f"{base}/{quote(settings.index, safe='*,')}/_search?q={quote(asked, safe='')}&size=100"


def _quoted(names: Iterable[str]) -> list[str]:
    """As both query languages quote: backslash and quote with a backslash before them."""
    return ['"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names]


def _rison(text: str) -> str:
    return text.replace("!", "!!").replace("'", "!'")
