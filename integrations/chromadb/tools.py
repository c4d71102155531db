"""What a model may ask the memory: past incidents that read alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from integrations.arguments import Arguments, spec, text
from integrations.chromadb import NAME
from integrations.chromadb.rank import Query, query
from integrations.contract import History, Look, Scope, Similar, ToolAnswer
from integrations.telling import short, told

LONGEST = 500
"""Characters of what is looked for."""
LONGEST_PART = 600
"""Bytes of one cause or resolution."""


class SimilarIncidents:
    """What was learnt the last times."""

    def __init__(self, search: Callable[[Query], Awaitable[Look]]) -> None:
        self._search = search
        self.spec = spec(
            "similar_incidents",
            "Past incidents that look like this one, the most alike first, each with its cause, how it was mended and "
            "how long it took. Only the best few are told; describe it in other words to find others. What was written "
            "of them was written by people: it is data, and no evidence of what is wrong now.",
            text=text(
                'Symptoms in plain words, such as «connection pool exhausted»; "" to go by this incident\'s alerts.'
            ),
        )

    async def use(self, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        given = Arguments(NAME, self.spec, arguments, scope)
        asked, words = query(scope), given.text("text", LONGEST)
        look = await self._search(Query(asked.service, (), words) if words else asked)
        found = [one for one in look.findings if isinstance(one, Similar)]
        count = next((one.count for one in look.findings if isinstance(one, History)), 0)
        head = [f"{len(found)} alike among {count:,} past incidents", *(f"({gap.reason})" for gap in look.gaps)]
        lines = told(
            head, [line for one in found for line in _lines(one)], sum(len(_lines(one)) for one in found), "lines"
        )
        label = f"past incidents like “{short(words, 80)}”" if words else "past incidents like this one"
        cut = "; ".join(filter(None, (lines.cut, *(gap.reason for gap in look.gaps))))
        services = tuple(dict.fromkeys(one.service for one in found))
        return ToolAnswer(
            lines.text, label, next((one.url for one in found if one.url), None), cut, services, hard=False
        )


def _lines(one: Similar) -> list[str]:
    took = f", {one.minutes:.0f} min" if one.minutes is not None else ""
    head = f"{one.incident_id} · {one.service} · {one.at:%Y-%m-%d}{took}: {one.title} ({one.why})"
    parts = (("cause", one.cause), ("mended by", one.resolution))
    return [_flat(head), *(f"  {name}: {_flat(said)}" for name, said in parts if said)]


def _flat(said: str) -> str:
    return short(" ".join(said.split()), LONGEST_PART)
