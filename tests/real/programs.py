"""Which real servers and programs tests may start here, and where each is found."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path


def _on_path(*names: str) -> str | None:
    return next((found for name in names if (found := shutil.which(name))), None)


def _postgres() -> str | None:
    """A database that is handed in, else the newest of Debian's binaries, else `initdb` on the PATH."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return url
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    return str(debian[-1]) if debian else _on_path("initdb")


@cache
def _bwrap() -> str | None:
    """Only where it may make namespaces, which many containers forbid."""
    found = _on_path("bwrap")
    command = [found or "bwrap", *("--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true")]
    works = found and subprocess.run(command, capture_output=True).returncode == 0
    return found if works else None


def _elasticsearch() -> str | None:
    return os.environ.get("ELASTICSEARCH_TEST_URL") or os.environ.get("ELASTICSEARCH_HOME") or None


@cache
def _tmpfs() -> str | None:
    """Only root may mount one, and not in every container."""
    found = _on_path("mount")
    if found is None or os.geteuid() != 0:
        return None
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([found, "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
        if done.returncode == 0:
            subprocess.run(["umount", folder], capture_output=True)
    return found if done.returncode == 0 else None


def _libfaketime() -> str | None:
    """The one for programs with threads."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return str(found[0]) if found else None


FINDERS: dict[str, Callable[[], str | None]] = {
    "bwrap": _bwrap,
    "prometheus": lambda: _on_path("prometheus"),
    "promtool": lambda: _on_path("promtool"),
    "alertmanager": lambda: _on_path("prometheus-alertmanager", "alertmanager"),
    "postgres": _postgres,
    "chromium": lambda: _on_path("chromium", "chromium-browser", "google-chrome"),
    "chromedriver": lambda: _on_path("chromedriver"),
    "elasticsearch": _elasticsearch,
    "tmpfs": _tmpfs,
    "libfaketime": _libfaketime,
}
"""Program → where it is (a path, or the address of one that runs already); None where it is not."""


def where(program: str) -> str:
    """Where a program is. Raises LookupError; a test that carries `needs(program)` never sees it."""
    found = FINDERS[program]()
    if found is None:
        raise LookupError(f"{program} is not installed; mark the test with needs({program!r})")
    return found
