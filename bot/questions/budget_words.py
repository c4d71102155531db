"""What people are told of the money for models: where the limits stand, and that one comes near or is spent (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.briefing import Briefing, Section
from bot.domain.words import clock
from bot.questions.model_ports import Spending, Window

NO_KEY = "No model key is set: I answer from evidence alone, and nothing is spent."
HOW = "Calls that run now count with the most that they can cost. Days and months begin at 00:00 UTC."
_NAMES: Mapping[Window, str] = {
    "answer": "This answer",
    "incident": "This incident",
    "person_day": "You today",
    "day": "Everyone today",
    "month": "Everyone this month",
}
_SETTINGS: Mapping[Window, str] = {
    "answer": "BUDGET_ANSWER",
    "incident": "BUDGET_INCIDENT",
    "person_day": "BUDGET_PERSON_DAY",
    "day": "BUDGET_DAY",
    "month": "BUDGET_MONTH",
}


def standing(spendings: Sequence[Spending] | None, now: datetime) -> Briefing:
    """What was spent of each limit, a line each; None: there is no model to spend it on."""
    if spendings is None:
        return Briefing(plain=NO_KEY, headline=NO_KEY)
    title = "Budget for models"
    lines = tuple(_line(one, now) for one in spendings)
    return Briefing(plain=title, headline=f"*{title}*", sections=(Section(lines),), footer=HOW)


def _line(spending: Spending, now: datetime) -> str:
    """«Everyone today *$3.10* of $25.00 · until 00:00 UTC»."""
    name = _NAMES[spending.window]
    if spending.limit.micros <= 0:
        return f"{name}: no model, {_SETTINGS[spending.window]} is 0"
    until = f" · until {_end(spending.until, now)}" if spending.until else ""
    spent = " · spent: evidence only" if spending.spent >= spending.limit else ""
    return f"{name} *{spending.spent}* of {spending.limit}{spent}{until}"


def warning(spending: Spending, stage: Literal["near", "spent"], now: datetime) -> Briefing:
    """One line for the channel of all incidents, about the day or the month."""
    when = "today" if spending.window == "day" else "this month"
    amount = f"*{spending.spent} of {spending.limit}* for models spent {when}"
    until = f"evidence only until {_end(spending.until, now)}" if spending.until else "evidence only"
    if stage == "near":
        percent = spending.spent.micros * 100 // spending.limit.micros
        line = f"⚠️ {amount} ({percent} %) · at 100 % {until}"
    else:
        rest = "" if spending.spent >= spending.limit else ", too little left for a call"
        line = f"⚠️ {amount}{rest} · {until}"
    line += f" · `/incident-action budget` · {_SETTINGS[spending.window]}"
    return Briefing(plain=line.replace("*", "").replace("`", ""), headline=line)


def _end(until: datetime, now: datetime) -> str:
    """«00:00 UTC» for the next midnight, «1 Dec 00:00 UTC» for a later one."""
    last_moment = until - timedelta(microseconds=1)
    return f"{until:%H:%M} UTC" if last_moment.date() == now.date() else f"{clock(until, now)} UTC"
