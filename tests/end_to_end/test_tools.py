"""Every tool as a model gets to use it: by the process that looks, against the stand-ins of a whole town."""

import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.catalog import load as load_catalog
from bot.clock import SystemClock
from bot.look import scope_of
from bot.looking.apart import Apart
from bot.state.database import open_database
from bot.state.journal import journal
from integrations.contract import TOOL_ANSWER_BYTES, Refused
from tests.end_to_end.watch import briefed

SERVICE = "payment-service"
USES = {
    "query_metrics": {"query": "", "signal": "error_rate", "service": SERVICE, "minutes": 30},
    "forecast": {"query": "", "signal": "memory", "service": SERVICE, "minutes": 60, "threshold": 100},
    "search_logs": {"service": SERVICE, "contains": "refused", "level": "error", "minutes": 60},
    "deployments": {"service": SERVICE, "hours": 24},
    "show_diff": {"service": SERVICE, "version": "v2.34.1", "pull_request": 0},
    "similar_incidents": {"text": "payments failed after a deployment"},
    "on_call": {"service": SERVICE},
    "service_facts": {"service": SERVICE},
    "read_runbook": {"id": "rollback-deployment"},
    "open_alerts": {},
    "timeline": {},
    "log_patterns": {"service": SERVICE},
}
TOLD = {
    "query_metrics": "last 2",
    "forecast": "does not reach 100",
    "search_logs": "connection refused: payment-gateway.internal:8443",
    "deployments": "deployment v2.34.1",
    "show_diff": "+  host: payment-gateway.internal",
    "similar_incidents": "past incidents",
    "on_call": "level 1: ",
    "service_facts": "called by: checkout-web",
    "read_runbook": "kubectl rollout undo",
    "open_alerts": "HighErrorRate",
    "timeline": "deployment of payment-service v2.34.1",
    "log_patterns": "connection refused",
}


@asynccontextmanager
async def using(town, folder):
    """A process that looks as the bot's own does, and the scope of the one incident."""
    database = open_database(town.env["DATABASE_URL"])
    rules = (("service",), ("env", "environment"), 3600)
    (incident,) = await journal(database, SystemClock(), rules).open_incidents()
    await database.dispose()
    services = load_catalog(Path(town.env["SERVICES_FILE"])).scope_of(incident.service)
    env = {**town.env, "CHROMA_PATH": str(folder / "another-chroma")}  # a folder is for one process at a time
    settings = (f"{name}={value}" for name, value in env.items())
    looking = Apart((), (), 30.0, ("env", *settings, sys.executable, "-m", "bot.looking"))
    looking.open()
    try:
        yield looking, scope_of(incident, services, datetime.now(UTC))
    finally:
        await looking.close()


async def test_every_tool_answers_of_an_incident_through_the_process_that_looks(open_town, tmp_path):
    async with open_town() as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        async with using(town, tmp_path) as (looking, scope):
            for tool, arguments in USES.items():
                answer = await looking.use(tool, arguments, scope)
                assert TOLD[tool] in answer.text, f"{tool}: {answer.text}"
                assert len(answer.text.encode()) <= TOOL_ANSWER_BYTES
                assert bool(answer.cut) is ("(cut: " in answer.text), tool
                assert answer.label
            with pytest.raises(Refused) as refused:
                await looking.use("exec", {}, scope)
            assert refused.value.reason == f"there is no such tool; there are {', '.join(sorted(USES))}"
            with pytest.raises(Refused, match="must name a service of this incident"):
                await looking.use("query_metrics", USES["query_metrics"] | {"query": "up"}, scope)


async def test_words_of_services_yaml_that_cannot_be_used_are_said_at_the_start(open_town, tmp_path):
    async with open_town(start=False) as town:
        services = tmp_path / "services.yaml"
        services.write_text("defaults: {metrics: {service_label: no label}}\n" + services.read_text())
        code, printed = await town.bot.run("serve")
    assert code != 0
    assert "SERVICES_FILE: `defaults.metrics`: service_label: 'no label' is no name of a Prometheus label" in printed
