"""A real Prometheus: with figures of our making in its storage, or with a configuration that scrapes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.real.programs import where
from tests.real.web import Server, serving

Figures = tuple[Mapping[str, str], Sequence[tuple[float, float]]]
"""Labels with `__name__`, and (unix seconds, value) ascending."""


@contextmanager
def prometheus_server(folder: Path, figures: Iterable[Figures] = (), config: str = "") -> Iterator[Server]:
    """Ready to be asked; `config` is the text of a prometheus.yml."""
    folder.mkdir(parents=True, exist_ok=True)
    storage = folder / "data"
    text = openmetrics(figures)
    if text:
        blocks(text, storage)
    (folder / "prometheus.yml").write_text(config)
    argv = [
        where("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={storage}",
        "--storage.tsdb.retention.time=30d",
        "--web.listen-address=127.0.0.1:0",
        "--web.enable-lifecycle",
        "--web.console.libraries=",
        "--web.console.templates=",
    ]
    with serving(argv, folder) as server:
        yield server


def blocks(text: str, storage: Path) -> None:
    """OpenMetrics text with time stamps into storage blocks that Prometheus reads at its start."""
    source = storage.parent / "figures.txt"
    source.write_text(text)
    argv = [where("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(source), str(storage)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def openmetrics(figures: Iterable[Figures]) -> str:
    """The figures as OpenMetrics text, each metric's series together; empty for none."""
    families: dict[str, list[str]] = {}
    for labels, points in figures:
        name = labels["__name__"]
        pairs = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items() if key != "__name__")
        lines = families.setdefault(name, [])
        lines.extend(f"{name}{{{pairs}}} {value!r} {at:.3f}" for at, value in points)
    parts = [line for name, lines in families.items() for line in (f"# TYPE {name} unknown", *lines)]
    return "\n".join((*parts, "# EOF", "")) if parts else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
