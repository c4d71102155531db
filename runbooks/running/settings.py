"""What the hands may touch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from typing import Literal

Query = Callable[[str, float], Awaitable[tuple[tuple[str, float], ...]]]
"""An instant query and its limit in seconds → each series' labels as text, and its figure. Raises RoomError."""


@dataclass(frozen=True, slots=True)
class HandsSettings:
    """What is not listed here, a step cannot start, read or call."""

    programs: tuple[str, ...] = ()
    """RUNBOOK_ALLOWED_PROGRAMS: names found on PATH, or absolute paths."""
    env: tuple[str, ...] = ()
    """RUNBOOK_ENV: names of variables that pass into a program, and that requests may refer to."""
    hosts: tuple[str, ...] = ()
    """RUNBOOK_ALLOWED_HOSTS: `host` (the usual port of its scheme) or `host:port`."""
    sandbox: Literal["none", "bwrap"] = "none"
    """RUNBOOK_SANDBOX."""
    prometheus: Query | None = None
    ca_file: Path | None = None
    """EXTRA_CA_FILE: certificate authorities besides the usual ones."""
    environ: Mapping[str, str] = field(default_factory=lambda: dict(environ), repr=False)
    """Where PATH and the named variables are read."""

    @property
    def path(self) -> str:
        """PATH without what depends on the folder that somebody stands in."""
        folders = self.environ.get("PATH", "").split(":")
        return ":".join(folder for folder in folders if folder.startswith("/")) or "/usr/local/bin:/usr/bin:/bin"

    @property
    def passed(self) -> Mapping[str, str]:
        """The named variables that are set."""
        return {name: self.environ[name] for name in self.env if name in self.environ}
