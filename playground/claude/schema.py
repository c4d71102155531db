"""What a JSON schema has to be for the API to hold an answer to it: closed objects and few keywords."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from playground.claude.errors import invalid

_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
_ANYWHERE = {
    "type",
    "description",
    "title",
    "default",
    "enum",
    "const",
    "anyOf",
    "allOf",
    "$ref",
    "$defs",
    "definitions",
}
_OF_TYPE: Mapping[str, set[str]] = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems"},
    "string": {"format"},
}
Schema = Mapping[str, Any]


def check_object(schema: Schema, where: str) -> None:
    """A tool's input: an object by its schema, whatever else it says."""
    if schema.get("type") != "object":
        missing = "type" not in schema
        raise invalid(f"{where}.type: " + ("Field required" if missing else "Input should be 'object'"))
    for part in _parts(schema):
        kind = part.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        if any(one is not None and one not in _TYPES for one in kinds):
            raise invalid(
                f"{where}: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
                "(https://json-schema.org/draft/2020-12)."
            )


def check_strict(schema: Schema, where: str) -> None:
    """A schema that the answer is held to. Raises ApiError."""
    try:
        inlined(schema)
    except LookupError as wrong:
        raise invalid(f"{where}: {wrong.args[0]}") from None
    for part in _parts(schema):
        for problem in _problems(part):
            raise invalid(f"{where}: {problem}")


def inlined(schema: Schema) -> Schema:
    """The schema with what each `$ref` names in its place. Raises LookupError for one that names nothing, or itself."""
    whole: Schema = _inline(schema, schema.get("$defs", {}), ())
    return whole


def _inline(part: Any, named: Schema, within: tuple[str, ...]) -> Any:
    if isinstance(part, list):
        return [_inline(one, named, within) for one in part]
    if not isinstance(part, Mapping):
        return part
    if "$ref" not in part:
        return {key: _inline(one, named, within) for key, one in part.items() if key != "$defs"}
    name = str(part["$ref"]).removeprefix("#/$defs/")
    if name in within:
        raise LookupError("Recursive schemas are not supported")
    if name not in named:
        raise LookupError(f"'{part['$ref']}' names nothing in '$defs'")
    return _inline(named[name], named, (*within, name))


def _problems(part: Schema) -> Iterator[str]:
    kind = part.get("type", [])
    kinds = [kind] if isinstance(kind, str) else kind
    if not {"type", "anyOf", "allOf", "$ref", "enum", "const"} & set(part):
        yield "Schema must have a 'type', 'anyOf', 'allOf', '$ref', 'enum' or 'const'"
    for unknown in (one for one in kinds if one not in _TYPES):
        yield f"'{unknown}' is not a type"
    if strange := sorted(set(part) - _ANYWHERE.union(*(_OF_TYPE.get(one, set()) for one in kinds))):
        yield f"For '{' or '.join(kinds) or 'any'}' type, properties {', '.join(strange)} are not supported"
    if "object" in kinds and part.get("additionalProperties") is not False:
        yield "For 'object' type, 'additionalProperties' must be explicitly set to false"
    if missing := sorted(set(part.get("required", [])) - set(part.get("properties", {}))):
        yield f"'required' names {', '.join(missing)}, and 'properties' does not"
    if part.get("minItems", 0) not in (0, 1):
        yield "For 'array' type, 'minItems' values other than 0 or 1 are not supported"


def _parts(schema: Schema) -> Iterator[Schema]:
    """It, and every schema inside it."""
    yield schema
    inside = [
        *(part for name in ("properties", "$defs", "definitions") for part in schema.get(name, {}).values()),
        *(part for name in ("anyOf", "allOf", "oneOf") for part in schema.get(name, [])),
        *([schema["items"]] if "items" in schema else []),
    ]
    for part in inside:
        if isinstance(part, Mapping):
            yield from _parts(part)
