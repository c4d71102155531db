"""What is asked of Prometheus is valid PromQL, whatever a service is called, and a team may change it."""

import promql_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.prometheus import TemplatesError
from integrations.prometheus.templates import DEFAULTS, labels_of, render, templates_of

PLAIN = labels_of({})
names = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=30)


def test_a_default_speaks_of_all_services_in_one_query():
    query = render(DEFAULTS["requests"], PLAIN, ["cart", "payment"], "prod", ("service",))
    assert query == 'sum by (service) (rate(http_requests_total{service=~"cart|payment",env="prod"}[2m]))'


def test_without_an_environment_none_is_asked_for():
    assert "env" not in render(DEFAULTS["requests"], PLAIN, ["cart"], "", ("service",))


def test_a_name_that_is_an_expression_matches_only_itself():
    query = render("{services}", PLAIN, ["a.b", "c|d"], "", ("service",))
    assert query == r"a\\.b|c\\|d"


@pytest.mark.parametrize("signal", sorted(DEFAULTS))
@given(services=st.lists(names, min_size=1, max_size=3), env=names)
@settings(max_examples=20, deadline=None)
def test_every_default_parses_whatever_the_names_are(signal, services, env):
    promql_parser.parse(render(DEFAULTS[signal], PLAIN, services, env, ("service", "pod")))


def test_a_team_names_its_own_labels():
    words = {"service_label": "app", "env_label": "", "instance_label": "instance", "window": "5m"}
    query = render(DEFAULTS["requests"], labels_of(words), ["cart"], "prod", ("app",))
    assert query == 'sum by (app) (rate(http_requests_total{app=~"cart"}[5m]))'


def test_a_team_puts_its_own_template_in_and_takes_a_signal_out():
    found = templates_of({"requests": "sum(rate(hits[5m]))", "disk": "", "window": "5m"})
    assert found["requests"] == "sum(rate(hits[5m]))"
    assert "disk" not in found
    assert "window" not in found
    assert found["cpu"] == DEFAULTS["cpu"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"service_label": "my-label"}, "service_label"),
        ({"service_label": ""}, "service_label"),
        ({"env_label": 'e="x"'}, "env_label"),
        ({"instance_label": "1pod"}, "instance_label"),
        ({"window": "soon"}, "window"),
    ],
)
def test_a_word_that_cannot_be_used_is_named(words, named):
    with pytest.raises(TemplatesError, match=named):
        labels_of(words)
