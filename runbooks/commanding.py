"""An `exec` step's command becomes one program with its arguments, as they will run."""

from __future__ import annotations

import re
from collections.abc import Callable

from runbooks import psql
from runbooks.commands import CommandError, NotAllowedError, Program, launcher, split
from runbooks.filling import Filling, RefusedError, plain_enough, without_references
from runbooks.launchers import base
from runbooks.model import Step
from runbooks.prepared import Exec
from runbooks.reading import is_read_command

Find = Callable[[str], Program]


def command(step: Step, filling: Filling, find: Find) -> Exec:
    """What runs. Raises RefusedError, MissingError."""
    try:
        written = split(without_references(step.command))
        place = psql.place_of(written)
        sql = psql.understood(written[place:]).sql if place is not None else ()
    except (CommandError, psql.PsqlError) as error:
        raise RefusedError(str(error)) from error
    told = {(place or 0) + spot: text for spot, text in sql}
    as_code = bool(step.unsafe or launcher(written))
    argv = tuple(_argument(arg, filling, told.get(spot), as_code) for spot, arg in enumerate(written))
    return started(_with_rows(argv, place), step, find)


def started(argv: tuple[str, ...], step: Step, find: Find) -> Exec:
    """The program behind its name, which may start another one only where the step says why. Raises RefusedError."""
    why = launcher(argv)
    if why and not step.unsafe:
        raise RefusedError(f"{why}; if that must be, the step says why: `unsafe: reason`, which makes it critical")
    try:
        program = find(argv[0])
    except NotAllowedError as error:
        raise RefusedError(error.reason) from error
    env = psql.READ_ONLY if base(argv[0]) == "psql" and is_read_command(argv) else {}
    return Exec(argv, program.path, program.digest, step.timeout_s, dict(env), step.needs)


def _argument(written: str, filling: Filling, sql: str | None, as_code: bool) -> str:  # noqa: FBT001 - what it is
    def form(name: str, value: str, place: int) -> str:
        if place == 0 and value.startswith("-"):
            raise RefusedError(f"`{name}` begins an argument and must not begin with a dash")
        if sql is not None:
            return _in_sql(name, value, _quote_at(written, place))
        return plain_enough(name, value) if as_code else value

    return filling.put(written, form)


_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")


def _in_sql(name: str, value: str, quote: str) -> str:
    """Outside quotes a number, inside them what cannot end them: so SQL stays what was shown."""
    if not quote and not _NUMBER.fullmatch(value):
        raise RefusedError(
            f"`{name}` stands in SQL without quotes and must be a number; write '{{{{{name}}}}}' for a text"
        )
    if re.search(r"['\"\\$;\x00]", value):
        raise RefusedError(f"`{name}` goes into SQL and must not carry a quote, a backslash, `$` or `;`")
    return value


def _quote_at(sql: str, place: int) -> str:
    """The quote that is open at a place of SQL, `'` or `"`; empty: none. A comment or `$$` there is refused."""
    quote = ""
    for spot, char in enumerate(sql[:place]):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif sql.startswith(("--", "/*", "$"), spot) or char == "\\":
            raise RefusedError("SQL that a variable goes into has no comments, `$` or backslashes before it")
        if quote and char == "\\":
            raise RefusedError("SQL that a variable goes into has no backslashes before it")
    return quote


def _with_rows(argv: tuple[str, ...], place: int | None) -> tuple[str, ...]:
    """psql told to print CSV and to stop at the first error."""
    if place is None:
        return argv
    try:
        return (*argv[:place], *psql.safe(argv[place:], psql.understood(argv[place:])))
    except psql.PsqlError as error:
        raise RefusedError(str(error)) from error
