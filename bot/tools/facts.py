"""What `services.yaml` says of a service, as a tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.catalog import Catalog
from integrations.arguments import Arguments, spec, text
from integrations.contract import Scope, Service, ToolAnswer
from integrations.telling import short, told

NAME = "services"


class AboutService:
    """Owner, tier, repository, who it calls and who calls it."""

    spec = spec(
        "service_facts",
        "What the team has written down of a service of this incident: owner, tier, repository, namespace, whom it "
        "calls and who calls it.",
        service=text("Exact name of a service of this incident."),
    )

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def use(self, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        service = Arguments(NAME, self.spec, arguments, scope).service()
        lines = [short(line, 600) for line in _lines(service, self._catalog.callers_of(service.name))]
        if not self._catalog.known(service.name):
            lines = ["services.yaml does not name it: nothing more is known"]
        found = told((service.name,), lines, len(lines), "lines")
        url = next(iter(service.dashboards.values()), None)
        return ToolAnswer(found.text, f"facts of {service.name}", url, found.cut, (service.name,))


def _lines(service: Service, callers: tuple[str, ...]) -> list[str]:
    facts = {
        "owner": service.owner,
        "tier": None if service.tier is None else str(service.tier),
        "repository": service.repo,
        "namespace": service.namespace,
        "escalation policy": service.oncall,
        "Slack group": service.slack_group,
        "calls": ", ".join(service.depends_on) or "nobody",
        "called by": ", ".join(callers) or "nobody that is known",
        "dashboards": ", ".join(service.dashboards),
    }
    return [f"{name}: {value}" for name, value in facts.items() if value]
