"""Values put into texts: each checked by its pattern, each staying where it was put."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from runbooks.model import Parameter, Runbook
from runbooks.prepared import Value
from runbooks.variables import VARIABLE, declared, malformed_in, names_in, references_in, wrong


class RefusedError(Exception):
    """The step cannot or must not run; says what to do."""


class MissingError(Exception):
    """Variables that nobody knows."""

    def __init__(self, parameters: tuple[Parameter, ...]) -> None:
        super().__init__(", ".join(parameter.name for parameter in parameters))
        self.parameters = parameters


@dataclass(slots=True)
class Filling:
    """Values of one deed, and which of them it used."""

    book: Runbook
    values: Mapping[str, Value]
    row: Mapping[str, str] = field(default_factory=dict)
    """Columns of the row for which the deed is done; they go before everything else."""
    row_source: str = ""
    used: dict[str, Value] = field(default_factory=dict)

    def value(self, name: str) -> Value | None:
        """What is known of a variable, unchecked: the row's, what is known, the default."""
        if name in self.row:
            return Value(self.row[name], self.row_source)
        if name in self.values:
            return self.values[name]
        default = declared(self.book, name).default
        return None if default is None else Value(default, "default of the runbook")

    def need(self, names: tuple[str, ...]) -> None:
        """Raises MissingError with every one that is not known."""
        missing = tuple(declared(self.book, name) for name in names if self.value(name) is None)
        if missing:
            raise MissingError(missing)

    def checked(self, name: str) -> str:
        """The text of a variable that matches its pattern, noted as used. Raises MissingError, RefusedError."""
        self.need((name,))
        value = self.value(name)
        assert value is not None  # noqa: S101 - `need` has seen it
        reason = wrong(declared(self.book, name), value.text)
        if reason:
            raise RefusedError(f"{reason}; it came from: {value.source}. Give it another value, or mend its source")
        self.used[name] = value
        return value.text

    def put(self, text: str, form: Callable[[str, str, int], str] = lambda _name, value, _place: value) -> str:
        """The text with every variable put in; `form(name, value, place)` says how. `{{env.NAME}}` stays as it is.

        Raises RefusedError for what is no variable. No value carries braces, so none becomes a variable or a reference.
        """
        if malformed := malformed_in(text):
            raise RefusedError(f"`{malformed[0]}` is no variable; write `{{{{name}}}}` with letters, digits and _")
        self.need(names_in(text))
        return VARIABLE.sub(lambda found: form(found[1], self.checked(found[1]), found.start()), text)


def without_references(text: str) -> str:
    """The text itself. Raises RefusedError where it refers to the environment."""
    if found := references_in(text):
        raise RefusedError(
            f"`{{{{env.{found[0]}}}}}` may stand only in a header's value or a body of `http`; "
            "a program finds the variables of RUNBOOK_ENV in its environment"
        )
    return text


_IN_SHELL = re.compile(r"[A-Za-z0-9._:/@%+,-]*")


def plain_enough(name: str, value: str) -> str:
    """The value, if no program could read it as anything but a word. Raises RefusedError."""
    if not _IN_SHELL.fullmatch(value):
        raise RefusedError(
            f"`{name}` goes into a text that a program reads as code; it may hold letters, digits, . _ : / -"
        )
    return value
