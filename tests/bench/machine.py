"""What the figures were measured on, in general words."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sqlite3
from datetime import UTC, datetime


def facts() -> list[str]:
    """One line each; nothing that names the machine or who uses it."""
    libraries = ("dbos", "sqlalchemy", "slack-bolt", "starlette", "uvicorn")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in libraries)
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()}), {_memory_gb():.0f} GB of memory",
        f"{platform.python_implementation()} {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        versions,
        f"load over the last minute before the start: {os.getloadavg()[0]:.1f}",
    ]


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
