"""Runs, steps and events for the tests of what comes next."""

from dataclasses import replace

from bot.domain.approval import Approved, Denied, Expired, Halted
from bot.domain.run import (
    Checked,
    Chosen,
    DeedBegun,
    DeedEnded,
    Ended,
    GateDecided,
    GateOpened,
    MayHaveRun,
    Run,
    StepPrepared,
    StepRefused,
    StepSkipped,
    StepsLeft,
    Stopped,
)
from runbooks.model import Parse, Runbook, Step
from runbooks.prepared import Check, Exec, Outcome, Prepared, Promql, Say, Value, Wait, digest
from tests.rules.made import ASKED, GATE

AT = ASKED
STEPS = (Step("exec", name="look"), Step("exec", name="restart"), Step("exec", name="look again"))
RUN = Run(
    id="R4MZ81",
    incident_id="INC-1",
    runbook=Runbook("restart-service", "Restart", STEPS),
    given={"service": Value("cart", "the incident")},
    target="cart",
    channel_id="C1",
    asked_by="ASKER",
    asked_at=AT,
    profile="production",
)
LOOK = Promql("up", 10.0)
GOOD = Check(LOOK, 0.0)


def run_of(*steps, **changes):
    return replace(RUN, runbook=replace(RUN.runbook, steps=steps or STEPS), **changes)


def command(*words, timeout=60.0):
    return Exec(words or ("kubectl", "rollout", "restart"), "/usr/bin/kubectl", "0" * 64, timeout)


def step(path, *deeds, ruling="ask", **changes):
    """A step that stands prepared; a read where it runs unasked, unless said otherwise."""
    made = {"reads": ruling == "run", "asks": False, "values": {}, "risk": "medium", "name": f"step {path}"} | changes
    return StepPrepared(AT, Prepared(path=path, deeds=deeds or (command("do", path),), **made), ruling)


def gate_of(prepared, gate_id="G1", run=RUN):
    """The gate that shows exactly this."""
    what = prepared.prepared
    return replace(GATE, id=gate_id, run_id=run.id, path=what.path, digest=digest(run.id, what))


def opened(prepared, gate_id="G1"):
    return GateOpened(AT, gate_of(prepared, gate_id))


def approved(gate_id="G1"):
    return GateDecided(AT, gate_id, Approved(("ANN",)))


def denied(gate_id="G1"):
    return GateDecided(AT, gate_id, Denied("ANN"))


def expired(gate_id="G1"):
    return GateDecided(AT, gate_id, Expired())


def halted(gate_id="G1"):
    return GateDecided(AT, gate_id, Halted("the wrong cluster"))


def begun(path, index=0):
    return DeedBegun(AT, path, index)


def ended(path, index=0, result="done", seconds=1.0, **changes):
    exits = {"done": 0, "failed": 1}
    return DeedEnded(AT, path, index, Outcome(result, exits.get(result), seconds=seconds, **changes), "hash")


def did(path, index=0, **outcome):
    return (begun(path, index), ended(path, index, **outcome))


def asked(prepared, gate_id="G1"):
    """Prepared, shown, approved."""
    return (prepared, opened(prepared, gate_id), approved(gate_id))


def lost(path, index=0):
    return MayHaveRun(AT, path, index)


def chosen(path, choice):
    return Chosen(AT, path, choice, "ANN")


def checked(path, ok, said="exit 1"):
    return Checked(AT, path, ok, said)


def left(path, values=None, rows=(), table=""):
    return StepsLeft(AT, path, values or {}, rows, table)


def skipped(path):
    return StepSkipped(AT, path, "memory is at 40 %")


def refused(path, reason="`pod` is not known"):
    return StepRefused(AT, path, reason)


def stopped(reason="/incident-action stop"):
    return Stopped(AT, "ANN", reason)


def over(result="done", reason=""):
    return Ended(AT, result, reason)


__all__ = ["Parse", "Say", "Step", "Value", "Wait"]
