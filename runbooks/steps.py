"""The steps of a runbook, read from its file: what each action needs, and what may stand behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast, get_args

from runbooks.entry import Entry
from runbooks.model import Action, Parse, Risk, Step, Verify
from runbooks.patterns import PatternError, groups
from runbooks.written import Written, Wrong, plain

TIMEOUT_S = 60.0
"""Of a step that names none."""
_OF: Mapping[Action, tuple[str, ...]] = {
    "exec": ("command", "needs", "unsafe"),
    "conditional": ("condition", "then", "needs", "unsafe"),
    "copy": ("from", "to", "needs"),
    "http": ("url", "method", "headers", "body"),
    "promql": ("query",),
    "wait": ("seconds", "for"),
    "message": ("text",),
}
"""The keys that belong to an action."""
MUST: Mapping[Action, tuple[str, ...]] = {
    "exec": ("command",), "conditional": ("condition", "then"), "copy": ("from", "to"), "http": ("url",),
    "promql": ("query",), "wait": (), "message": ("text",),
}  # fmt: skip
"""Those that it cannot do without."""
_EVERY = ("name", "description", "action", "approval", "risk", "timeout", "continue_on_failure")
_BEHIND = ("parse", "verify", "rollback")
_ITEM = ("name", "description", "action", "approval", "risk", "timeout")
"""What an item of `then` may carry besides what belongs to its action: the rest stands at the step."""
_LOOK = ("command", "query", "url")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def step(entry: Entry, needs: tuple[str, ...] = ()) -> Step:
    """One step of `steps`; `needs` are those of the whole runbook.

    Faults are noted; the step is of use only where there are none.
    """
    action = _action(entry, (*_EVERY, *_BEHIND))
    name = entry.text("name")
    timeout = entry.seconds("timeout", TIMEOUT_S)
    then = tuple(_item(item, timeout) for item in entry.each("then", "an `action`"))
    found = replace(
        _deed(entry, action, timeout),
        name=name,
        condition=entry.text("condition").strip(),
        then=then,
        approval=_approval(entry),
        risk=_risk(entry),
        continue_on_failure=entry.truth("continue_on_failure"),
        parse=_parse(entry, name),
        verify=_verify(entry),
        rollback=_rollback(entry),
    )
    return _opened(found, needs)


def _opened(step: Step, needs: tuple[str, ...]) -> Step:
    """What names no needs of its own has those around it; so has what is in a `then` with `unsafe`."""
    own = step.needs or needs
    verify = step.verify and replace(step.verify, step=_opened(step.verify.step, own))
    rollback = step.rollback and _opened(step.rollback, own)
    then = tuple(_opened(replace(item, unsafe=item.unsafe or step.unsafe), own) for item in step.then)
    return replace(step, needs=own, then=then, verify=verify, rollback=rollback)


def _item(entry: Entry, timeout: float) -> Step:
    """One of `then`: one gate covers them all, and one check stands behind them."""
    for key in (*_EVERY, *_BEHIND):
        if key in entry and key not in _ITEM:
            entry.wrong(key, f"`{key}` stands at the step itself, not in its `then`")
    action = _action(entry, (*_EVERY, *_BEHIND))
    if action == "conditional":
        entry.wrong("action", "a condition in a condition: write one with `&&`, or two steps")
    deed = _deed(entry, action, entry.seconds("timeout", timeout))
    return replace(deed, name=entry.text("name"), approval=_approval(entry), risk=_risk(entry))


def _action(entry: Entry, besides: tuple[str, ...]) -> Action:
    """The action, its keys looked at."""
    every = tuple(key for keys in _OF.values() for key in keys)
    entry.only(tuple(dict.fromkeys((*besides, *every))))
    if "action" not in entry:
        entry.wrong("action", f"a step needs an `action`: {', '.join(get_args(Action))}")
        return "message"
    before = len(entry.faults)
    action = cast(Action, entry.one_of("action", get_args(Action), "message"))
    if len(entry.faults) == before:
        _fits(entry, action)
    return action


def _fits(entry: Entry, action: Action) -> None:
    for key in MUST[action]:
        if entry.get(key) in (None, "", []):
            entry.wrong("action", f"a step with `action: {action}` needs `{key}`")
    for key in dict.fromkeys(key for keys in _OF.values() for key in keys):
        if key in entry and key not in _OF[action]:
            owners = [other for other, keys in _OF.items() if key in keys]
            hint = "put this step under the `then` of a `conditional`" if key == "condition" else "leave it out"
            entry.wrong(key, f"`{key}` belongs to `action: {owners[0]}`, not to `{action}`; {hint}")


def _deed(entry: Entry, action: Action, timeout: float) -> Step:
    """What the step itself does, without anything behind it."""
    return Step(
        action=action,
        command=entry.text("command").strip(),
        details=_details(entry, action),
        timeout_s=timeout,
        unsafe=entry.text("unsafe").strip(),
        needs=entry.texts("needs"),
        line=entry.line,
    )


def _details(entry: Entry, action: Action) -> dict[str, Any]:
    match action:
        case "copy":
            return {key: entry.text(key).strip() for key in ("from", "to")}
        case "promql":
            return {"query": entry.text("query").strip()}
        case "message":
            return {"text": entry.text("text").strip()}
        case "wait":
            return {"seconds": _pause(entry)}
        case "http":
            body = entry.get("body")
            return {
                "url": entry.text("url").strip(),
                "method": entry.text("method").upper() or "GET",
                "headers": entry.pairs("headers"),
                "body": plain(body) if isinstance(body, (dict, list)) else entry.text("body"),
            }
        case "exec" | "conditional":
            return {}


def _pause(entry: Entry) -> float:
    if "seconds" not in entry and "for" not in entry:
        entry.wrong("action", "an unbounded wait: say how long with `for: 30s`")
    return entry.seconds("seconds" if "seconds" in entry else "for", 1.0)


def _approval(entry: Entry) -> bool:
    value = entry.get("approval")
    if value not in (None, "required", True, False, "none"):
        entry.wrong("approval", f"`approval` is `required` or left out, not {value!r}")
    return value in ("required", True)


def _risk(entry: Entry) -> Risk | None:
    return cast(Risk, entry.one_of("risk", get_args(Risk), "medium")) if "risk" in entry else None


def _parse(entry: Entry, name: str) -> Parse | None:
    """`line`, `json`, `table`, or a mapping of one of these, or of `regex`, to a name, a prefix or a pattern."""
    value = entry.get("parse")
    if value is None:
        return None
    kind, word = value, ""
    if isinstance(value, Written) and len(value) == 1:
        ((kind, _),) = value.items()
        word = Entry(value, entry.faults).text(kind)
    if kind not in ("line", "json", "table", "regex") or (kind == "regex" and not word):
        entry.wrong("parse", "`parse` is `line`, `json` or `table`, one of them with a name (`{line: version}`), "
                             "or `{regex: '(?P<name>…)'}`")  # fmt: skip
        return None
    if kind == "regex":
        return Parse("regex", pattern=_pattern(entry, word))
    if word and not _WORD.fullmatch(word):
        entry.wrong("parse", f"what `parse` leaves is named by a word such as `version`, not {word!r}")
    return Parse(kind, name=word or (_word_of(name) if kind == "line" else ""))


def _pattern(entry: Entry, written: str) -> str:
    try:
        if not groups(written):
            entry.wrong("parse", "a `regex` leaves what its named groups hold: write at least one `(?P<name>…)`")
    except PatternError as error:
        entry.wrong("parse", str(error))
    return written


def _word_of(name: str) -> str:
    """`Replicas before` leaves the variable `replicas_before`; a step without a name leaves `line`."""
    word = re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_")
    return word if _WORD.fullmatch(word) else "line"


def _verify(entry: Entry) -> Verify | None:
    found = _behind(entry, "verify")
    if found is None:
        return None
    found.only((*_LOOK, "wait", "expect", "timeout", "method", "headers", "needs"))
    look = _look(found, _LOOK)
    return Verify(look, found.seconds("wait", 0.0), found.text("expect").strip())


def _rollback(entry: Entry) -> Step | None:
    found = _behind(entry, "rollback")
    if found is None:
        return None
    if "action" not in found:
        found.only(("name", "description", "command", "url", "method", "headers", "body", "timeout", "needs", "unsafe"))
        return replace(_look(found, ("command", "url")), name=found.text("name"))
    action = _action(found, ("name", "description", "action", "timeout", "risk"))
    if action in ("conditional", "wait", "message", "promql"):
        found.wrong("action", f"a rollback undoes something: `exec`, `http` or `copy`, not `{action}`")
        return None
    deed = _deed(found, action, found.seconds("timeout", TIMEOUT_S))
    return replace(deed, name=found.text("name"), risk=_risk(found))


def _behind(entry: Entry, key: str) -> Entry | None:
    """A mapping, or a command in one line."""
    value = entry.get(key)
    if not isinstance(value, str):
        return entry.inner(key, "`command` or `url`" + " or `query`" * (key == "verify"))
    short = Written(entry.line_of(key))
    short["command"] = short.words["command"] = value
    return Entry(short, entry.faults)


def _look(entry: Entry, ways: tuple[str, ...]) -> Step:
    """The action that its one key speaks of."""
    there = [key for key in ways if entry.get(key) not in (None, "")]
    if len(there) != 1:
        entry.faults.append(Wrong(entry.line, f"needs one of {', '.join(f'`{key}`' for key in ways)}, and only one"))
    actions: Mapping[str, Action] = {"command": "exec", "query": "promql", "url": "http"}
    return _deed(entry, actions[there[0]] if there else "exec", entry.seconds("timeout", TIMEOUT_S))
