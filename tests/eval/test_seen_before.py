"""How «seen before» is measured: its like is found, nothing else is shown, and the table says how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.eval.cases import cases_in
from tests.eval.seen_before import WAYS, look, report, shown

SCENARIOS = Path(__file__).parent.parent / "recordings"


def again(seen):
    """The same incident, a month later."""
    memory = replace(seen.memory, id="again", incident_id="again", opened_at=seen.memory.opened_at + timedelta(days=30))
    scope = replace(seen.report.context.scope, incident_id="again")
    told = replace(seen.report, context=replace(seen.report.context, scope=scope))
    return replace(seen, memory=memory, report=told, case=replace(seen.case, folder=Path("again")))


def test_each_scenario_finds_its_like_first_and_the_quiet_one_nothing_of_another():
    seen = [look(case) for case in cases_in(SCENARIOS)]
    for one in seen:
        found = shown(again(one), seen)
        if one.case.quiet:
            assert set(found) <= {one.case.name}
        else:
            assert found == [one.case.name]


def test_the_table_has_each_way_and_what_is_shown():
    first, *others = [look(case) for case in cases_in(SCENARIOS)]
    text = report([first, *others, again(first)])
    assert all(name in text for name in WAYS)
    assert "| fingerprint                                     | 1 |     1 |     1 | 1.00 |" in text
    assert "1 the same service and fault; 0 the same service, another fault; 0 another service" in text
