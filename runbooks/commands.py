"""A command's text becomes a list of arguments, never through a shell; and the one form in which people see it."""

from __future__ import annotations

from dataclasses import dataclass

from runbooks.prepared import Deed


@dataclass(frozen=True, slots=True)
class Program:
    """What is started for a name."""

    path: str
    """Real path, links resolved."""
    digest: str
    """SHA-256 (hex) of the file there."""


class NotAllowedError(Exception):
    """A program or host that no setting allows; says which setting to look at."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CommandError(Exception):
    """A command that cannot be split; says what to write instead."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something in a command that only a shell would understand."""

    found: str
    suggestion: str

    def __str__(self) -> str:
        return f"`{self.found}` is shell syntax, and there is no shell: {self.suggestion}"


def split(text: str) -> tuple[str, ...]:
    """The arguments of a command as POSIX quoting has it; `{{variables}}` stay whole. Raises CommandError."""
    raise NotImplementedError


def shell_syntax(text: str) -> tuple[Mistake, ...]:
    """Everything outside quotes that only a shell would understand, in the order of the text."""
    raise NotImplementedError


def launcher(argv: tuple[str, ...]) -> str:
    """Why this command can run other commands than the one that is shown; empty: it cannot."""
    raise NotImplementedError


def shown(deed: Deed) -> str:
    """The one text in which people see a deed: exact, and never the same for two different deeds."""
    raise NotImplementedError
