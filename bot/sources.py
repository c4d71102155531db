"""The sources that are the bot's own: service facts, matching runbooks, and other open alerts."""

from __future__ import annotations

from bot.catalog import Catalog
from bot.domain.words import count
from bot.memory.team_notes import Notes, TeamNotes
from bot.ports import Journal, JournalDown
from integrations.contract import Facts, Look, Ready, RunbookMatch, Scope, Tool, Unreachable
from runbooks.matching import match
from runbooks.model import Library


class ServiceFacts:
    """What `services.yaml` says of the incident's service, and the team's own standing words."""

    name = "services"
    tools: tuple[Tool, ...] = ()

    def __init__(self, catalog: Catalog, team: TeamNotes | None = None) -> None:
        self._catalog = catalog
        self._team = team

    async def look(self, scope: Scope) -> Look:
        known = self._catalog.known(scope.service.name)
        told = await self._team.read() if self._team else Notes()
        return Look((Facts(scope.service, known=known, notes=told.text),), told.gaps)

    async def ready(self) -> Ready:
        return Ready(count(len(self._catalog.services), "service"))

    async def close(self) -> None: ...


class MatchingRunbooks:
    """The runbooks that fit the incident's alerts."""

    name = "runbooks"
    tools: tuple[Tool, ...] = ()

    def __init__(self, library: Library) -> None:
        self._library = library

    async def look(self, scope: Scope) -> Look:
        return Look(tuple[RunbookMatch, ...](match(self._library, scope.alerts, tuple(scope.services))))

    async def ready(self) -> Ready:
        return Ready(f"{count(len(self._library.runbooks), 'runbook')}, {len(self._library.problems)} with problems")

    async def close(self) -> None: ...


class OtherAlerts:
    """Alerts that are open on the scope's services and in its environment, but belong to other incidents."""

    name = "alerts"
    tools: tuple[Tool, ...] = ()

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def look(self, scope: Scope) -> Look:
        try:
            return Look(await self._journal.firing_elsewhere(scope))
        except JournalDown as down:
            raise Unreachable(self.name, "the bot's own database does not answer", "see DATABASE_URL") from down

    async def ready(self) -> Ready:
        return Ready("the bot's own record")

    async def close(self) -> None: ...
