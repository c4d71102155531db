"""The alert rules that come with the bot parse, ask only for what is on /metrics, and fire when they should."""

import re
import subprocess
from dataclasses import fields
from typing import get_args

import promql_parser as promql
import pytest
import yaml

from bot.domain.context import Context
from bot.domain.money import Usage
from bot.measures import AnswerEnd, Measures, VoteOfAnswer
from bot.questions.model_ports import WINDOWS
from integrations.contract import Gap
from tests.pages import ROOT, section
from tests.real.programs import where
from tests.test_docs import measured

FILE = ROOT / "deploy" / "alerts" / "first-responder.rules.yaml"
RULES = [rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]]
CASES = sorted((ROOT / "tests" / "deploy").glob("*.rules.test.yaml"))
OWN_OF_PROMETHEUS = {"up": {"job"}}
VALUES = {
    ("model_tokens_total", "kind"): {kind.name for kind in fields(Usage)},
    ("answers_total", "ended"): set(get_args(AnswerEnd)),
    ("answer_votes_total", "vote"): set(get_args(VoteOfAnswer)),
    ("budget_spent_ratio", "window"): {"day", "month"} & set(WINDOWS),
    ("webhooks_total", "status"): {"401|503"},
    ("first_response_time_seconds_bucket", "stage"): {"headline", "briefing"},
    ("first_response_time_seconds_count", "stage"): {"headline", "briefing"},
    ("source_gaps_total", "partial"): {"true", "false"},
    ("up", "job"): {"first-responder"},
}

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])


def on_metrics():
    """Metric → its labels, once everything was counted."""
    samples = (sample for family in measured().registry.collect() for sample in family.samples)
    return {sample.name: set(sample.labels) for sample in samples}


def selected(expr):
    """Every series that an expression asks for."""
    found = []
    promql.walk(promql.parse(expr), lambda node: found.append(node))
    return [one for one in found if isinstance(one, promql.VectorSelector)]


def test_a_look_counts_a_source_once_and_tells_apart_what_was_seen_in_part():
    github = [
        Gap("github", reason, partial=True) for reason in ("looked at 5 of 9 repositories", "acme/shop: no answer")
    ]
    measures = Measures()
    for _ in range(3):
        measures.gathered(Context(None, gaps=(*github, Gap("prometheus", "no answer in 8 s"))))
    counted = {
        (sample.labels["source"], sample.labels["partial"]): sample.value
        for family in measures.registry.collect()
        for sample in family.samples
        if sample.name == "source_gaps_total"
    }
    assert counted == {("github", "true"): 3, ("prometheus", "false"): 3}


@each_rule
def test_a_rule_asks_only_for_metrics_labels_and_values_that_there_are(rule):
    real = on_metrics() | OWN_OF_PROMETHEUS
    asked = selected(rule["expr"])
    assert asked
    for one in asked:
        assert one.name in real
        for matcher in one.matchers.matchers:
            assert matcher.name in real[one.name], one.name
            assert matcher.value in VALUES[one.name, matcher.name]


@each_rule
def test_a_rule_waits_names_its_severity_and_says_what_to_do(rule):
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description"}
    assert len(rule["annotations"]["summary"]) <= 120


def test_the_operators_page_has_every_rule():
    told = re.findall(r"^\| `(\w+)` \|", section("docs/operate.md", "Alerts on the bot"), re.MULTILINE)
    assert told == [rule["alert"] for rule in RULES]


def test_every_rule_has_its_case():
    cases = [path.read_text() for path in CASES]
    assert [rule["alert"] for rule in RULES if not any(rule["alert"] in case for case in cases)] == []


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("what", [("check", FILE), *(("test", case) for case in CASES)], ids=lambda what: what[1].name)
def test_prometheus_takes_the_rules_and_they_fire_when_they_should(what):
    does, path = what
    command = [where("promtool"), does, "rules", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
