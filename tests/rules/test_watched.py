"""Whether a change helped, by its signals before and after; and which changes are watched."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.analysis import SignalState
from bot.domain.run import Ended
from bot.domain.watched import BACK, Before, judge
from bot.life.compose_watch import outcome, watched
from bot.life.see_changes import of_changes, of_run
from integrations.contract import Change
from runbooks.prepared import Exec
from tests.rules.runs import RUN, asked, begun, checked, chosen, did, lost, skipped, step

NOW = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)


def state(value, *, normal=0.3, bad=False, signal="error_rate"):
    return SignalState("cart", signal, value, normal, bad=bad)


def before(value, *, bad=True, signal="error_rate"):
    return Before(signal, value, bad)


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [
        ([before(23.4)], [state(0.4)], "helped"),
        ([before(23.4)], [state(9.0, bad=True)], "partly"),
        ([before(23.4)], [state(3.0)], "partly"),
        ([before(23.4)], [state(20.0, bad=True)], "no change"),
        ([before(23.4)], [state(40.0, bad=True)], "worse"),
        ([before(0.3, bad=False)], [state(0.3)], "nothing to mend"),
        ([before(0.3, bad=False)], [state(9.0, bad=True)], "worse"),
        ([], [], "not seen"),
        ([], [state(0.3)], "not seen"),
        ([], [state(9.0, bad=True)], "not seen"),
        ([before(9.0)], [state(9.0, bad=True), state(9, bad=True, signal="cpu")], "worse"),
        ([before(23.4)], [state(0.4, normal=None)], "not seen"),
        ([before(9), before(2, signal="cpu")], [state(0.3), state(2, bad=True, signal="cpu")], "partly"),
        ([before(9), before(2, signal="cpu")], [state(0.3), state(0.3, signal="cpu")], "helped"),
        ([before(9), before(0.3, bad=False, signal="cpu")], [state(0.3), state(9, bad=True, signal="cpu")], "worse"),
    ],
)
def test_the_verdict(was, now, verdict):
    assert judge(was, now, NOW).verdict == verdict


FIGURES = st.floats(0, 1e6)


@given(st.lists(st.tuples(FIGURES, FIGURES, st.booleans(), st.booleans()), max_size=5))
def test_it_helped_only_when_all_that_was_bad_is_back_and_nothing_else_is_bad(signals):
    was = [before(then, bad=bad, signal=f"s{n}") for n, (then, _, bad, _) in enumerate(signals)]
    now = [state(value, bad=bad, signal=f"s{n}") for n, (_, value, _, bad) in enumerate(signals)]
    verdict = judge(was, now, NOW).verdict
    back = all(abs(value - 0.3) <= abs(then - 0.3) * BACK for then, value, bad, _ in signals if bad)
    mended = any(bad for _, _, bad, _ in signals) and not any(bad for *_, bad in signals) and back
    assert (verdict == "helped") == mended
    assert verdict != "worse" or any(one.bad for one in now)


def said(judged, *, over):
    made = NOW - timedelta(minutes=15)
    message = watched("v2.34.0 of <!channel> cart, deployed", made, judged, over=over, until=NOW)
    return "\n".join((message.headline, *(line for section in message.sections for line in section.lines)))


def test_the_message_has_the_figure_beside_what_it_was_and_its_normal():
    text = said(judge([before(23.4)], [state(0.4)], NOW), over=True)
    assert "<!channel>" not in text
    assert "15 min later: ✅ it helped" in text
    assert "Errors *0.4 %* (was 23.4 %, normal 0.3 %) · back to normal" in text


def test_no_change_is_no_verdict_before_the_end():
    judged = judge([before(23.4)], [state(23.0, bad=True)], NOW)
    assert "no change so far" in said(judged, over=False)
    assert "it did not help" in said(judged, over=True)
    assert outcome(judged) == "it did not help"


def change(minutes, what="deployment"):
    return Change("cart", what, NOW + timedelta(minutes=minutes), f"v{minutes}")


def test_only_what_was_rolled_out_since_the_incident_was_opened_is_watched():
    changes = [change(-5), change(3), change(1), change(2, "merge"), change(4, "release"), change(60)]
    changes.append(change(5, "deployment request"))
    found = of_changes(changes, NOW, NOW + timedelta(minutes=10))
    assert [one.what for one in found] == ["v1 of cart, deployed", "v3 of cart, deployed", "v4 of cart, released"]
    assert len({one.key for one in found}) == 3


LOOKED = (step("1", Exec(("kubectl", "get", "pods"), "/usr/bin/kubectl", "", 60.0), ruling="run"), *did("1"))
CHANGES = asked(step("2"))


@pytest.mark.parametrize(
    ("events", "end", "watched_"),
    [
        ([*LOOKED, *CHANGES, *did("2")], "done", True),
        ([*LOOKED, *CHANGES, *did("2"), checked("2", ok=False)], "failed", True),
        ([*LOOKED, *CHANGES, begun("2"), lost("2"), chosen("2", "check"), checked("2", ok=True)], "done", True),
        ([*LOOKED, *CHANGES, begun("2"), lost("2")], "failed", False),
        ([*LOOKED, *CHANGES, *did("2", result="failed")], "failed", False),
        ([*LOOKED, *CHANGES, *did("2")], None, False),
        ([*LOOKED, *CHANGES, *did("2")], "stopped", False),
        ([*LOOKED, skipped("2")], "done", False),
        ([], "done", False),
    ],
)
def test_a_run_is_watched_once_it_came_to_its_end_and_changed_something(events, end, watched_):
    found = of_run(RUN, [*events, *([Ended(NOW, end)] if end else [])])
    assert bool(found) == watched_
    if found:
        assert (found.key, found.what, found.at) == ("changed:run:R4MZ81", "Runbook restart-service on cart", NOW)
