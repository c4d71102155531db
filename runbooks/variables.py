"""What may be put into a step, and in which form: `{{name}}`, its pattern, and where its value comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from runbooks.model import Parameter, Runbook, Step
from runbooks.patterns import PatternError, matches

DEFAULT = r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,252}"
"""Pattern of a variable that nobody declared: never begins with a dash, never carries a quote or a space."""
LONGEST = 1_000
"""Characters of one value, whatever its pattern says."""


@dataclass(frozen=True, slots=True)
class Type:
    """What a parameter of this type looks like."""

    pattern: str
    must_be: str
    """In words, after «must be»."""


_WHOLE = Type(r"-?[0-9]{1,18}", "a whole number, such as 3")
_NUMBER = Type(r"-?[0-9]{1,18}(\.[0-9]{1,9})?", "a number, such as 3 or 0.5")
_YES = Type("true|false", "true or false")
TYPES: Mapping[str, Type] = MappingProxyType(
    {
        "text": Type(DEFAULT, "letters, digits and . _ : / -, beginning with a letter or a digit"),
        "string": Type(DEFAULT, "letters, digits and . _ : / -, beginning with a letter or a digit"),
        "int": _WHOLE,
        "integer": _WHOLE,
        "number": _NUMBER,
        "float": _NUMBER,
        "name": Type(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", "a name such as payment-service: a-z, 0-9, . and -"),
        "path": Type(r"/[A-Za-z0-9._@+=/-]{0,500}", "a whole path such as /var/log/app, without `..`"),
        "duration": Type(r"([0-9]{1,6}(ms|s|m|h|d)){1,4}", "a length of time, such as 30s, 5m or 1h30m"),
        "bool": _YES,
        "boolean": _YES,
        "choice": Type("", "one of the words that its `pattern` lists, as in `blue|green`"),
    }
)
"""Types that a parameter may have; `choice` needs a `pattern` of plain words with `|` between."""

BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "incident_id": "the incident's id",
        "service": "the service that the incident is about",
        "env": "its environment, such as production",
        "namespace": "namespace of the alert, or the one that services.yaml names",
        "cluster": "label of the alert",
        "severity": "the incident's severity",
        "alert": "name of the alert that began it",
    }
)
"""Variables that every run has, as far as the incident knows them. Each label of the alert is one besides."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A signal of the briefing as a variable: its text is `f"{figure * times:.6g}"`, its source `signal memory`."""

    signal: str
    """Name in `integrations/signals.py`."""
    times: float = 1.0
    """What its figure is multiplied by, such as 1,000 from seconds to milliseconds."""
    per_hour: bool = False
    """Not how much it is now, but how much it grows in an hour, in its own unit: the last figure less the first one,
    over the hours between them."""


