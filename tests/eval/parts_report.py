"""What each witness brings, and what the levels of confidence are worth where they were not chosen: tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.evidence.ranking import LEVELS, Levels
from tests.bench.table import markdown
from tests.eval.cases import Answers, Case
from tests.eval.levels import Tally, Weighed, chosen, judged
from tests.eval.pairs import difference, first, reciprocal
from tests.eval.report import ENGINE, Measured, accused, share


@dataclass(frozen=True, slots=True)
class Worth:
    """What answers come to: the more the better, but for `accused`."""

    first: int
    """Faults whose cause comes first."""
    high: int
    """Of these, how many with high confidence."""
    rollouts: int
    """Rollouts that were the cause and are named as such, at the right service."""
    accused: int
    """Quiet recordings with a cause of medium or high confidence."""
    ranks: float
    """Reciprocal ranks, added up."""


def worth(part: Measured) -> Worth:
    """What the engine's answers come to."""
    right = [c for c, place in zip(part.faults, part.places(ENGINE, part.faults), strict=True) if place == 1]
    answers = part.answers[ENGINE]
    return Worth(
        first=len(right),
        high=sum(answers[case.name].sure == "high" for case in right),
        rollouts=sum(case.by_rollout and answers[case.name].blames_rollout for case in right),
        accused=part.accused(ENGINE),
        ranks=sum(map(reciprocal, part.places(ENGINE, part.faults))),
    )


def left_out(measured: Measured, without: Mapping[str, Answers], alone: Mapping[str, Answers]) -> str:
    """The whole engine, then without each witness: what is lost by leaving it out, recording by recording.

    Then what some witnesses can tell alone.
    """
    head = ("left out", "first right", "of it high", "rollouts named", "MRR", "quiet accused", "loss of AC@1", "it")
    whole = worth(measured)
    places = measured.places(ENGINE, measured.faults)
    rows = [(*_row(measured, "nothing", whole), "", "")]
    for name, answers in without.items():
        part = replace(measured, answers={ENGINE: answers})
        loss = difference(places, part.places(ENGINE, part.faults), first)
        told = f"{loss.mean:+.2f} ({loss.low:+.2f} to {loss.high:+.2f})"
        rows.append((*_row(part, name, worth(part)), told, verdict(whole, worth(part))))
    for name, answers in alone.items():
        part = replace(measured, answers={ENGINE: answers})
        rows.append((*_row(part, f"all but {name}", worth(part)), "", ""))
    return markdown(head, rows)


def added(measured: Measured, more: Mapping[str, Answers]) -> str:
    """The engine as it is, then with what should change nothing: what is lost by it, recording by recording."""
    head = ("added", "first right", "of it high", "rollouts named", "MRR", "quiet accused", "loss of AC@1")
    places = measured.places(ENGINE, measured.faults)
    rows = [(*_row(measured, "nothing", worth(measured)), "")]
    for name, answers in more.items():
        part = replace(measured, answers={ENGINE: answers})
        loss = difference(places, part.places(ENGINE, part.faults), first)
        rows.append((*_row(part, name, worth(part)), f"{loss.mean:+.2f} ({loss.low:+.2f} to {loss.high:+.2f})"))
    return markdown(head, rows)


def verdict(whole: Worth, part: Worth) -> str:
    """What a witness does, from what the whole is worth with it and a part without it.

    First places and quiet recordings decide; where both are as they were, confidence, rollouts and ranks do.
    """
    main = (whole.first - part.first, part.accused - whole.accused)
    fine = (whole.high - part.high, whole.rollouts - part.rollouts, round(whole.ranks - part.ranks, 6))
    gains = main if any(main) else fine
    if not any(gains):
        return "changes nothing here"
    word = {(True, False): "helps", (False, True): "HURTS", (True, True): "helps and HURTS"}
    told = word[max(gains) > 0, min(gains) < 0]
    return told if any(main) else f"{told} a little"


def _row(part: Measured, name: str, told: Worth) -> tuple[str, ...]:
    faults = part.faults
    rollouts = sum(case.by_rollout for case in faults)
    return (
        name,
        f"{told.first} of {len(faults)}",
        str(told.high),
        f"{told.rollouts} of {rollouts}" if rollouts else "-",
        f"{told.ranks / len(faults):.2f}",
        f"{told.accused} of {len(part.quiet)}",
    )


def other_system(cases: Sequence[Case], weighed: Mapping[str, Weighed]) -> str:
    """The levels chosen on all other systems, judged on each; beside them the engine's own levels."""
    head = (
        "judged on",
        "levels chosen on",
        "lowest/medium/high/lead/fair",
        "high",
        "medium",
        "low",
        "no cause",
        "accused",
    )
    rows = []
    for system in sorted({case.system for case in cases}):
        here = [case for case in cases if case.system == system]
        rest = [case for case in cases if case.system != system]
        levels = chosen(rest, weighed) if any(not case.quiet for case in rest) else None
        if levels:
            others = ", ".join(sorted({case.system for case in rest}))
            rows.append(_levels_row(system, others, levels, judged(here, weighed, levels)))
        rows.append(_levels_row(system, "the engine's own", LEVELS, judged(here, weighed, LEVELS)))
    return markdown(head, rows)


def _levels_row(system: str, chosen_on: str, levels: Levels, told: Tally) -> tuple[str, ...]:
    figures = f"{levels.lowest:g}/{levels.medium:g}/{levels.high:g}/{levels.lead:g}/{levels.fair:g}"
    words = (share(told, word) for word in ("high", "medium", "low", "no cause named"))
    return f"system {system}", chosen_on, figures, *words, accused(told)
