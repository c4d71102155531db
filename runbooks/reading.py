"""The reading table: which deeds only look. What is not in it is not a read, whatever a runbook claims."""

from __future__ import annotations

from collections.abc import Sequence

from runbooks.prepared import Deed


def is_read(deed: Deed) -> bool:
    """Whether it only looks, and hands out no secret."""
    raise NotImplementedError


def is_read_command(argv: Sequence[str]) -> bool:
    """The same for a command of which only the arguments are known, `{{variables}}` not put in yet."""
    raise NotImplementedError
