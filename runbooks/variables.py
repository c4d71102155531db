"""What may be put into a step, and in which form: `{{name}}`, its pattern, and where its value comes from."""

from __future__ import annotations

from collections.abc import Mapping

from runbooks.model import Parameter, Runbook

DEFAULT = r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,252}"
"""Pattern of a variable that nobody declared: never begins with a dash, never carries a quote or a space."""


def names_in(text: str) -> tuple[str, ...]:
    """The variables that a text uses, each once, in the order of the text; not `{{env.NAME}}`."""
    raise NotImplementedError


def needed(book: Runbook) -> tuple[Parameter, ...]:
    """Every variable of the runbook, declared or not, without those that its steps leave, each with its pattern."""
    raise NotImplementedError


def pattern_of(parameter: Parameter) -> str:
    """The regular expression that a value must match from its first character to its last."""
    raise NotImplementedError


def wrong(parameter: Parameter, text: str) -> str:
    """Why this is no value for it, as a sentence that says what it must be; empty: it is one."""
    raise NotImplementedError


SIGNALS: Mapping[str, str] = {}
"""Names that teams use for what the briefing measures, and the signal of `integrations/signals.py` behind each."""
