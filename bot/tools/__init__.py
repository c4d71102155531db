"""The bot's own tools: what a model may ask of the catalog, the runbooks, the record, and the logs as patterns."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.catalog import Catalog
from bot.evidence.facts import LOGS
from bot.ports import Journal
from bot.runs.action_ports import Runs
from bot.tools.alerts import OpenAlerts
from bot.tools.facts import AboutService
from bot.tools.patterns import LogPatterns
from bot.tools.runbook import ReadRunbook
from bot.tools.timeline import Timeline
from integrations.contract import ContextSource, Tool, ToolSpec
from runbooks.model import Library


def own_tools(
    catalog: Catalog, library: Library, journal: Journal, runs: Runs, sources: Sequence[ContextSource]
) -> tuple[Tool, ...]:
    """All that these sources allow: patterns of logs need the source that has logs."""
    logs = next((LogPatterns(source, journal) for source in sources if source.name == LOGS), None)
    always: tuple[Tool, ...] = (
        AboutService(catalog),
        ReadRunbook(library),
        OpenAlerts(journal),
        Timeline(journal, runs),
    )
    return (*always, logs) if logs else always


def own_specs(sources: Collection[str]) -> tuple[ToolSpec, ...]:
    """As a model is told of them, where the sources of these names are open; for who has no tools but must know."""
    always = (AboutService.spec, ReadRunbook.spec, OpenAlerts.spec, Timeline.spec)
    return (*always, LogPatterns.spec) if LOGS in sources else always
