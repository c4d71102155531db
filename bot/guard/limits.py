"""How much one run may do: actions, running time, and the identical command (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.move import ROLLBACK
from bot.domain.run import MOST_DEEDS, MOST_REPEATS, MOST_RUNNING_S, Event
from bot.runs.progress import begun, seconds_run
from runbooks.prepared import Deed, Exec, Http, Promql


def over(events: Sequence[Event], path: str, left: Sequence[Deed]) -> str:
    """Which limit of the run the deeds that are left of a step would break, and what to do; empty: none.

    What undoes a step breaks none: it is wanted just where the step used them up, and a person always approves it.
    """
    if path.endswith(ROLLBACK):
        return ""
    so_far = begun(events)
    if len(so_far) + len(left) > MOST_DEEDS:
        return (
            f"A run has at most {MOST_DEEDS} actions, and this would be {len(so_far) + len(left)}. Start another run."
        )
    if seconds_run(events) >= MOST_RUNNING_S and any(_repeatable(deed) for deed in left):
        return f"The run has used up its {MOST_RUNNING_S / 60:g} minutes of running time. Start another run."
    times = Counter(key for deed in (*so_far, *left) if (key := _repeatable(deed)))
    if any(times[_repeatable(deed)] > MOST_REPEATS for deed in left if _repeatable(deed)):
        return f"The identical command runs at most {MOST_REPEATS} times in a run. Look why it does not help."
    return ""


def _repeatable(deed: Deed) -> tuple[object, ...]:
    """What makes two commands identical; empty for pauses and messages, which harm nobody."""
    match deed:
        case Exec():
            return (deed.kind, deed.argv, tuple(sorted(deed.env.items())))
        case Http():
            return (deed.kind, deed.method, deed.url, tuple(sorted(deed.headers.items())), deed.body)
        case Promql():
            return (deed.kind, deed.query)
        case _:
            return ()


def within(events: Sequence[Event], path: str, deed: Deed) -> Deed:
    """With no more time than its run has left; what undoes a step has the time of its own."""
    if path.endswith(ROLLBACK) or not isinstance(deed, (Exec, Http, Promql)):
        return deed
    return replace(deed, timeout_s=min(deed.timeout_s, seconds_left(events)))


def seconds_left(events: Sequence[Event]) -> float:
    """Running time that the run has left."""
    return max(0.0, MOST_RUNNING_S - seconds_run(events))
