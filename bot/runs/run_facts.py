"""What the audit keeps of gates and deeds: JSON, with the texts that people were shown (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.approval import Approved, Denied, Expired, Gate, Halted, Verdict
from runbooks.commands import shown
from runbooks.prepared import Prepared


def of_gate(gate: Gate, prepared: Prepared) -> Mapping[str, Any]:
    """What was asked, of whom, until when."""
    return {
        "gate": gate.id,
        "path": gate.path,
        "step": prepared.name,
        "shown": [shown(deed) for deed in prepared.deeds],
        "digest": gate.digest,
        "risk": gate.risk,
        "asked_by": gate.asked_by,
        "approvers": list(gate.approvers),
        "people": gate.people,
        "asker_may": gate.asker_may,
        "expires_at": gate.expires_at.isoformat(),
        "warned": gate.warned,
    }


def of_verdict(gate: Gate, verdict: Verdict) -> Mapping[str, Any]:
    """How it was decided, and by whom."""
    facts: dict[str, Any] = {"gate": gate.id, "path": gate.path, "digest": gate.digest, "verdict": verdict.kind}
    match verdict:
        case Approved(by):
            facts["by"] = list(by)
        case Denied(by):
            facts["by"] = [by]
        case Halted(reason, by):
            facts |= {"by": [by], "reason": reason}
        case Expired():
            pass
    return facts


def of_deed(prepared: Prepared, index: int) -> Mapping[str, Any]:
    """Exactly what is run."""
    return {
        "path": prepared.path,
        "step": prepared.name,
        "index": index,
        "of": len(prepared.deeds),
        "shown": shown(prepared.deeds[index]),
    }
