"""The dashboard that comes with the bot asks only for what is on /metrics, and lies without overlaps."""

import json

import promql_parser as promql
import pytest

from tests.deploy.test_alert_rules import OWN_OF_PROMETHEUS, on_metrics, selected
from tests.pages import ROOT

BOARD = json.loads((ROOT / "deploy" / "grafana" / "first-responder.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]


def as_asked(expr):
    """With what Grafana puts in the place of its variables."""
    return expr.replace("$__rate_interval", "1m").replace("$job", "first-responder")


@pytest.mark.parametrize("expr", [expr for _, expr in EXPRESSIONS], ids=[title for title, _ in EXPRESSIONS])
def test_a_panel_asks_only_for_metrics_and_labels_that_there_are(expr):
    real = on_metrics() | OWN_OF_PROMETHEUS
    asked = selected(as_asked(expr))
    assert asked
    for one in asked:
        assert one.name in real, one.name
        assert {matcher.name for matcher in one.matchers.matchers} <= real[one.name] | {"job"}


def test_every_metric_that_is_promised_is_on_it():
    shown = {one.name for _, expr in EXPRESSIONS for one in selected(as_asked(expr))}
    families = {name for name in on_metrics() if not name.endswith(("_created", "_sum", "_count"))}
    assert families - shown <= {"answer_votes_total"}


def test_what_a_person_reads_of_a_series_is_one_of_its_labels():
    for panel in PANELS:
        for target in panel["targets"]:
            grouped = _labels_kept(as_asked(target["expr"]))
            assert {word.strip(" {}") for word in target["legendFormat"].split() if word} <= grouped, panel["title"]


def test_no_two_panels_lie_over_each_other():
    taken = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def _labels_kept(expr):
    """Every label that an aggregation keeps."""
    kept = set()

    def visit(node):
        if isinstance(node, promql.AggregateExpr) and node.modifier:
            kept.update(node.modifier.labels)
        return True

    promql.walk(promql.parse(expr), visit)
    return kept
