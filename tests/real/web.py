"""What Prometheus and Alertmanager share: a port that the system chose, told in the log, and `/-/ready`."""

from __future__ import annotations

import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.process import alive, running, until

_LISTENING = re.compile(rb'msg="Listening on" address=127\.0\.0\.1:(\d+)')


@dataclass(frozen=True)
class Server:
    url: str
    pid: int
    log: Path


@contextmanager
def serving(argv: Sequence[str], folder: Path) -> Iterator[Server]:
    """The server once it says that it is ready. `argv` binds it to 127.0.0.1:0."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    with running(argv, log, cwd=folder) as process:
        until(lambda: _port(process, log) is not None, f"open port of {argv[0]}")
        url = f"http://127.0.0.1:{_port(process, log)}"
        until(lambda: _ready(url), f"{url}/-/ready")
        yield Server(url, process.pid, log)


def _port(process: subprocess.Popen[bytes], log: Path) -> int | None:
    alive(process, log)
    found = _LISTENING.search(log.read_bytes())
    return int(found[1]) if found else None


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False
