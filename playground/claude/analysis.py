"""An analysis in the form that is asked for: what the evidence engine found, said again as a model would say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.claude.arguments import Schema, service_of, value
from playground.claude.postmortem import CHAPTERS, chapters
from playground.claude.prompt import Cause, Prompt

MOST_AFFECTED = 5
MOST_FACTS = 4


def analysis(schema: Schema, prompt: Prompt) -> Any:
    """A value of the schema; what the schema does not have is left out, what it has besides is filled in."""
    written = set(CHAPTERS) <= schema.get("properties", {}).keys()
    return _conform(schema, chapters(prompt.lines) if written else _known(prompt), prompt)


def _known(prompt: Prompt) -> dict[str, Any]:
    """Everything that the script can say of an incident."""
    return {
        "summary": _summary(prompt),
        "causes": [_cause(cause, prompt) for cause in prompt.causes[:2]],
        "first_steps": [_step(prompt)] if service_of(prompt) else [],
        "affected": list(dict.fromkeys(fact.service for fact in prompt.facts))[:MOST_AFFECTED],
    }


def _summary(prompt: Prompt) -> str:
    facts = [f"{fact.service}: {fact.text} [{fact.id}]" for fact in prompt.facts[:2]]
    return ". ".join(facts) + "." if facts else "Nothing is known yet but the alert."


def _cause(cause: Cause, prompt: Prompt) -> dict[str, Any]:
    """With its confidence as it was told, and the findings that it rests on or that speak of its service."""
    own = [fact.id for fact in prompt.facts if fact.service == cause.service]
    return {
        "service": cause.service,
        "text": cause.text,
        "confidence": cause.confidence,
        "facts": list(cause.facts or own)[:MOST_FACTS],
        "ruled_out_by": f"{cause.service} failing in the same way before the onset",
    }


def _step(prompt: Prompt) -> dict[str, str]:
    service = service_of(prompt)
    namespace = prompt.namespaces.get(service)
    where = f" -n {namespace}" if namespace else ""
    return {"text": f"See what of {service} runs now", "command": f"kubectl get deployment {service}{where} -o wide"}


def _conform(schema: Schema, known: Any, prompt: Prompt, name: str = "") -> Any:
    """What is known, as far as the schema has a place for it; the rest as the schema's own kind of value."""
    kind = schema.get("type")
    if kind == "object" and isinstance(known, Mapping):
        wanted = schema.get("properties", {})
        return {key: _conform(told, known.get(key), prompt, key) for key, told in wanted.items()}
    if kind == "array" and isinstance(known, list):
        return [_conform(schema["items"], one, prompt, name) for one in known]
    if "enum" in schema:
        return known if known in schema["enum"] else value(schema, prompt, name)
    return known if _is(kind, known) else value(schema, prompt, name)


def _is(kind: object, known: Any) -> bool:
    match kind:
        case "string":
            return isinstance(known, str)
        case "integer" | "number":
            return isinstance(known, int | float) and not isinstance(known, bool)
        case _:
            return False
