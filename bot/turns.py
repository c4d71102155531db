"""One at a time at what has the same name."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """A lock for each name, for as long as somebody holds it or waits for it: those of the past cost nothing."""

    def __init__(self) -> None:
        self._held: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._held)

    def __getitem__(self, name: str) -> asyncio.Lock:
        return self._held.setdefault(name, asyncio.Lock())
