"""A real Alertmanager, alone: no cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.programs import where
from tests.real.web import Server, serving


@contextmanager
def alertmanager_server(folder: Path, config: str) -> Iterator[Server]:
    """Ready to take alerts; `config` is the text of an alertmanager.yml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(config)
    argv = [
        where("alertmanager"),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:0",
        "--cluster.listen-address=",
    ]
    with serving(argv, folder) as server:
        yield server
