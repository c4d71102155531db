"""Which of the models that we know something about a name means."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DATED = re.compile(r"(?:-\d{8}|-latest)?")


def known(model: str, names: Iterable[str]) -> str | None:
    """The one of `names` that this model is, whatever its date; None where it is another, such as a later version."""
    fitting = [name for name in names if model.startswith(name) and _DATED.fullmatch(model.removeprefix(name))]
    return max(fitting, key=len, default=None)
