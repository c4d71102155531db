"""Values that satisfy a JSON schema, filled with what the prompt tells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from playground.claude.prompt import Prompt

Schema = Mapping[str, Any]

SIGNALS: Mapping[str, str] = {
    "error_rate": r"error|fail",
    "latency_p99": r"latency|slow|p\d\d|duration",
    "requests": r"traffic|requests|load",
    "cpu": r"cpu",
    "memory": r"memory|oom|heap",
    "connections": r"connections|pool",
    "restarts": r"restart|crash",
    "disk": r"disk|volume|full|space|runs? out",
    "instances_up": r"instance|pods|up\b",
}
_RATE = 'rate(http_requests_total{{service="{service}"}}[5m])'
_FAILED = 'rate(http_requests_total{{service="{service}",code=~"5.."}}[5m])'
PROMQL: Mapping[str, str] = {
    "error_rate": f"100 * sum({_FAILED}) / sum({_RATE})",
    "latency_p99": "histogram_quantile(0.99, sum by (le) "
    '(rate(http_request_duration_seconds_bucket{{service="{service}"}}[5m])))',
    "requests": f"sum({_RATE})",
    "cpu": 'sum(rate(container_cpu_usage_seconds_total{{service="{service}"}}[5m]))',
    "memory": 'max(container_memory_working_set_bytes{{service="{service}"}})',
    "disk": 'max(volume_used_percent{{service="{service}"}})',
    "connections": 'sum(connection_pool_used{{service="{service}"}})',
    "restarts": 'sum(increase(container_restarts_total{{service="{service}"}}[5m]))',
    "instances_up": 'sum(up{{service="{service}"}})',
}
_NUMBERS: Mapping[str, int] = {
    "pull_request": 0,
    "minutes": 60,
    "hours": 24,
    "days": 90,
    "limit": 20,
    "threshold": 100,
    "reaches": 100,
}
_LOG_WORD = re.compile(r"refused|timeout|timed out|denied|killed|out of memory|[`\"“](.+?)[`\"”]", re.IGNORECASE)
_VERSION = re.compile(r"\bv?\d+\.\d+\.\d+\b")


def arguments(schema: Schema, prompt: Prompt) -> dict[str, Any]:
    """An object of this schema with each required property, and those that the script has something for."""
    wanted = schema.get("properties", {})
    return {name: value(told, prompt, name, tuple(wanted)) for name, told in wanted.items() if name in _needed(schema)}


def value(schema: Schema, prompt: Prompt, name: str = "", beside: tuple[str, ...] = ()) -> Any:
    """One value of this schema. `beside` are the properties next to it, itself among them."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        wanted = _words(name, prompt, beside)
        return wanted if wanted in schema["enum"] else next(filter(None, schema["enum"]), schema["enum"][0])
    if several := schema.get("anyOf", schema.get("allOf")):
        return value(several[0], prompt, name, beside)
    return _of_kind(schema, prompt, name, beside)


def _of_kind(schema: Schema, prompt: Prompt, name: str, beside: tuple[str, ...]) -> Any:
    kind = schema.get("type", "string")
    match kind if isinstance(kind, str) else kind[0]:
        case "object":
            return arguments(schema, prompt)
        case "array":
            return [value(schema["items"], prompt, name)] if schema.get("minItems") else []
        case "integer" | "number":
            return _number(schema, name)
        case "string":
            return _words(name, prompt, beside)
        case other:
            return {"boolean": False, "null": None}[other]


def service_of(prompt: Prompt) -> str:
    """The service that the question names, else the incident's own."""
    named = [name for name in prompt.services if name.lower() in prompt.question.lower()]
    return next(iter((*named, *prompt.services)), "")


def signal_of(question: str) -> str:
    found = (word for word, told in SIGNALS.items() if re.search(rf"\b({told})", question, re.IGNORECASE))
    return next(found, "error_rate")


def version_of(prompt: Prompt) -> str:
    """The version that the question names, else the first that the tools told, else the prompt's."""
    shown = [*(fact.text for fact in prompt.facts), *(line for told in prompt.data for line in told.lines)]
    return _version((prompt.question,)) or version_told(prompt) or _version(shown)


def version_told(prompt: Prompt) -> str:
    """The first version in what the tools told; empty where they told none."""
    return _version([line for use in prompt.uses for told in use.told for line in told.lines])


def _version(lines: Sequence[str]) -> str:
    return next((found[0] for line in lines if (found := _VERSION.search(line))), "")


def _needed(schema: Schema) -> set[str]:
    return set(schema.get("required", ())) | {"service"}


def _number(schema: Schema, name: str) -> int:
    """A small number that fits its name, within the bounds that the schema gives."""
    told = next((number for word, number in _NUMBERS.items() if word in name), 10)
    return int(max(schema.get("minimum", told), min(schema.get("maximum", told), told)))


def _words(name: str, prompt: Prompt, beside: tuple[str, ...]) -> str:
    """What fits a text of this name; the question where the name tells nothing."""
    service, signal = service_of(prompt), signal_of(prompt.question)
    query = "" if "signal" in beside else PROMQL[signal].format(service=service)
    known = {
        **dict.fromkeys(("service",), service),
        **dict.fromkeys(("signal", "metric"), signal),
        **dict.fromkeys(("query", "promql", "expression"), query),
        **dict.fromkeys(("contains",), _log_word(prompt.question)),
        **dict.fromkeys(("level", "text"), ""),  # any level; and the past that is like this incident's own alerts
        **dict.fromkeys(("version", "release", "change", "deployment"), version_of(prompt)),
        **dict.fromkeys(("runbook", "id", "name"), next(iter(prompt.runbooks), "")),
    }
    return known.get(name, prompt.question[:200])


def _log_word(question: str) -> str:
    """A word that lines would hold: one that is quoted, or one that means a failure."""
    found = _LOG_WORD.search(question)
    return (found[1] or found[0]) if found else ""