_PERCENTILES = {f"p{p}": f"latency_p{p}" for p in (50, 75, 90, 95, 99)}
SIGNALS: Mapping[str, Measured] = MappingProxyType(
    {
        **{name: Measured("error_rate") for name in ("error_rate", "error_percent", "errors_percent")},
        **{name: Measured("availability") for name in ("availability", "success_rate")},
        **{name: Measured("cpu") for name in ("cpu", "cpu_percent", "cpu_usage_percent")},
        **{name: Measured("memory") for name in ("memory", "memory_percent", "memory_usage_percent")},
        **{name: Measured("disk") for name in ("disk", "disk_percent", "disk_usage_percent")},
        **{name: Measured("connections") for name in ("connections", "connections_percent", "pool_percent")},
        **{name: Measured("requests") for name in ("requests", "request_rate", "traffic", "rps")},
        **{name: Measured("instances_up") for name in ("instances", "instances_up")},
        **{name: Measured("instances_wanted") for name in ("instances_wanted", "replicas_wanted")},
        **{name: Measured("restarts") for name in ("restarts", "restart_count")},
        **{f"{short}_ms": Measured(name, times=1_000) for short, name in _PERCENTILES.items()},
        **{f"latency_{short}_ms": Measured(name, times=1_000) for short, name in _PERCENTILES.items()},
        **{f"latency_{short}": Measured(name) for short, name in _PERCENTILES.items()},
        **{name: Measured("latency", times=1_000) for name in ("latency_ms",)},
        "latency": Measured("latency"),
        "memory_mib": Measured("memory_usage"),
        "cpu_millicores": Measured("cpu_usage"),
        **{f"{name}_growth_rate": Measured(name, per_hour=True) for name in ("memory", "disk", "cpu", "connections")},
    }
)
"""Names that teams use for what the briefing measures. Units: percent, milliseconds where the name says `_ms`, else
seconds; a growth rate is in percentage points an hour."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
VARIABLE = re.compile(r"\{\{\s*(" + _NAME + r")\s*\}\}")
REFERENCE = re.compile(r"\{\{\s*env\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_ANY = re.compile(r"\{\{.*?(?:\}\}|$)", re.DOTALL)


def names_in(text: str) -> tuple[str, ...]:
    """The variables that a text uses, each once, in the order of the text; not `{{env.NAME}}`."""
    return tuple(dict.fromkeys(VARIABLE.findall(text)))


def references_in(text: str) -> tuple[str, ...]:
    """The environment variables that a text refers to as `{{env.NAME}}`, each once."""
    return tuple(dict.fromkeys(REFERENCE.findall(text)))


def malformed_in(text: str) -> tuple[str, ...]:
    """Whatever begins with `{{` and is neither a variable nor `{{env.NAME}}`."""
    return tuple(
        found[0] for found in _ANY.finditer(text) if not (VARIABLE.fullmatch(found[0]) or REFERENCE.fullmatch(found[0]))
    )


def texts_of(step: Step) -> tuple[str, ...]:
    """Every text of the step itself that may hold variables: not its condition, `then`, check or rollback."""
    return (step.command, *_texts(step.details))


def _texts(value: Any) -> Iterable[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for name, item in value.items():
                yield from _texts(name)
                yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case _:
            return


def declared(book: Runbook, name: str) -> Parameter:
    """The parameter as the runbook declares it; one that it does not declare has the default pattern."""
    return next((found for found in book.parameters if found.name == name), Parameter(name))


def pattern_of(parameter: Parameter) -> str:
    """The regular expression that a value must match from its first character to its last."""
    return parameter.pattern or TYPES.get(parameter.type, TYPES["text"]).pattern


_WORDS = re.compile(r"\(?[A-Za-z0-9_.-]+(\|[A-Za-z0-9_.-]+)+\)?")
_PRINTED = re.compile(r"[ -~]+")


def must_be(parameter: Parameter) -> str:
    """What a value must be, in words: `a whole number, such as 3`."""
    if _WORDS.fullmatch(parameter.pattern):
        return "one of " + ", ".join(parameter.pattern.strip("()").split("|"))
    if parameter.pattern:
        return f"text that matches `{parameter.pattern}` from end to end"
    return TYPES.get(parameter.type, TYPES["text"]).must_be


def wrong(parameter: Parameter, text: str) -> str:
    """Why this is no value for it, as a sentence that says what it must be; empty: it is one.

    Whatever the pattern says, a value is one line of printable ASCII, has at most 1,000 characters, no braces, and
    no `..` between slashes.
    """
    name = f"`{parameter.name}`"
    reason = _unfit(parameter) or _unsafe(text)
    if reason:
        return f"{name} {reason}"
    try:
        return "" if matches(pattern_of(parameter), text) else f"{name} must be {must_be(parameter)}"
    except PatternError as error:
        return f"{name} cannot be checked: {error}"


def _unfit(parameter: Parameter) -> str:
    if parameter.type not in TYPES:
        return f"has the type {parameter.type!r}, which there is not; types are {', '.join(TYPES)}"
    return "" if pattern_of(parameter) else "is a choice without words; list them as `pattern: blue|green`"


def _unsafe(text: str) -> str:
    if len(text) > LONGEST:
        return f"has {len(text)} characters; it may have {LONGEST}"
    if not _PRINTED.fullmatch(text) or "{" in text or "}" in text:
        return "must be one line of plain ASCII that is not empty, without braces"
    return "must not climb to another folder (`..`)" if ".." in text.split("/") else ""


def needed(book: Runbook) -> tuple[Parameter, ...]:
    """Every variable of the runbook, declared or not, without those that its steps leave, each with its pattern.

    In the order of use, then what is declared and never used. What only a step can tell is not among them: undeclared
    names inside a `then` of `any(…)` may be columns, and after a `parse: json` without a prefix any name may be a key;
    where they turn out to be missing, preparing says so.
    """
    from runbooks.using import used_by

    names = dict.fromkeys((*used_by(book), *(parameter.name for parameter in book.parameters)))
    return tuple(declared(book, name) for name in names)
