"""What stands behind `run`: a runbook, its values, and for which incident it is meant (pure)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from bot.domain.text import code
from bot.runs.start_run import NotRunError
from bot.sections.steps import INCIDENT
from runbooks.model import Runbook
from runbooks.variables import needed

_QUOTES = str.maketrans("“”„‘’", '"""\'\'')
"""Phones make quotes of these kinds."""


def arguments(rest: str) -> tuple[str, dict[str, str]]:
    """A runbook's id and its `name=value` pairs. Raises NotRunError."""
    try:
        words = shlex.split(rest.translate(_QUOTES))
    except ValueError:
        raise NotRunError('A quote is not closed: name="value with spaces".') from None
    if not words:
        raise NotRunError(
            "Which runbook? `/incident-action` lists those that match: `/incident-action run &lt;runbook&gt;`."
        )
    pairs = [word.partition("=") for word in words[1:]]
    if stray := next((name for name, sign, _ in pairs if not sign or not name), ""):
        raise NotRunError(f"{code(stray)} is no value: write name=value, such as `namespace=payments`.")
    return words[0], {name: text for name, _, text in pairs}


def for_whom(book: Runbook, given: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Which incident is meant, empty for that of the channel, and the values for the runbook.

    Where the runbook itself asks for a value of that name, it is the runbook's.
    """
    if any(parameter.name == INCIDENT for parameter in needed(book)):
        return "", dict(given)
    return given.get(INCIDENT, ""), {name: text for name, text in given.items() if name != INCIDENT}
