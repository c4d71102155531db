"""A step and what is known become exactly what will run, or the reason why nothing will."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from runbooks.commands import Program
from runbooks.model import Parameter, Runbook, Step
from runbooks.prepared import Prepared, Value


@dataclass(frozen=True, slots=True)
class Known:
    """What a run knows by now."""

    values: Mapping[str, Value] = field(default_factory=dict)
    rows: tuple[Mapping[str, str], ...] = ()
    """Of the last table that a step left."""
    table: str = ""
    """Name of that table."""


@dataclass(frozen=True, slots=True)
class House:
    """What may be used here."""

    program: Callable[[str], Program]
    """The real program behind a name; raises NotAllowedError."""
    hosts: Collection[str] = ()
    """RUNBOOK_ALLOWED_HOSTS: `host` or `host:port`."""
    env: Collection[str] = ()
    """RUNBOOK_ENV: names that a step may refer to as `{{env.NAME}}`."""


@dataclass(frozen=True, slots=True)
class Skip:
    """The step's condition does not hold."""

    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Variables that the step uses and nobody knows: a person is asked."""

    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """The step cannot or must not run; says what to do."""

    reason: str


def step_at(book: Runbook, path: str) -> Step:
    """The step at `2`, or what undoes it at `2.rollback`. Raises KeyError."""
    raise NotImplementedError


def prepare(book: Runbook, path: str, known: Known, house: House) -> Prepared | Skip | Missing | Refuse:
    """Everything of one step decided and frozen. Pure but for `house.program`; never raises."""
    raise NotImplementedError
