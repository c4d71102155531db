"""A runbook as the YAML that `runbooks/loader.py` reads back as the same (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from runbooks.model import Parameter, Parse, Runbook, Step, Trigger, Verify
from runbooks.steps import TIMEOUT_S

_NEEDING = ("exec", "conditional", "copy")
"""Actions that run programs, and so may need something of a sandbox."""
WIDTH = 110
"""Characters of a line; a longer word stays whole."""


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key, texts of several lines stand as they are, and nothing is an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002 - PyYAML's own signature
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def written(book: Runbook, description: str = "") -> str:
    """The runbook with what is said of it. Whatever its texts hold, they are read back letter by letter."""
    shared = book.steps[0].needs if len({step.needs for step in book.steps}) == 1 else ()
    parts: dict[str, Any] = {
        "id": book.id,
        "title": book.title,
        "description": description,
        "service": book.service,
        "trigger": _trigger(book.trigger),
        "parameters": [_parameter(one) for one in book.parameters],
        "risk": book.risk,
        "needs": list(shared),
        "steps": [_step(step, shared) for step in book.steps],
    }
    return yaml.dump(_full(parts), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)


def _trigger(trigger: Trigger) -> dict[str, Any]:
    return _full(
        {
            "alert": trigger.alert,
            "labels": dict(trigger.labels),
            "metric": trigger.metric,
            "condition": trigger.condition,
            "duration": trigger.duration,
            "log_pattern": trigger.log_pattern,
            "count": trigger.count if trigger.count > 1 else None,
            "window": trigger.window,
            "cause": trigger.cause,
        }
    )


def _parameter(one: Parameter) -> dict[str, Any]:
    kind = one.type if one.type != "text" else ""
    told = _full({"name": one.name, "type": kind, "pattern": one.pattern, "description": one.description})
    return told if one.default is None else {**told, "default": one.default}


def _step(step: Step, shared: tuple[str, ...]) -> dict[str, Any]:
    behind = {
        "parse": _parse(step.parse) if step.parse else None,
        "verify": _verify(step.verify, step) if step.verify else None,
        "rollback": _rollback(step.rollback, step) if step.rollback else None,
    }
    goes_on = {"continue_on_failure": step.continue_on_failure or None}
    then = [_item(one, step) for one in step.then]
    needs = list(step.needs) if step.needs != shared and step.action in _NEEDING else []
    return _full({**_head(step, TIMEOUT_S), "needs": needs, "then": then, **goes_on, **behind})


def _item(item: Step, of: Step) -> dict[str, Any]:
    own = _head(item, of.timeout_s)
    unsafe = {"unsafe": "" if item.unsafe == of.unsafe else item.unsafe}
    return _full({**own, **unsafe, "needs": _own_needs(item, of)})


def _head(step: Step, timeout_s: float) -> dict[str, Any]:
    """What the step does, and what holds for it."""
    return {
        "name": step.name,
        "action": step.action,
        **_does(step),
        "unsafe": step.unsafe,
        "approval": "required" if step.approval else "",
        "risk": step.risk,
        "timeout": None if step.timeout_s == timeout_s else _seconds(step.timeout_s),
    }


def _does(step: Step) -> dict[str, Any]:
    match step.action:
        case "exec":
            return {"command": step.command}
        case "conditional":
            return {"condition": step.condition}
        case "wait":
            return {"for": _seconds(step.details["seconds"])}
        case "http":
            return _full({**step.details, "headers": dict(step.details["headers"])})
        case "copy" | "promql" | "message":
            return dict(step.details)


def _verify(verify: Verify, of: Step) -> dict[str, Any]:
    wait = _seconds(verify.wait_s) if verify.wait_s else None
    return _full({**_look(verify.step, of), "wait": wait, "expect": verify.expect})


def _rollback(back: Step, of: Step) -> dict[str, Any] | str:
    if back.risk or back.action == "copy":
        return _full({**_head(back, TIMEOUT_S), "approval": "", "needs": _own_needs(back, of)})
    told = _full({"name": back.name, **_look(back, of), "unsafe": back.unsafe})
    return back.command if tuple(told) == ("command",) else told


def _look(step: Step, of: Step) -> dict[str, Any]:
    """What stands behind a step: its action is known by its one key."""
    timeout = None if step.timeout_s == TIMEOUT_S else _seconds(step.timeout_s)
    return {**_does(step), "timeout": timeout, "needs": _own_needs(step, of)}


def _own_needs(step: Step, of: Step) -> list[str]:
    """What it does not have from the step that it belongs to."""
    return [] if step.needs == of.needs else list(step.needs)


def _parse(parse: Parse) -> str | dict[str, str]:
    name = parse.pattern if parse.kind == "regex" else parse.name
    return {parse.kind: name} if name else parse.kind


def _seconds(seconds: float) -> str | float:
    return f"{int(seconds)}s" if seconds == int(seconds) else seconds


def _full(found: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not there."""
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}
