"""Commands that do not end by themselves, or wait longer than their step may take."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runbooks import spans
from runbooks.launchers import base, verb

_FOLLOWED = {
    "logs": ("-f", "--follow"),
    "get": ("-w", "--watch", "--watch-only"),
    "events": ("-w", "--watch"),
    "top": ("--watch",),
}
_FOREVER = {
    "port-forward": "keeps a port open until somebody ends it",
    "proxy": "answers until somebody ends it",
    "attach": "stays with the process",
}
_BOUNDED = ("drain", ("rollout", "status"))
"""What waits for ever unless a flag says how long."""
_INTERACTIVE = re.compile(r"-(it?|ti|t)|--stdin(=true)?|--tty(=true)?")


def endless(argv: Sequence[str]) -> str:
    """Why the command would not end by itself, and what to write; empty: it does (pure)."""
    if not argv:
        return ""
    return _BY_NAME.get(base(argv[0]), _nothing)(argv)


def waits_s(argv: Sequence[str]) -> float | None:
    """How long the command itself says that it waits at most (`--timeout=120s`), in seconds; None: it does not say."""
    told = _flag(argv, "--timeout")
    return None if told is None else spans.seconds(f"{told}s" if told.isdigit() else told)


def _kubectl(argv: Sequence[str]) -> str:
    word, place = verb(argv)
    rest = list(argv[place + 1 :])
    flags = rest[: rest.index("--")] if "--" in rest else rest
    if found := next((flag for flag in _FOLLOWED.get(word, ()) if flag in flags or f"{flag}=true" in flags), ""):
        return f"`{found}` follows for ever; leave it out"
    if word in _FOREVER:
        return f"`kubectl {word}` {_FOREVER[word]}"
    if word == "exec" and (found := next(filter(_INTERACTIVE.fullmatch, flags), "")):
        return f"`{found}` waits for somebody to type; leave it out"
    named = next((name for name in (word, (word, *flags[:1])) if name in _BOUNDED), "")
    if named and "--watch=false" not in flags and not waits_s(flags):
        return f"`kubectl {named if isinstance(named, str) else ' '.join(named)}` waits for ever; add `--timeout=120s`"
    if word == "wait" and (waits_s(flags) or 0.0) < 0:
        return "a negative `--timeout` waits for a week; write `--timeout=120s`"
    return endless(rest[rest.index("--") + 1 :]) if word == "exec" and "--" in rest else ""


def _tail(argv: Sequence[str]) -> str:
    found = next((arg for arg in argv[1:] if re.fullmatch(r"-[0-9a-zA-Z]*[fF]|--follow(=.*)?", arg)), "")
    return f"`{found}` follows for ever; leave it out" if found else ""


def _ping(argv: Sequence[str]) -> str:
    counted = any(arg.startswith(("-c", "-w")) for arg in argv[1:])
    return "" if counted else "`ping` goes on for ever; add `-c 3`"


def _top(argv: Sequence[str]) -> str:
    once = any(arg.startswith("-") and "b" in arg for arg in argv[1:]) and any("n" in arg for arg in argv[1:])
    return "" if once else "`top` goes on for ever; write `top -b -n 1`"


def _psql(argv: Sequence[str]) -> str:
    return "`\\watch` goes on for ever; leave it out" if any("\\watch" in arg for arg in argv[1:]) else ""


def _sleep(_argv: Sequence[str]) -> str:
    return "write a step with `action: wait` and `for: 30s`; it does not count as running time"


def _aws(argv: Sequence[str]) -> str:
    return _tail(argv) if "logs" in argv and "tail" in argv else ""


def _nothing(_argv: Sequence[str]) -> str:
    return ""


def _flag(argv: Sequence[str], name: str) -> str | None:
    for place, arg in enumerate(argv):
        if arg.startswith(f"{name}="):
            return arg.partition("=")[2]
        if arg == name and place + 1 < len(argv):
            return argv[place + 1]
    return None


_BY_NAME = {
    "kubectl": _kubectl,
    "oc": _kubectl,
    "tail": _tail,
    "journalctl": _tail,
    "ping": _ping,
    "top": _top,
    "psql": _psql,
    "sleep": _sleep,
    "aws": _aws,
}
