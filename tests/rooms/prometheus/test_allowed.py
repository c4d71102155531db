"""Which PromQL a model may ask: nothing that passes reads a service of anybody else."""

import re

import promql_parser
import pytest
from hypothesis import HealthCheck, given, settings

from integrations.contract import Refused
from integrations.prometheus.allowed import LONGEST, allow
from tests.rooms.prometheus.queries import LABEL, OTHERS, OWN, queries

EVERYTHING = [
    "up",
    "up{}",
    '{__name__=~".+"}',
    '{service=~".+"}',
    'up{service!="billing"}',
    'up{service!~"billing|x"}',
    'up{service=""}',
    'up{service=~""}',
    'up{service=~"cart|"}',
    'up{service="billing"}',
    'up{service=~"cart|billing"}',
    'up{service=~"cart.*"}',
    'up{service=~"(cart)"}',
    'up{service=~"(?i)cart"}',
    'up{service=~"db.main"}',
    r'up{service=~"cart\\|billing"}',
    r'up{service=~"\\w+"}',
    'up{services="cart"}',
    'up{code="500"}',
]
SLY = [
    'up{service="cart"} or up',
    'up{service="cart" or job="x"}',
    'up{service="cart" or service="billing"}',
    'sum(up{service="cart"}) + sum(rate(up[5m]))',
    'topk(scalar(sum(up)), up{service="cart"})',
    'quantile(scalar(up), up{service="cart"})',
    'label_replace(up, "service", "cart", "", "")',
    'absent(up{service="billing"})',
    'up{service="cart"} * on () group_left () up{service="billing"}',
    'up{service="cart"} and ignoring (service) up',
    "-(((up)))",
    'up{service="cart"} # } or up',
    'up{service="cart"} #\nor up',
    "up{service=`cart`}",
    'up{service="c\\x61rt"}',
    'up{service="cart"}\u00a0or up',
    'up{service="cart"}\x00',
    'info(up{service="cart"})',
    'info(up{service="cart"}, {job="x"})',
    'count_values("service", up)',
]
ENDLESS = [
    'max_over_time(up{service="cart"}[1h:1m])',
    'max_over_time(rate(up{service="cart"}[5m])[1h:])',
    'rate(up{service="cart"}[7h])',
    'rate(up{service="cart"}[10y])',
    'up{service="cart"} offset 15d',
    'up{service="cart"} offset -15d',
    'up{service="cart"} + ' * 200 + "1",
]
NONSENSE = ["", " ", "sum(", 'up{service="cart"', "foo(up)", 'up{service="cart"} +', "(" * 1_500, "drop table x", "%"]
ALLOWED = {
    'up{service="cart"}': {"cart"},
    "up{service='cart'}": {"cart"},
    'up{service=~"cart|stock", code!="500"}': {"cart", "stock"},
    r'up{service=~"db\\.main"}': {"db.main"},
    'up{service="db.main"}': {"db.main"},
    'up{service="cart",service=~".*"}': {"cart"},
    'up{service=~"cart|billing",service="cart"}': {"cart"},
    'sum by (pod) (rate(x{service="cart",code=~"5.."}[5m])) / ignoring (code) sum(rate(x{service="stock"}[6h]))': {
        "cart",
        "stock",
    },
    'histogram_quantile(0.99, sum by (le) (rate(x_bucket{service="cart"}[5m])))': {"cart"},
    r'x{service="cart", path=~"/a\\d+\"\\.b"}': {"cart"},
    'x{service="cart"} offset 7d\n  - x{service="cart"} offset -1d': {"cart"},
    "vector(1) + time()": set(),
    '{"up", service="cart"}': {"cart"},
}


@pytest.mark.parametrize("query", [*EVERYTHING, *SLY, *ENDLESS, *NONSENSE])
def test_refused_with_what_to_write_instead(query):
    with pytest.raises(Refused) as refused:
        allow(query, LABEL, OWN)
    assert 10 < len(refused.value.reason) < 240
    assert "\n" not in refused.value.reason


@pytest.mark.parametrize("query", ALLOWED)
def test_allowed_and_whom_it_reads(query):
    assert allow(query, LABEL, OWN) == ALLOWED[query]


def test_the_example_names_the_incident_s_own_service_and_the_team_s_label():
    with pytest.raises(Refused, match=r'as up\{job="cart"\} or job=~"a\|b" does'):
        allow('sum(up{service="cart"})', "job", OWN)


def test_series_without_a_service_are_nobody_s():
    with pytest.raises(Refused):
        allow('up{service=""}', LABEL, ("cart", ""))


def test_a_query_may_only_be_so_long():
    query = 'up{service="cart"}' + " " * LONGEST
    with pytest.raises(Refused, match="2,000 characters"):
        allow(query, LABEL, OWN)


def passes(query):
    try:
        allow(query, LABEL, OWN)
    except Refused:
        return False
    return True


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(query=queries().filter(passes))
def test_no_query_that_passes_selects_another_service(query):
    names = allow(query, LABEL, OWN)
    assert names <= set(OWN)
    for selector in every_selector(promql_parser.parse(query)):
        assert not selector.matchers.or_matchers
        assert [name for name in OTHERS if lets_through(selector, name)] == []


def every_selector(expression):
    """By the library's own walk, which is another than that of the code under test."""
    found = []

    def visit(node):
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(expression, visit)
    return found


def lets_through(selector, name):
    return all(agrees(matcher, name) for matcher in selector.matchers.matchers if matcher.name == LABEL)


def agrees(matcher, name):
    op = promql_parser.MatchOp
    if matcher.op == op.Equal:
        return matcher.value == name
    if matcher.op == op.NotEqual:
        return matcher.value != name
    return bool(re.fullmatch(matcher.value.replace(r"\Q", "").replace(r"\E", ""), name)) is (matcher.op == op.Re)
