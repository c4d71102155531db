"""How many days an option takes, refused in our words where it is none of them."""

from __future__ import annotations

import typer

MOST = 3_660


def days(text: str) -> int:
    """A whole number of days. Raises typer.BadParameter."""
    told = str(text).strip()
    if not (told.isascii() and told.isdigit() and len(told) <= len(str(MOST)) and 1 <= int(told) <= MOST):
        raise typer.BadParameter(f"takes a whole number of days, 1 to {MOST}")
    return int(told)
