"""The hands: what does a deed, within its limits, and says what became of it."""

from __future__ import annotations

from runbooks.running.hands import RunningHands, open_hands
from runbooks.running.sandbox import sandbox_check
from runbooks.running.settings import HandsSettings

__all__ = ["HandsSettings", "RunningHands", "open_hands", "sandbox_check"]
