"""Where in the call graph the trouble lies: the deepest service whose own trouble nothing below it explains.

Slowness and errors travel upwards, from the called to the caller. So a service that is slow while something that
it calls is in trouble is only a messenger, and the one at the end of the chain is the suspect. The witnesses:

- resource: its own CPU, memory, disk, connections, restarts or instances moved, and more than its traffic did;
- symptom: it answers slowly or with errors, by figures taken where the request is served;
- network: callers wait longer for it than it takes to answer; what is left is the way between them. Where that is
  so for most of what one caller calls, it is the caller's way;
- failing fast: its traffic and its latency fell together while users see trouble: it refuses instead of working;
- broken flow: its own traffic is steady and what it passes on to those it calls has dropped.

Walking down the graph from the alert, after MicroRCA (Wu et al., NOMS 2020) and the measured effect of it here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from bot.evidence.log_patterns import Growth
from bot.evidence.onset import Shift

MESSENGER = 0.85
"""How much of a caller's symptom a callee in full trouble explains. Not all: a caller may make it worse by itself."""


@dataclass(slots=True)
class Standing:
    """What figures say of one service, each witness from 0 to 1, with the shifts that it rests on."""

    service: str
    resource: float = 0.0
    symptom: float = 0.0
    """As seen; before what callees explain is taken off."""
    own_symptom: float = 0.0
    """What no callee explains."""
    network: float = 0.0
    failing_fast: float = 0.0
    broken_flow: float = 0.0
    logs: float = 0.0
    """Log patterns that grew, as seen."""
    complaints: float = 0.0
    """Those of errors and warnings alone."""
    own_logs: float = 0.0
    """What no callee explains."""
    growths: list[Growth] = field(default_factory=list)
    shifts: dict[str, list[Shift]] = field(default_factory=lambda: defaultdict(list))
    """Witness → its shifts, the strongest first."""

    @property
    def trouble(self) -> float:
        """All witnesses together: one minus the product of what each leaves open."""
        return either(self.figures, self.own_logs)

    @property
    def ails(self) -> float:
        """Trouble without what only infos say: whatever starts says new things, and nothing is wrong."""
        return either(self.figures, min(self.own_logs, self.complaints))

    @property
    def figures(self) -> float:
        """All that figures say, without logs."""
        return either(self.resource, self.own_symptom, self.network, self.failing_fast, self.broken_flow)


def either(*shares: float) -> float:
    """Noisy or: independent witnesses add up, and one with nothing to say takes nothing away."""
    left = 1.0
    for share in shares:
        left *= 1 - min(max(share, 0.0), 0.99)
    return 1 - left
