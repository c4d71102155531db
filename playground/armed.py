"""Faults on purpose, armed by tests: each that fits is met so many times, in the order in which they were armed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Generic, Protocol, TypeVar


class Countable(Protocol):
    """A frozen dataclass that says how often it is met."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def times(self) -> int | None:
        """None: for ever."""
        ...


F = TypeVar("F", bound=Countable)


class Armed(Generic[F]):
    """The faults that are armed."""

    def __init__(self, fits: Callable[[F], str]) -> None:
        """`fits` gives a fault's pattern of what it is for, such as `chat.*`."""
        self._fits = fits
        self._armed: list[F] = []

    def add(self, *faults: F) -> None:
        self._armed.extend(faults)

    def clear(self) -> None:
        self._armed.clear()

    def meet(self, what: str) -> F | None:
        """The first fault that fits, counted down; None where none does."""
        for index, fault in enumerate(self._armed):
            if fnmatchcase(what, self._fits(fault)):
                self._count_down(index, fault)
                return fault
        return None

    def _count_down(self, index: int, fault: F) -> None:
        if fault.times is None:
            return
        if fault.times <= 1:
            del self._armed[index]
        else:
            self._armed[index] = replace(fault, times=fault.times - 1)
