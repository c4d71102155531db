"""Calls that come back to where they began: services that call each other are taken together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence


def circles(callees: Mapping[str, Sequence[str]], names: Iterable[str]) -> dict[str, int]:
    """Service → the number of its circle: those that call each other, in however many steps, have the same one.

    What a circle calls has a smaller number than the circle itself. Tarjan's walk (SIAM J. Computing, 1972), without
    recursion: a chain of calls may be longer than Python's stack.
    """
    walk = _Walk(callees)
    for name in names:
        if name not in walk.low:
            walk.down(name)
    return walk.found


class _Walk:
    """Depth first; a service whose calls come back to nothing before it closes the circle that hangs below it."""

    def __init__(self, callees: Mapping[str, Sequence[str]]) -> None:
        self._callees = callees
        self.found: dict[str, int] = {}
        self.low: dict[str, int] = {}
        """Service → the earliest place of the walk to which its calls come back."""
        self._place: dict[str, int] = {}
        self._open: list[str] = []
        self._circles = 0

    def down(self, start: str) -> None:
        steps = [self._enter(start)]
        while steps:
            name, rest = steps[-1]
            callee = next((one for one in rest if one not in self.found), None)
            if callee is None:
                steps.pop()
                self._leave(name, steps[-1][0] if steps else None)
            elif callee in self._place:
                self.low[name] = min(self.low[name], self._place[callee])
            else:
                steps.append(self._enter(callee))

    def _enter(self, name: str) -> tuple[str, Iterator[str]]:
        self._place[name] = self.low[name] = len(self._place)
        self._open.append(name)
        return name, iter(self._callees.get(name, ()))

    def _leave(self, name: str, caller: str | None) -> None:
        if self.low[name] == self._place[name]:
            member = ""
            while member != name:
                member = self._open.pop()
                self.found[member] = self._circles
            self._circles += 1
        if caller is not None:
            self.low[caller] = min(self.low[caller], self.low[name])
