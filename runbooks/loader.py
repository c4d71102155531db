"""Folders of YAML to runbooks. A bad file, or a bad runbook in a good file, stops nobody: it is named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from runbooks.entry import Entry
from runbooks.model import Library, Parameter, Problem, Risk, Runbook, Trigger
from runbooks.rules import faults_of
from runbooks.steps import step
from runbooks.variables import TYPES
from runbooks.written import Written, Wrong, documents

SHIPPED = Path(__file__).parent / "library"
"""The runbooks that come with the bot."""
_KEYS = ("id", "title", "description", "service", "trigger", "parameters", "risk", "needs", "steps")
_TRIGGER_KEYS = ("metric", "condition", "duration", "log_pattern", "count", "window", "alert", "labels", "cause")
_CAUSES = ("", "change", "resource", "dependency", "own fault", "network")
_PARAMETER_KEYS = ("name", "type", "pattern", "default", "description")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_QUOTE = {
    "found unhashable key": "put a text that begins with `{{` in quotes",
    "mapping values are not allowed here": "put a text that holds `: ` in quotes",
}
"""What YAML says of texts that it takes for something else, and what helps."""


def load(folder: Path | None) -> Library:
    """Every runbook below the folder (`*.yaml`, `*.yml`), in the order of files; None: those that come with the bot.

    What begins with a dot is passed over: in a mounted ConfigMap the same files stand once more in `..data`.
    Every fault of every file is named with its line. A runbook with a fault is left out; the others are there.
    """
    root = folder or SHIPPED
    if not root.is_dir():
        return Library((), (Problem(str(root), 1, "is not a folder; see RUNBOOKS_DIR"),))
    good: list[Runbook] = []
    problems: list[Problem] = []
    places: dict[str, str] = {}
    for file in _files(root):
        path = root / file
        books, faults = _read(path, file)
        for book, own in books:
            first = places.setdefault(book.id, f"{file}:{book.line}") if book.id else f"{file}:{book.line}"
            if first != f"{file}:{book.line}":
                own.append(Wrong(book.line, f"runbook `{book.id}` stands in {first} already"))
            good += [] if own else [book]
            faults += own
        problems += [Problem(file, f.line, f.message) for f in sorted(faults, key=lambda fault: fault.line)]
    return Library(tuple(good), tuple(dict.fromkeys(problems)))


def read(text: str, file: str = "runbook.yaml") -> Library:
    """The runbooks of one file's text, as `load` would take it; faults name `file` (pure)."""
    books, faults = _judged(*_entries(text), file)
    found = [Problem(file, f.line, f.message) for f in (*faults, *(fault for _, own in books for fault in own))]
    return Library(tuple(book for book, own in books if not own), tuple(sorted(found, key=lambda one: one.line)))


def _files(root: Path) -> list[str]:
    found = (path for path in root.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file())
    names = (path.relative_to(root) for path in found)
    return sorted(name.as_posix() for name in names if not any(part.startswith(".") for part in name.parts))


def _read(path: Path, file: str) -> tuple[list[tuple[Runbook, list[Wrong]]], list[Wrong]]:
    """The runbooks of one file, each with its faults, and the faults of the file itself."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return [], [Wrong(1, f"cannot be read ({type(error).__name__})")]
    return _judged(*_entries(text), file)


def _judged(
    entries: list[Any], faults: list[Wrong], file: str
) -> tuple[list[tuple[Runbook, list[Wrong]]], list[Wrong]]:
    books = []
    for entry in entries:
        if isinstance(entry, Written):
            own: list[Wrong] = []
            book = _runbook(Entry(entry, own), file)
            books.append((book, [*own, *faults_of(book)]))
        else:
            faults.append(Wrong(1, f"a runbook must be a mapping with `id` and `steps`, not {str(entry)[:40]!r}"))
    return books, faults


def _entries(text: str) -> tuple[list[Any], list[Wrong]]:
    """What stands under `runbooks:`, in a list, or in each document; or why the file cannot be read."""
    try:
        found = list(documents(text))
    except yaml.YAMLError as error:
        mark, said = getattr(error, "problem_mark", None), str(getattr(error, "problem", None) or error)
        hint = f"; {_QUOTE[said]}" if said in _QUOTE else ""
        return [], [Wrong(mark.line + 1 if mark else 1, f"not YAML: {said}{hint}")]
    except Wrong as wrong:
        return [], [wrong]
    except (RecursionError, ValueError, OverflowError) as error:
        deep = isinstance(error, RecursionError)
        return [], [Wrong(1, "nested too deep" if deep else f"a value that YAML cannot hold: {error}")]
    faults: list[Wrong] = []
    return [entry for document in found for entry in _books(document, faults)], faults


def _books(document: Any, faults: list[Wrong]) -> list[Any]:
    match document:
        case {"runbooks": list(entries)}:
            Entry(document, faults).only(("runbooks",))
            return entries
        case list(entries):
            return entries
        case None:
            return []
        case _:
            return [document]


def _runbook(entry: Entry, file: str) -> Runbook:
    entry.only(_KEYS)
    identity = entry.text("id")
    if not identity:
        entry.wrong("id", "a runbook needs an `id`")
    elif not _ID.fullmatch(identity):
        entry.wrong("id", f"an `id` is typed in Slack: letters, digits, `-`, `_` and `.`, not {identity!r}")
    if entry.get("steps") in (None, []):
        entry.wrong("steps", "a runbook needs `steps`, a list with at least one")
    needs = entry.texts("needs")
    return Runbook(
        id=identity,
        title=entry.text("title") or identity.replace("_", " ").replace("-", " "),
        steps=tuple(step(one, needs) for one in entry.each("steps", "an `action`")),
        service=entry.text("service"),
        trigger=_trigger(entry.inner("trigger", "`metric`, `log_pattern`, `alert` or `labels`")),
        parameters=tuple(_parameter(one) for one in entry.each("parameters", "a `name`")),
        risk=cast(Risk, entry.one_of("risk", get_args(Risk), "medium")),
        file=file,
        line=entry.line,
    )


def _trigger(entry: Entry | None) -> Trigger:
    if entry is None:
        return Trigger()
    entry.only(_TRIGGER_KEYS)
    for key in ("duration", "window"):
        entry.seconds(key, 0.0)
    alert, labels = _alert(entry)
    return Trigger(
        metric=entry.text("metric"),
        condition=entry.text("condition"),
        duration=entry.text("duration"),
        log_pattern=entry.text("log_pattern"),
        count=entry.whole("count", 1),
        window=entry.text("window"),
        alert=alert,
        labels=labels,
        cause=entry.one_of("cause", _CAUSES, ""),
    )


def _alert(entry: Entry) -> tuple[str, dict[str, str]]:
    """Name and labels: `alert: High*`, a list of such names, or `alert: {name: …, labels: …}`."""
    labels = entry.pairs("labels")
    if not isinstance(entry.get("alert"), dict):
        return "|".join(entry.texts("alert")), labels
    inner = entry.inner("alert", "`name` and `labels`")
    if inner is None:
        return "", labels
    inner.only(("name", "labels"))
    return "|".join(inner.texts("name")), labels | inner.pairs("labels")


def _parameter(entry: Entry) -> Parameter:
    entry.only(_PARAMETER_KEYS)
    name = entry.text("name")
    if not name.isidentifier() or not name.isascii():
        entry.wrong("name", f"a parameter's `name` is a word such as `replicas`, not {name!r}")
    return Parameter(
        name,
        entry.one_of("type", tuple(TYPES), "text"),
        entry.text("pattern"),
        entry.text("default") if "default" in entry else None,
        entry.text("description"),
    )
