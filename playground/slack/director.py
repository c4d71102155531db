"""What the page may ask of whoever directs the scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol


class Scenario(NamedTuple):
    id: str
    title: str
    text: str
    """One sentence for whoever may start it."""
    state: Literal["ready", "starting", "firing", "resolving", "resolved"]


class Director(Protocol):
    """Starts and resolves scenarios. Unknown ids raise KeyError."""

    def scenarios(self) -> Sequence[Scenario]:
        """All of them, in the order of the panel, each with its state now."""
        ...

    def on_call(self) -> Mapping[str, Sequence[str]]:
        """User id → the services that they are on call for, those first that they answer for first."""
        ...

    async def start(self, scenario_id: str) -> None: ...

    async def resolve(self, scenario_id: str) -> None: ...
