"""A folder of postmortems in Markdown, and a file of JSON lines."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.domain.memory import Memory
from bot.guard.redact import redact
from bot.memory.learning.found import Found, Skipped, from_a_record
from bot.memory.learning.written import Written, read
from integrations import chromadb

LARGEST = 1_000_000
"""Bytes of one file: no postmortem is longer."""


def postmortems(folder: Path, services: Iterable[str]) -> Iterator[Found]:
    """Every `*.md` under the folder, by its path in it; links that lead elsewhere are not followed."""
    known, home = tuple(services), folder.resolve()
    for path in sorted(_files(folder)):
        name = path.relative_to(folder).as_posix()
        try:
            text = _text(path, name, home)
        except (OSError, UnicodeDecodeError) as problem:
            yield Skipped(name, f"cannot be read ({type(problem).__name__})")
            continue
        yield text if isinstance(text, Skipped) else _memory(name, read(text, known, path.stem))


def _text(path: Path, name: str, home: Path) -> str | Skipped:
    """What stands in it. A link may lead to a secret, a pipe never ends. Raises OSError, UnicodeDecodeError."""
    if not path.is_file():
        return Skipped(name, "no ordinary file")
    if not path.resolve().is_relative_to(home):
        return Skipped(name, "a link that leads out of the folder: put the file itself there")
    with path.open("rb") as file:
        found = file.read(LARGEST + 1)
    if len(found) > LARGEST:
        return Skipped(name, f"larger than {LARGEST:,} bytes: no postmortem")
    return found.decode("utf-8-sig")


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(root) / name for name in files if name.lower().endswith(".md"))


def _memory(name: str, written: Written) -> Found:
    if not written.title:
        return Skipped(name, "no title: its first heading is one, `# What happened`")
    if not written.service:
        return Skipped(name, "no service: add a line `Service: name`, or name one of services.yaml in the title")
    if written.opened_at is None:
        return Skipped(name, "no date: add a line `Date: 2026-01-02 03:04`, or put it into the file's name")
    if not (written.cause or written.resolution or written.summary):
        return Skipped(name, "nothing to learn: no section speaks of a cause, a resolution or what happened")
    return from_a_record(remembered(f"markdown:{name}", "markdown", written, Path(name).stem), redact)


def remembered(id_: str, origin: str, written: Written, otherwise: str, url: str | None = None) -> Memory:
    """The memory of what was written; `otherwise` is its name where it has none. It has a date."""
    assert written.opened_at is not None  # noqa: S101 - whoever calls has looked
    return Memory(
        id=id_,
        incident_id=written.name[:60] or otherwise,
        origin=origin,  # type: ignore[arg-type]
        service=written.service,
        env=written.env,
        title=written.title,
        opened_at=written.opened_at,
        minutes=written.minutes,
        alerts=written.alerts,
        summary=written.summary,
        cause=written.cause,
        resolution=written.resolution,
        url=url,
    )


def json_lines(file: Path) -> Iterator[Found]:
    """The incidents of a JSON lines file. Raises ValueError that names the line, and OSError."""
    for one in chromadb.memories_from_jsonl(file):
        yield from_a_record(
            Memory(
                id=one.id,
                incident_id=one.id,
                origin="jsonl",
                service=one.service,
                title=one.title,
                opened_at=one.opened_at,
                minutes=one.minutes,
                alerts=one.alerts,
                summary=one.summary,
                cause=one.cause,
                resolution=one.resolution,
                url=one.url,
            ),
            redact,
        )
