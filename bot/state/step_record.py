"""What one run says of one of its steps, for the record by which a step earns its grant (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.approval import Approved
from bot.domain.run import Checked, DeedBegun, Event, GateDecided, GateOpened, MayHaveRun, StepPrepared


def good_or_not(events: Sequence[Event], step: str) -> bool | None:
    """Whether the step (its name, or its path) ran well; None where no person approved it or nothing of it ran.

    Well: each check after it was good, there was one at least, and nobody lost sight of what it did.
    """
    paths = {
        e.prepared.path for e in events if isinstance(e, StepPrepared) and step in (e.prepared.name, e.prepared.path)
    }
    gates = {e.gate.id for e in events if isinstance(e, GateOpened) and e.gate.path in paths}
    approved = any(
        isinstance(e, GateDecided) and e.gate_id in gates and isinstance(e.verdict, Approved) for e in events
    )
    if not approved or not any(isinstance(e, DeedBegun) and e.path in paths for e in events):
        return None
    checks = [e.ok for e in events if isinstance(e, Checked) and e.path in paths]
    lost = any(isinstance(e, MayHaveRun) and e.path in paths for e in events)
    return bool(checks) and all(checks) and not lost
