"""Folders of YAML to runbooks. A bad file, or a bad runbook in a good file, stops nobody: it is named."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml

from runbooks.model import Action, Library, Parameter, Problem, Risk, Runbook, Step, Trigger
from runbooks.written import LINE, Wrong, documents

SHIPPED = Path(__file__).parent / "library"
"""The runbooks that come with the bot."""
_KEYS = ("id", "title", "description", "service", "trigger", "parameters", "risk", "steps")
_STEP_KEYS = (
    "name", "action", "command", "condition", "then", "approval", "from", "to", "url", "method", "headers", "body",
    "query", "seconds", "for", "text", "timeout", "parse", "verify", "rollback", "continue_on_failure", "risk",
    "unsafe",
)  # fmt: skip
_TRIGGER_KEYS = ("metric", "condition", "duration", "log_pattern", "count", "window", "alert", "labels", "cause")
_CAUSES = ("", "change", "resource", "dependency", "own fault", "network")
_PARAMETER_KEYS = ("name", "type", "pattern", "default", "description")
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "exec": ("command",),
    "conditional": ("condition", "then"),
    "copy": ("from", "to"),
    "http": ("url",),
    "promql": ("query",),
    "wait": (),
    "message": ("text",),
}


def load(folder: Path | None) -> Library:
    """Every runbook below the folder (`*.yaml`, `*.yml`), in the order of files; None: those that come with the bot."""
    root = folder or SHIPPED
    if not root.is_dir():
        return Library((), (Problem(str(root), 1, "is not a folder; see RUNBOOKS_DIR"),))
    found: dict[str, Runbook] = {}
    problems: list[Problem] = []
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file()):
        file = path.relative_to(root).as_posix()
        for entry in _entries(path, file, problems):
            _add(entry, file, found, problems)
    return Library(tuple(found.values()), tuple(problems))


def _entries(path: Path, file: str, problems: list[Problem]) -> list[Any]:
    """The runbooks of one file: under `runbooks:`, as a list, or the one that each document of it is."""
    try:
        found = list(documents(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problems.append(Problem(file, mark.line + 1 if mark else 1, f"not YAML: {getattr(error, 'problem', error)}"))
        return []
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(file, 1, f"cannot be read ({type(error).__name__})"))
        return []
    except (Wrong, RecursionError) as wrong:
        problems.append(Problem(file, getattr(wrong, "line", 1), getattr(wrong, "message", "nested too deep")))
        return []
    return [entry for document in found for entry in _books(document)]


def _books(document: Any) -> list[Any]:
    match document:
        case {"runbooks": list(entries)}:
            return entries
        case list(entries):
            return entries
        case None:
            return []
        case _:
            return [document]


def _add(entry: Any, file: str, found: dict[str, Runbook], problems: list[Problem]) -> None:
    try:
        book = _runbook(entry, file)
    except Wrong as wrong:
        problems.append(Problem(file, wrong.line, wrong.message))
        return
    first = found.setdefault(book.id, book)
    if first is not book:
        problems.append(Problem(file, book.line, f"runbook `{book.id}` stands in {first.file}:{first.line} already"))


def _runbook(entry: Any, file: str) -> Runbook:
    book = _mapping(entry, 1, "a runbook must be a mapping with `id` and `steps`")
    line = book[LINE]
    _known(book, _KEYS)
    identity = _text(book, "id")
    if not identity:
        raise Wrong(line, "a runbook needs an `id`")
    steps = book.get("steps")
    if not isinstance(steps, list) or not steps:
        raise Wrong(line, f"runbook `{identity}` needs `steps`, a list with at least one")
    risk = book.get("risk", "medium")
    if risk not in get_args(Risk):
        raise Wrong(line, f"`risk` is one of {', '.join(get_args(Risk))}, not {risk!r}")
    return Runbook(
        id=identity,
        title=_text(book, "title") or identity.replace("_", " ").replace("-", " "),
        steps=tuple(_step(step, line) for step in steps),
        service=_text(book, "service"),
        trigger=_trigger(book.get("trigger"), line),
        parameters=_parameters(book.get("parameters"), line),
        risk=risk,
        file=file,
        line=line,
    )


def _step(entry: Any, line: int) -> Step:
    step = _mapping(entry, line, "a step must be a mapping with an `action`")
    line = step[LINE]
    _known(step, _STEP_KEYS)
    action: Any = step.get("action")
    if action not in get_args(Action):
        raise Wrong(line, f"`action` is one of {', '.join(get_args(Action))}, not {action!r}")
    if missing := [key for key in _NEEDS[action] if not step.get(key)]:
        raise Wrong(line, f"a step with `action: {action}` needs `{missing[0]}`")
    then = step.get("then") or []
    if not isinstance(then, list):
        raise Wrong(line, "`then` must be a list of steps")
    taken = {"name", "action", "command", "condition", "then", "approval", LINE}
    return Step(
        action=action,
        name=_text(step, "name"),
        command=_text(step, "command").strip(),
        condition=_text(step, "condition"),
        then=tuple(_step(inner, line) for inner in then),
        approval=_approval(step, line),
        details={key: _plain(value) for key, value in step.items() if key not in taken},
    )


def _approval(step: Mapping[str, Any], line: int) -> bool:
    value = step.get("approval", False)
    if value not in ("required", True, False, "none"):
        raise Wrong(line, f"`approval` is `required` or left out, not {value!r}")
    return value in ("required", True)


def _trigger(entry: Any, line: int) -> Trigger:
    if entry is None:
        return Trigger()
    found = _mapping(entry, line, "`trigger` must be a mapping")
    _known(found, _TRIGGER_KEYS)
    count = found.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise Wrong(found[LINE], "`count` must be a whole number from 1")
    if found.get("cause", "") not in _CAUSES:
        raise Wrong(found[LINE], f"`cause` is one of {', '.join(_CAUSES[1:])}, not {found['cause']!r}")
    alert, labels = _alert(found)
    return Trigger(
        count=count,
        alert=alert,
        labels=labels,
        **{key: _text(found, key) for key in _TRIGGER_KEYS if key not in ("count", "labels", "alert")},
    )


def _alert(trigger: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Name and labels: `alert: High*`, a list of such names, or `alert: {name: …, labels: …}`."""
    line, alert, labels = trigger[LINE], trigger.get("alert"), trigger.get("labels") or {}
    if isinstance(alert, dict):
        _known(alert, ("name", "labels"))
        labels = {
            **_mapping(labels, line, "`labels` must be a mapping"),
            **_mapping(alert.get("labels") or {}, line, "`labels` must be a mapping"),
        }
        alert = alert.get("name")
    names = alert if isinstance(alert, list) else [alert or ""]
    if not all(isinstance(name, str) for name in names):
        raise Wrong(line, "`alert` is a name, a list of names, or a mapping of `name` and `labels`")
    pairs = _mapping(labels, line, "`labels` must be a mapping").items()
    return "|".join(names), {str(key): str(value) for key, value in pairs if key != LINE}


