"""Recordings once more, with a model: what its second opinion costs, and whether the first cause is better for it.

The bot never reads a recording's truth. The scorer at the end does, to count.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from bot.analyse import analyse
from bot.domain.analysis import Analysis
from bot.domain.context import Context, Report
from bot.domain.incident import Incident, Severity
from bot.domain.money import NOTHING, Account, Money, Usage
from bot.llm.claude import Claude, wanted
from bot.llm.pace import Pace
from bot.questions.consult import Call, Consult
from bot.questions.model_ports import OverBudget, Purse, Spending
from bot.questions.second_opinion import improved
from bot.replaying.replay import BadRecording, read_recording, recordings, result
from bot.settings import Settings, SettingsError

Change = Literal["same", "better", "worse", "other"]
"""`other`: another first cause, of which the recording does not tell whether it is right, or as wrong as before."""


@dataclass(frozen=True, slots=True)
class Told:
    """One recording's line."""

    name: str
    before: str | None
    """The first cause of the evidence alone; None: no cause."""
    after: str | None
    change: Change
    usage: Usage
    cost: Money
    gap: str
    """Why there is no opinion; empty where there is one."""


async def replay_with_model(settings: Settings, paths: Sequence[Path], most: Money, out: TextIO) -> int:
    """One JSON line for each recording, and last one for all together. At most `most` is spent, of no other budget.

    Gives back the exit code: 1 when any recording could not be read. Raises SettingsError without a model.
    """
    told: list[Told] = []
    failures = 0
    async with _model(settings, most) as asking:
        for folder in recordings(paths):
            try:
                told.append(await _one(folder, await asyncio.to_thread(read_recording, folder), asking))
            except BadRecording as error:
                failures += 1
                print(f"replay: {error}", file=sys.stderr)  # noqa: T201 - the command line's own error stream
                continue
            out.write(json.dumps(_line(told[-1])) + "\n")
            out.flush()
    out.write(json.dumps(summary(told)) + "\n")
    return 1 if failures else 0


def summary(told: Sequence[Told]) -> dict[str, object]:
    """All together: how often a model answered, what it took, and what became of the first cause."""
    usage = sum((one.usage for one in told), Usage())
    changes: dict[str, object] = {
        change: sum(one.change == change for one in told) for change in ("same", "better", "worse", "other")
    }
    cost = sum((one.cost for one in told), NOTHING)
    return {
        "recordings": len(told),
        "with_opinion": sum(not one.gap for one in told),
        "tokens": usage.total,
        "dollars": cost.micros / 1e6,
        "first_cause": changes,
    }


@dataclass(slots=True)
class _Asking:
    consult: Consult
    deadline_s: float
    used: Usage


@asynccontextmanager
async def _model(settings: Settings, most: Money) -> AsyncIterator[_Asking]:
    asked = wanted(settings)
    if asked is None:
        raise SettingsError("ANTHROPIC_API_KEY: not set, and --model asks one")
    asking: _Asking

    def told(call: Call) -> None:
        asking.used += call.usage

    pace = Pace(settings.model_requests_per_minute, settings.model_tokens_per_minute)
    consult = Consult(Claude(asked), _Allowance(most), pace, told)
    asking = _Asking(consult, settings.opinion_deadline_s, Usage())
    try:
        yield asking
    finally:
        await consult.close()


async def _one(folder: Path, context: Context, asking: _Asking) -> Told:
    found = await asyncio.to_thread(analyse, context)
    report = Report(context.lean(), found)
    asking.used = Usage()
    better = await improved(asking.consult, _incident(context), report, context.scope.window.until, asking.deadline_s)
    gap = next((gap.reason for gap in better.context.gaps if gap.source == "model"), "")
    before, after = first(found), first(better.analysis)
    cost = better.analysis.cost if better.analysis.cost else NOTHING
    return Told(folder.name, before, after, judged(folder, before, after), asking.used, cost, gap)


def _incident(context: Context) -> Incident:
    """The incident that a bot would have opened."""
    alert = context.scope.alerts[0]
    return Incident(
        id=context.scope.incident_id,
        service=context.scope.service.name,
        env=context.scope.env,
        severity=Severity.of(alert.severity),
        title=alert.name,
        status="open",
        started_at=alert.starts_at,
        opened_at=alert.starts_at,
        alerts=context.scope.alerts,
    )


def first(found: Analysis) -> str | None:
    """The service of the likeliest cause."""
    return result(found)[0]["service"]


def judged(folder: Path, before: str | None, after: str | None) -> Change:
    """What the truth beside the recording says of the change; without one nobody can say."""
    if before == after:
        return "same"
    try:
        truth = json.loads((folder / "truth.json").read_text())
        right = {truth["service"], *truth.get("services_ok", ())}
    except (OSError, ValueError, LookupError, TypeError):
        return "other"
    if (before in right) == (after in right):
        return "other"
    return "better" if after in right else "worse"


def _line(told: Told) -> dict[str, object]:
    return {
        "recording": told.name,
        "first_cause": told.after,
        "without_model": told.before,
        "change": told.change,
        "tokens": told.usage.total,
        "dollars": told.cost.micros / 1e6,
        **({"no_opinion": told.gap} if told.gap else {}),
    }


class _Allowance(Purse):
    """A sum for this one command, in this process alone."""

    def __init__(self, most: Money) -> None:
        self._most = most
        self._spent = NOTHING
        self._open: dict[str, Money] = {}
        self._number = 0

    async def reserve(self, account: Account, model: str, most: Money) -> str:
        aside = sum(self._open.values(), self._spent)
        if (aside + most).micros > self._most.micros:
            raise OverBudget("answer", self._most, self._spent, None)
        self._number += 1
        self._open[str(self._number)] = most
        return str(self._number)

    async def settle(self, reservation: str, usage: Usage, cost: Money) -> None:
        self._open.pop(reservation, None)
        self._spent += cost

    async def standing(self, account: Account) -> tuple[Spending, ...]:
        return ()

    async def spent_on(self, incident_id: str, story: str = "", answer_id: str = "") -> Money:
        return self._spent
