"""References to named variables of the environment: put in at the last moment, and masked in whatever comes back."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from runbooks.commands import NotAllowedError
from runbooks.running.settings import HandsSettings

_REFERENCE = re.compile(r"\{\{\s*env\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_SECRET = re.compile(r"PASS|TOKEN|SECRET|KEY$|CREDENTIAL|AUTH", re.IGNORECASE)
"""Names whose values are masked in what a program writes; a PGHOST or a KUBECONFIG is no secret."""
_SHORTEST = 4
"""Characters; what is shorter is in any text by chance."""


def references(text: str) -> frozenset[str]:
    """The names of variables that a text refers to as `{{env.NAME}}`."""
    return frozenset(_REFERENCE.findall(text))


def resolve(names: frozenset[str], settings: HandsSettings) -> Mapping[str, str]:
    """Name → value. Raises NotAllowedError for a name that is not listed, not set, or cannot stand in one line."""
    found: dict[str, str] = {}
    for name in sorted(names):
        if name not in settings.env:
            raise NotAllowedError(f"`{{{{env.{name}}}}}` is not in RUNBOOK_ENV; add {name} there, or take it out")
        value = settings.environ.get(name, "").strip()
        if not value:
            raise NotAllowedError(f"{name} is not set; set it in the bot's environment")
        if not value.isprintable():
            raise NotAllowedError(f"{name} holds a line break or another control character; set it as one plain line")
        found[name] = value
    return found


def put_in(text: str, values: Mapping[str, str]) -> str:
    """The text with each reference's value; a value is never read for references itself."""
    return _REFERENCE.sub(lambda found: values[found[1]], text)


def secrets_of(values: Mapping[str, str]) -> Mapping[str, str]:
    """Those of a program's variables that look like secrets by their names."""
    return {name: value for name, value in values.items() if _SECRET.search(name)}


def mask(text: str, values: Mapping[str, str]) -> str:
    """The text with references in the place of their values, also where these come back quoted or encoded."""
    for name, value in sorted(values.items(), key=lambda item: -len(item[1])):
        for form in _forms(value):
            text = text.replace(form, f"{{{{env.{name}}}}}")
    return text


def mask_cut(text: str, values: Mapping[str, str]) -> str:
    """The same for a text that was cut: without its last characters, which may be the beginning of a secret."""
    longest = max((len(form) for value in values.values() for form in _forms(value)), default=0)
    return mask(text, values)[: -longest or None]


def _forms(value: str) -> tuple[str, ...]:
    if len(value) < _SHORTEST:
        return ()
    coded = base64.b64encode(value.encode()).decode()
    return tuple(dict.fromkeys((value, json.dumps(value)[1:-1], quote(value, safe=""), coded, coded.rstrip("="))))
