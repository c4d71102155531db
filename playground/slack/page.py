"""The page's own door to the workspace, and what the page may ask of whoever directs the scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from starlette.routing import BaseRoute

from playground.slack.interactions import Interactions
from playground.slack.workspace import Workspace


class Director(Protocol):
    """Starts and resolves scenarios."""

    def scenarios(self) -> Sequence[tuple[str, str, str, str]]: ...

    async def start(self, scenario_id: str) -> None: ...

    async def resolve(self, scenario_id: str) -> None: ...


class Page:
    def __init__(self, workspace: Workspace, interactions: Interactions, director: Director | None) -> None: ...

    def routes(self) -> list[BaseRoute]:
        return []