def _parameters(entry: Any, line: int) -> tuple[Parameter, ...]:
    if entry is None:
        return ()
    if not isinstance(entry, list):
        raise Wrong(line, "`parameters` must be a list of mappings with a `name`")
    return tuple(_parameter(item, line) for item in entry)


def _parameter(entry: Any, line: int) -> Parameter:
    found = _mapping(entry, line, "a parameter must be a mapping with a `name`")
    _known(found, _PARAMETER_KEYS)
    name = _text(found, "name")
    if not name.isidentifier():
        raise Wrong(found[LINE], f"a parameter's name is a word such as `replicas`, not {name!r}")
    default = None if found.get("default") is None else _text(found, "default")
    return Parameter(
        name, _text(found, "type") or "text", _text(found, "pattern"), default, _text(found, "description")
    )


def _mapping(value: Any, line: int, otherwise: str) -> dict[Any, Any]:
    if isinstance(value, dict):
        return {LINE: line} | value
    raise Wrong(line, otherwise)


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    if value is None:
        return ""
    if isinstance(value, (str, int, float)):
        return str(value)
    raise Wrong(found[LINE], f"`{key}` must be text")


def _known(found: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in found:
        if key not in keys and key != LINE:
            near = get_close_matches(str(key), keys, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(keys)}"
            raise Wrong(found[LINE], f"unknown key `{key}`; {hint}")


def _plain(value: Any) -> Any:
    """Without the lines that the loader put in."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != LINE}
    return [_plain(item) for item in value] if isinstance(value, list) else value
