"""Answers at a gate -> a decision (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.approval import Decision, Gate, Stop, Vote


def decide(gate: Gate, votes: Sequence[Vote], now: datetime, stop: Stop | None) -> Decision:
    """Whether exactly this may run. `votes` in the order in which they were read; `stop`: the kill switch, if on."""
    raise NotImplementedError


def why_not(gate: Gate, vote: Vote) -> str:
    """Why this answer does not count, as a sentence of mrkdwn for whoever gave it; empty where it counts."""
    raise NotImplementedError
