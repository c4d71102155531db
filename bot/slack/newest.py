"""What was last heard of each of many things, of the newest only."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 500
"""So many incidents may be changing at once; what is heard of older ones is asked for anew."""


class Newest(Generic[T]):
    """By name. What was put in longest ago goes first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[str, T] = {}

    def __len__(self) -> int:
        return len(self._known)

    def get(self, name: str) -> T | None:
        return self._known.get(name)

    def put(self, name: str, heard: T) -> None:
        self.forget(name)
        self._known[name] = heard
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]

    def forget(self, name: str) -> None:
        self._known.pop(name, None)
