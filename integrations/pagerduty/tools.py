"""What a model may ask PagerDuty: who is on call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.arguments import Arguments, shown, spec, text
from integrations.contract import Scope, ToolAnswer
from integrations.pagerduty import NAME
from integrations.pagerduty.client import Duty, PagerDuty, by_level
from integrations.telling import told

LONGEST_NAME = 80


class OnCallNow:
    """Names by level. Addresses and numbers are not told: nobody needs them in a sentence."""

    def __init__(self, pagerduty: PagerDuty) -> None:
        self._pagerduty = pagerduty
        self.spec = spec(
            "on_call",
            "Who is on call now for a service of this incident, by level (1 is called first), and until when in UTC. "
            "It pages nobody.",
            service=text("Exact name of a service of this incident."),
        )

    async def use(self, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        given = Arguments(NAME, self.spec, arguments, scope)
        service = given.service()
        if not service.oncall:
            raise given.refused(f"who answers for {shown(service.name)} is not known: services.yaml names no `oncall`")
        duties = by_level(await self._pagerduty.on_call(service.oncall))
        lines = [_line(one) for one in duties] or ["nobody is on call"]
        found = told((f"on call for {service.name}",), lines, len(lines), "people")
        url = next((one.url for one in duties if one.url), None)
        return ToolAnswer(found.text, f"on call for {service.name}", url, found.cut, (service.name,))


def _line(duty: Duty) -> str:
    until = f", until {duty.until:%Y-%m-%d %H:%M} UTC" if duty.until else ""
    return f"level {duty.level}: {' '.join(duty.name.split())[:LONGEST_NAME]}{until}"
