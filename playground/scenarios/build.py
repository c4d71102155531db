"""What every scenario file needs to write its system down briefly."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from integrations.contract import Service
from playground.scenarios.model import Policy


@dataclass(frozen=True, slots=True)
class Team:
    """A team's services share their owner, namespace, GitHub organisation, escalation policy and Slack group."""

    owner: str
    org: str
    namespace: str
    policy: Policy
    slack_group: str

    def service(self, name: str, tier: int, *depends_on: str) -> Service:
        return Service(
            name=name,
            owner=self.owner,
            tier=tier,
            repo=f"{self.org}/{name}",
            namespace=self.namespace,
            dashboards={"Overview": f"https://grafana.playground.example/d/{name}/overview"},
            depends_on=depends_on,
            oncall=self.policy.id,
            slack_group=self.slack_group,
        )


def changed(before: str, after: str) -> str:
    """The hunks that lead from one text to another, as GitHub's `patch` shows them (no file header)."""
    lines = difflib.unified_diff(before.strip().splitlines(), after.strip().splitlines(), lineterm="", n=2)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


REQUESTS = (
    (6.0, "INFO", "request completed status=200 duration_ms={ms} request_id={id}"),
    (1.0, "INFO", "request completed status=404 duration_ms={ms} request_id={id}"),
    (0.6, "INFO", "health check ok"),
)
"""What any HTTP service says all day."""
